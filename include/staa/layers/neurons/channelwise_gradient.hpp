// SPDX-License-Identifier: MIT
// Backward of the channelwise StaaLif: from dLoss/dS to dLoss/dX and the gradients of all parts.
#pragma once

#include <algorithm>

#include "staa/kernels/maps/attention.hpp"
#include "staa/kernels/maps/matrix_product.hpp"
#include "staa/layers/neurons/currents.hpp"
#include "staa/layers/neurons/gradient_memory.hpp"
#include "staa/layers/neurons/neuron.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// One backward call of a ChannelwiseStaaLif. A task computes U of all steps again for a few images, and then goes from
/// the last step to the first. In the letters of `Aggregator`, where U = s · A, let e = d_mean(A) / (H·W) be the path
/// of SA through its mean:
///     dA      = s · dU + e
///     dH[t-1] = leak · dA
///     dX      = gain · g · dA + the path of GC through its context
/// All other gradients follow from three sums over the pixels, of dU, dU·H[t-1] and dU·X. Each image and step has a row
/// of channels for its part of them. The rows are added up at the end, so that no sum depends on the number of threads.
template <class Neuron>
class ChannelwiseGradient {
    using In = typename Neuron::Input;
    using Scalar = typename Neuron::Scalar;
    using Gates = typename Neuron::Gates;
    using LeakGain = typename Neuron::LeakGain;
    using Images = typename Neuron::Images;
    using Fire = typename Neuron::Fire;
    static constexpr bool has_gc = Neuron::has_gc, has_sa = Neuron::has_sa;
    static constexpr Index channels = Neuron::channels, pixels = Neuron::pixels, map_size = pixels * channels;
    using Memory = GradientMemory<Scalar, Images::most, channels, pixels>;
    using ImageMemory = typename Memory::ImageMemory;

 public:
    /// Adds to `gradients`, and writes the gradients that the tape holds.
    ChannelwiseGradient(const Neuron& neuron, const Currents<Scalar>& x, const Analog<Scalar>& dy,
                        typename Neuron::Parameters& gradients, typename Neuron::Tape& tape, const Call& call)
        : neuron_(neuron),
          x_(x),
          dy_(dy),
          gradients_(gradients),
          tape_(tape),
          call_(call),
          rows_(call.arena, row_kinds * call.steps * call.batch * channels),
          leak_maps_(call.arena, LeakGain::is_map ? call.batch * map_size : 0) {
        std::fill_n(rows_.data(), row_kinds * call.steps * call.batch * channels, Scalar(0));
        std::fill_n(leak_maps_.data(), LeakGain::is_map ? call.batch * map_size : 0, Scalar(0));
    }

    /// Resizes and overwrites dx [T, N, H, W, C]; computes all other gradients on the way.
    void run(Analog<Scalar>& dx) {
        dx.resize(call_.arena, In::extents(call_.steps, call_.batch));
        const Index rows = call_.steps * call_.batch;
        const auto context = neuron_.context.packed_transposed(call_.arena);
        const auto attention = neuron_.attention.packed_transposed(call_.arena);
        if constexpr (has_gc) {
            neuron_.context.begin_backward(tape_.context, rows, call_.arena);
        }
        if constexpr (has_sa) {
            neuron_.attention.begin_backward(tape_.attention, rows, call_.arena);
        }
        const Index current_maps = x_.are_kept() ? 0 : In::stored_steps(call_.steps);
        const WorkerScratch<Scalar> memory(call_.arena, Memory::size(call_.steps, current_maps));
        const Index groups = Images::groups(call_.batch);
        parallel_for(groups, 4 * call_.steps * call_.batch / groups * map_size, [&](Index group, Index worker) {
            const Images images = Images::of_group(group, groups, call_.batch);
            const Memory room(memory.of(worker), call_.steps, current_maps);
            for (Index t = 0; t < call_.steps; ++t) {
                for_each(images, room, [&](Index n, const ImageMemory& image) { make_potential(t, n, image); });
            }
            for (Index t = call_.steps - 1; t >= 0; --t) {
                go_back(context, attention, t, images, room, dx);
            }
        });
        add_gradients(rows);
    }

 private:
    Index row_of(Index t, Index n) const { return t * call_.batch + n; }
    Index stored_row_of(Index t, Index n) const { return stored_image<In>(t, n, call_.batch); }

    /// Calls body(n, the memory of image n) for each image of a task.
    template <class Body>
    static void for_each(const Images& images, const Memory& room, const Body& body) {
        for (Index i = 0; i < images.count; ++i) {
            body(images.first + i, room.image(i));
        }
    }

    /// Step t of a task's images. `context` and `attention` are the transposed matrices of GC and SA.
    template <class ContextWeights, class AttentionWeights>
    void go_back([[maybe_unused]] const ContextWeights& context, [[maybe_unused]] const AttentionWeights& attention,
                 Index t, const Images& images, const Memory& room, Analog<Scalar>& dx) const {
        const bool dropped = Neuron::is_dropped(tape_, t);
        const Index row = row_of(t, images.first);
        for_each(images, room, [&](Index n, const ImageMemory& image) { potential_gradients(t, n, image); });
        if constexpr (has_sa) {
            if (!dropped) {
                for_each(images, room, [&](Index n, const ImageMemory& image) { attention_gradients(t, n, image); });
                neuron_.attention.backward_gates(attention, row, images.count, room.d_gate(), tape_.attention);
            }
        }
        for_each(images, room, [&](Index n, const ImageMemory& image) { aggregate_gradients(t, n, dropped, image); });
        if constexpr (has_gc) {
            if (!dropped) {
                neuron_.context.backward_gates(context, row, images.count, room.d_gate(), tape_.context);
            }
        }
        for_each(images, room, [&](Index n, const ImageMemory& image) { current_gradients(t, n, dropped, image, dx); });
    }

    /// Rows [T, N, C] of four kinds, which `add_gradients` adds up.
    Scalar* row(Index kind, Index r) const { return rows_.data() + (kind * call_.steps * call_.batch + r) * channels; }
    Scalar* d_leak(Index r) const { return row(0, r); }
    Scalar* d_gain(Index r) const { return row(1, r); }
    Scalar* d_encoding(Index r) const { return row(2, r); }
    Scalar* d_key(Index r) const { return row(3, r); }
    static constexpr Index row_kinds = 4;

    /// The unscaled map of X.
    const Scalar* current(Index t, Index n, const ImageMemory& image) const {
        return x_.are_kept() ? x_.unscaled_map(stored_row_of(t, n), nullptr)
                             : image.currents + (In::is_constant ? 0 : t * map_size);
    }

    /// U[t] as in forward.
    void make_potential(Index t, Index n, const ImageMemory& image) const {
        if (!x_.are_kept() && (t == 0 || !In::is_constant)) {
            x_.unscaled_map(stored_row_of(t, n), image.currents + t * map_size);
        }
        MembraneForward<Scalar> f{};
        neuron_.fold(neuron_.gates(row_of(t, n), t, Neuron::is_dropped(tape_, t), tape_), x_, image.coefficients(), f);
        f.current = current(t, n, image);
        f.previous = t > 0 ? image.potential(t - 1) : nullptr;
        f.potential = image.potential(t);
        membrane_potential<Fire>(neuron_.membrane(), f);
    }

    /// dU[t] from dS[t] and dU[t+1], and its three sums.
    void potential_gradients(Index t, Index n, const ImageMemory& image) const {
        MembraneBackward<Scalar> b{};
        b.potential = image.potential(t);
        b.d_spikes = dy_.map(row_of(t, n));
        b.d_potential = image.du;
        b.d_next = t + 1 < call_.steps ? image.du : nullptr;
        b.next_scale = image.next_scale();
        b.next_shift = image.next_shift();
        b.previous = t > 0 ? image.potential(t - 1) : nullptr;
        b.current = current(t, n, image);
        b.d_sum = image.d_sum();
        b.d_carried = image.d_carried();
        b.d_current = image.d_current();
        membrane_backward<Fire>(neuron_.membrane(), b);
        for (Index c = 0; c < channels; ++c) {
            image.d_current()[c] = x_.scale(c) * image.d_current()[c] + x_.shift(c) * image.d_sum()[c];
        }
    }

    /// U = s · A, so the gradient of SA's gate s is the sum of dU · A.
    void attention_gradients(Index t, Index n, const ImageMemory& image) const {
        const Gates gate = neuron_.gates(row_of(t, n), t, false, tape_);
        for (Index c = 0; c < channels; ++c) {
            const Scalar sum = image.d_sum()[c];
            const Scalar of_xh = gate.g(c) * (image.d_current()[c] + gate.p(c) * sum) + gate.offset(c) * sum;
            image.d_gate[c] = neuron_.adaptive.leak_of(c) * image.d_carried()[c] + neuron_.adaptive.gain_of(c) * of_xh;
        }
    }

    void aggregate_gradients(Index t, Index n, bool dropped, const ImageMemory& image) const {
        const Gates gate = neuron_.gates(row_of(t, n), t, dropped, tape_);
        for (Index c = 0; c < channels; ++c) {
            aggregate_gradient(t, n, c, gate, image);
        }
        if constexpr (LeakGain::is_map) {
            if (t > 0) {  // d_leak = dA · H[t-1], neuron by neuron
                leak_gradient<Fire, Scalar>(neuron_.membrane(), image.next_scale(), image.next_shift(), image.du,
                                            image.potential(t - 1), leak_maps_.data() + n * map_size);
            }
        }
    }

    /// One channel. Turns the sums of dU into sums of dA = s · dU + e, where e summed over the pixels is d_mean(A).
    /// Computes
    ///     d_leak = sum dA·H,   d_gain = sum dA·Xh,   d_g = gain · sum dA·(X + P),   d_V = gain · sum dA
    /// and the coefficients for dX[t] and dH[t-1].
    void aggregate_gradient(Index t, Index n, Index c, const Gates& gate, const ImageMemory& image) const {
        const Index r = row_of(t, n);
        const Scalar leak = neuron_.adaptive.leak_of(c), gain = neuron_.adaptive.gain_of(c);
        const Scalar s = gate.s(c), weight = gain * gate.g(c);
        Scalar sum = s * image.d_sum()[c], of_carried = s * image.d_carried()[c], of_current = s * image.d_current()[c];
        Scalar e = 0;
        if constexpr (has_sa) {
            if (gate.attention != nullptr) {
                const Scalar d_mean = tape_.attention.d_pooled.row(r)[c];
                of_carried += d_mean * tape_.carried_mean.row(r)[c];
                of_current += d_mean * neuron_.means(tape_).row(stored_row_of(t, n))[c];
                sum += d_mean;
                e = d_mean * Neuron::per_pixel;
            }
        }
        const Scalar of_encoded = of_current + gate.p(c) * sum;
        d_leak(r)[c] = of_carried;
        d_gain(r)[c] = gate.g(c) * of_encoded + gate.offset(c) * sum;
        image.d_gate[c] = gain * (Neuron::gates_context ? of_encoded : sum);
        image.scale()[c] = weight * s;
        image.shift()[c] = weight * e;
        image.next_scale()[c] = leak * s;
        image.next_shift()[c] = leak * e;
        // Of P or Q; at a step that is dropped there is none.
        d_encoding(r)[c] = gate.encoder != nullptr ? (Neuron::encodes_before ? weight : gain) * sum : Scalar(0);
    }

    /// dX[t], and on the way the gradient of GC's key.
    void current_gradients(Index t, Index n, bool dropped, const ImageMemory& image, Analog<Scalar>& dx) const {
        const Index stored = stored_row_of(t, n);
        CurrentGradient<Scalar> g{};
        g.scale = image.scale();
        g.shift = image.shift();
        g.du = image.du;
        g.dx = dx.map(stored);
        g.accumulate = In::is_constant && t + 1 < call_.steps;
        if constexpr (has_gc) {
            if (!dropped) {
                g.d_key = d_key(row_of(t, n));
                for (Index c = 0; c < channels; ++c) {
                    image.d_pooled()[c] = x_.scale(c) * tape_.context.d_context.row(row_of(t, n))[c];
                }
                neuron_.context.set_context_path(current(t, n, image), image.d_pooled(), stored, row_of(t, n),
                                                 tape_.context, image.d_scores, g);
            }
        }
        current_gradient<Scalar>(pixels, channels, g);
    }

    /// Adds the rows to the gradients. GC's attention sums to 1 over the pixels, so its path adds d_context once to
    /// dP[t], the sum of d(X + P) over the pixels. dQ[t] has no such path.
    void add_gradients(Index rows) const {
        for (Index r = 0; r < rows; ++r) {
            for (Index c = 0; c < channels; ++c) {
                LeakGain::add_gradients(c, d_leak(r)[c], d_gain(r)[c], gradients_.adaptive);
                if constexpr (Neuron::Encoder::is_learnable) {
                    Scalar gradient = d_encoding(r)[c];
                    if constexpr (has_gc && Neuron::encodes_before) {
                        gradient += tape_.context.d_context.row(r)[c];
                    }
                    Neuron::Encoder::add_gradient(r / call_.batch, c, gradient, gradients_.encoding);
                }
            }
        }
        if constexpr (LeakGain::is_map) {
            add_row_sums(call_.batch, map_size, leak_maps_.data(), gradients_.adaptive.leak.data());
        }
        if constexpr (has_gc) {
            Scalar* d_key_of_maps = d_leak(0);  // the rows of d_leak have been added up: their memory is free
            std::fill_n(d_key_of_maps, channels, Scalar(0));
            add_row_sums(rows, channels, d_key(0), d_key_of_maps);
            for (Index c = 0; c < channels; ++c) {
                gradients_.context.key_weight(c) += x_.scale(c) * d_key_of_maps[c];
            }
            neuron_.context.add_gradients(rows, tape_.context, gradients_.context, call_.arena);
        }
        if constexpr (has_sa) {
            neuron_.attention.add_gradients(rows, tape_.attention, gradients_.attention, call_.arena);
        }
    }

    const Neuron& neuron_;
    const Currents<Scalar>& x_;
    const Analog<Scalar>& dy_;
    typename Neuron::Parameters& gradients_;
    typename Neuron::Tape& tape_;
    const Call& call_;
    const Scratch<Scalar> rows_, leak_maps_;
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
