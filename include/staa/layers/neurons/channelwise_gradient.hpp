// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "staa/kernels/maps/attention.hpp"
#include "staa/kernels/maps/matrix_product.hpp"
#include "staa/kernels/neuron/membrane.hpp"
#include "staa/layers/contract.hpp"
#include "staa/layers/neurons/currents.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// One backward call of a ChannelwiseStaaLif: for a few images at a time U is made again for all steps, and then the steps
/// are gone back through from the last to the first. With dA = s·dU + e, where e = d_mean(A) / (H·W) is SA's path through its
/// mean, and otherwise the letters of that class:
///     dH[t-1] = leak · dA,    dX = g·gain·dA + GC's path through its context
/// Every gradient but dX is made of the sums of dU, dU·H[t-1] and dU·X over the pixels, a row of channels for every image
/// and step; the rows are added up at the end, in an order that does not depend on the number of threads.
template <class Neuron>
class ChannelwiseGradient {
    using In = typename Neuron::Input;
    using Scalar = typename Neuron::Scalar;
    using Gates = typename Neuron::Gates;
    using LeakGain = typename Neuron::LeakGain;
    using Images = typename Neuron::Images;
    static constexpr bool has_gc = Neuron::has_gc, has_sa = Neuron::has_sa;
    static constexpr Index channels = Neuron::channels, map_size = Neuron::map_size, pixels = map_size / channels;

 public:
    /// `gradients` are added to, and the tape's own gradients written.
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

    /// dX [T, N, H, W, C], overwritten; all other gradients on the way.
    void run(Analog<Scalar>& dx) {
        dx.resize(call_.arena, In::extents(call_.steps, call_.batch));
        const Index rows = call_.steps * call_.batch;
        const auto context = packed_transposed(neuron_.context);
        const auto attention = packed_transposed(neuron_.attention);
        if constexpr (has_gc) {
            neuron_.context.begin_backward(tape_.context, rows, call_.arena);
        }
        if constexpr (has_sa) {
            neuron_.attention.begin_backward(tape_.attention, rows, call_.arena);
        }
        const Index current_maps = x_.are_kept() ? 0 : In::stored_steps(call_.steps);
        const WorkerScratch<Scalar> memory(call_.arena, Room::size(call_.steps, current_maps));
        const Index groups = Images::groups(call_.batch);
        parallel_for(groups, 4 * call_.steps * call_.batch / groups * map_size, [&](Index group, Index worker) {
            const Images images = Images::of_group(group, groups, call_.batch);
            const Room room(memory.of(worker), call_.steps, current_maps);
            for (Index t = 0; t < call_.steps; ++t) {
                for_each(images, room, [&](Index n, const Place& place) { make_potential(t, n, place); });
            }
            for (Index t = call_.steps - 1; t >= 0; --t) {
                go_back(context, attention, t, images, room, dx);
            }
        });
        add_gradients(rows);
    }

 private:
    Index row_of(Index t, Index n) const { return t * call_.batch + n; }
    /// The row of what is stored once for a map that is the same at every step.
    Index stored_row_of(Index t, Index n) const { return In::is_constant ? n : row_of(t, n); }

    /// What one worker needs: of each of its images the maps of every step, and rows [C] of the step at hand and the step
    /// before.
    struct Room {
        static constexpr Index most = Images::most;
        static Index size(Index steps, Index current_maps) {
            return most * ((steps + current_maps + 1) * map_size + pixels + 12 * channels);
        }
        Room(Scalar* memory, Index steps, Index of_current_maps)
            : current_maps(of_current_maps),
              maps_an_image(steps + current_maps + 1),
              maps(memory),
              rows(maps + most * maps_an_image * map_size) {}

        /// SA's and GC's matrices take these rows of all images at once: [images, C].
        Scalar* d_gate() const { return rows; }

        Index current_maps, maps_an_image;
        Scalar *maps, *rows;
    };
    /// The same for one image.
    struct Place {
        Place(const Room& room, Index i)
            : currents(room.maps + i * room.maps_an_image * map_size),
              du(currents + room.current_maps * map_size),
              potentials(du + map_size),
              d_gate(room.d_gate() + i * channels),
              rows(room.rows + Room::most * channels + i * (11 * channels + pixels)),
              d_scores(rows + 11 * channels) {}

        Scalar* potential(Index t) const { return potentials + t * map_size; }
        Scalar* row(Index which) const { return rows + which * channels; }
        Scalar* d_sum() const { return row(0); }       ///< sum of dU over the pixels
        Scalar* d_carried() const { return row(1); }   ///< sum of dU · H[t-1]
        Scalar* d_current() const { return row(2); }   ///< sum of dU · X
        Scalar* next_scale() const { return row(3); }  ///< dH[t-1] = next_scale · dU[t] + next_shift
        Scalar* next_shift() const { return row(4); }
        Scalar* scale() const { return row(5); }  ///< dX[t] = scale · dU[t] + shift + GC's path
        Scalar* shift() const { return row(6); }
        Scalar* coefficients() const { return row(7); }  ///< [3, C]
        Scalar* d_pooled() const { return row(10); }

        Scalar* currents;  ///< [stored T, H, W, C]; nothing where they are kept
        Scalar* du;
        Scalar* potentials;  ///< [T, H, W, C]
        Scalar *d_gate, *rows, *d_scores;
    };

    /// Calls body(n, its place).
    template <class Body>
    static void for_each(const Images& images, const Room& room, const Body& body) {
        for (Index i = 0; i < images.count; ++i) {
            body(images.first + i, Place(room, i));
        }
    }

    /// One step of a task's images.
    template <class ContextWeights, class AttentionWeights>
    void go_back([[maybe_unused]] const ContextWeights& context, [[maybe_unused]] const AttentionWeights& attention,
                 Index t, const Images& images, const Room& room, Analog<Scalar>& dx) const {
        const bool dropped = Neuron::is_dropped(tape_, t);
        const Index row = row_of(t, images.first);
        for_each(images, room, [&](Index n, const Place& place) { potential_gradients(t, n, place); });
        if constexpr (has_sa) {
            if (!dropped) {
                for_each(images, room, [&](Index n, const Place& place) { attention_gradients(t, n, place); });
                neuron_.attention.backward_gates(attention, row, images.count, room.d_gate(), tape_.attention);
            }
        }
        for_each(images, room, [&](Index n, const Place& place) { aggregate_gradients(t, n, dropped, place); });
        if constexpr (has_gc) {
            if (!dropped) {
                neuron_.context.backward_gates(context, row, images.count, room.d_gate(), tape_.context);
            }
        }
        for_each(images, room, [&](Index n, const Place& place) { current_gradients(t, n, dropped, place, dx); });
    }

    /// Rows [T, N, C] that are added to the gradients at the end.
    Scalar* row(Index kind, Index r) const { return rows_.data() + (kind * call_.steps * call_.batch + r) * channels; }
    Scalar* d_leak(Index r) const { return row(0, r); }
    Scalar* d_gain(Index r) const { return row(1, r); }
    Scalar* d_encoding(Index r) const { return row(2, r); }
    Scalar* d_key(Index r) const { return row(3, r); }
    static constexpr Index row_kinds = 4;

    /// The matrices of GC or SA for backward.
    template <class Part>
    auto packed_transposed(const Part& part) const {
        if constexpr (requires { part.packed_transposed(call_.arena); }) {
            return part.packed_transposed(call_.arena);
        } else {
            return Nothing{};
        }
    }

    /// The unscaled map of X.
    const Scalar* current(Index t, Index n, const Place& place) const {
        return x_.are_kept() ? x_.unscaled_map(stored_row_of(t, n), nullptr)
                             : place.currents + (In::is_constant ? 0 : t * map_size);
    }

    void make_potential(Index t, Index n, const Place& place) const {
        if (!x_.are_kept() && (t == 0 || !In::is_constant)) {
            x_.unscaled_map(stored_row_of(t, n), place.currents + t * map_size);
        }
        MembraneForward<Scalar> f{};
        neuron_.fold(neuron_.gates(row_of(t, n), t, Neuron::is_dropped(tape_, t), tape_), x_, place.coefficients(), f);
        f.current = current(t, n, place);
        f.previous = t > 0 ? place.potential(t - 1) : nullptr;
        f.potential = place.potential(t);
        membrane_potential<typename Neuron::Fire>(neuron_.membrane(), f);
    }

    /// dU[t] from dS[t] and dU[t+1], and its sums.
    void potential_gradients(Index t, Index n, const Place& place) const {
        MembraneBackward<Scalar> b{};
        b.potential = place.potential(t);
        b.d_spikes = dy_.map(row_of(t, n));
        b.d_potential = place.du;
        b.d_next = t + 1 < call_.steps ? place.du : nullptr;
        b.next_scale = place.next_scale();
        b.next_shift = place.next_shift();
        b.previous = t > 0 ? place.potential(t - 1) : nullptr;
        b.current = current(t, n, place);
        b.d_sum = place.d_sum();
        b.d_carried = place.d_carried();
        b.d_current = place.d_current();
        membrane_backward<typename Neuron::Fire>(neuron_.membrane(), b);
        for (Index c = 0; c < channels; ++c) {
            place.d_current()[c] = x_.scale(c) * place.d_current()[c] + x_.shift(c) * place.d_sum()[c];
        }
    }

    /// U = s·A, so d_s, the gradient of SA's gate, is the sum of dU · A.
    void attention_gradients(Index t, Index n, const Place& place) const {
        const Gates gate = neuron_.gates(row_of(t, n), t, false, tape_);
        for (Index c = 0; c < channels; ++c) {
            const Scalar sum = place.d_sum()[c];
            const Scalar of_xh = gate.g(c) * (place.d_current()[c] + gate.p(c) * sum) + gate.offset(c) * sum;
            place.d_gate[c] = neuron_.adaptive.leak_of(c) * place.d_carried()[c] + neuron_.adaptive.gain_of(c) * of_xh;
        }
    }

    void aggregate_gradients(Index t, Index n, bool dropped, const Place& place) const {
        const Gates gate = neuron_.gates(row_of(t, n), t, dropped, tape_);
        for (Index c = 0; c < channels; ++c) {
            aggregate_gradient(t, n, c, gate, place);
        }
        if constexpr (LeakGain::is_map) {
            if (t > 0) {  // d_leak = dA · H[t-1], neuron by neuron
                leak_gradient<typename Neuron::Fire, Scalar>(neuron_.membrane(), place.next_scale(), place.next_shift(),
                                                             place.du, place.potential(t - 1),
                                                             leak_maps_.data() + n * map_size);
            }
        }
    }

    /// Turns the sums of dU into those of dA = s·dU + e (e summed over the pixels is d_mean(A)), and takes
    ///     d_leak = sum dA·H,   d_gain = sum dA·Xh,   d_g = gain · sum dA·(X + P),   d_V = gain · sum dA
    /// and the coefficients that make dX[t] and dH[t-1] of dU[t].
    void aggregate_gradient(Index t, Index n, Index c, const Gates& gate, const Place& place) const {
        const Index r = row_of(t, n);
        const Scalar leak = neuron_.adaptive.leak_of(c), gain = neuron_.adaptive.gain_of(c);
        const Scalar s = gate.s(c), weight = gain * gate.g(c);
        Scalar sum = s * place.d_sum()[c], of_carried = s * place.d_carried()[c], of_current = s * place.d_current()[c];
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
        place.d_gate[c] = gain * (Neuron::gates_context ? of_encoded : sum);
        place.scale()[c] = weight * s;
        place.shift()[c] = weight * e;
        place.next_scale()[c] = leak * s;
        place.next_shift()[c] = leak * e;
        // Of P or Q; at a step that is dropped there is none.
        d_encoding(r)[c] = gate.encoder != nullptr ? (Neuron::encodes_before ? weight : gain) * sum : Scalar(0);
    }

    /// dX[t], and the key's gradient on the way.
    void current_gradients(Index t, Index n, bool dropped, const Place& place, Analog<Scalar>& dx) const {
        const Index image = stored_row_of(t, n);
        CurrentGradient<Scalar> g{};
        g.scale = place.scale();
        g.shift = place.shift();
        g.du = place.du;
        g.dx = dx.map(image);
        g.accumulate = In::is_constant && t + 1 < call_.steps;
        if constexpr (has_gc) {
            if (!dropped) {
                g.d_key = d_key(row_of(t, n));
                for (Index c = 0; c < channels; ++c) {
                    place.d_pooled()[c] = x_.scale(c) * tape_.context.d_context.row(row_of(t, n))[c];
                }
                neuron_.context.set_context_path(current(t, n, place), place.d_pooled(), image, row_of(t, n),
                                                 tape_.context, place.d_scores, g);
            }
        }
        current_gradient<Scalar>(pixels, channels, g);
    }

    /// Of the rows. Attention sums to 1, so GC's path adds d_context once to dP[t], the sum of d(X + P) over the pixels; dQ[t]
    /// has no such path.
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
            Scalar* d_key_of_maps = d_leak(0);  // what was there has been added up
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
