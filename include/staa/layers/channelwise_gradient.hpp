// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "staa/kernels/attention.hpp"
#include "staa/kernels/matrix_product.hpp"
#include "staa/kernels/membrane.hpp"
#include "staa/layers/layer.hpp"

namespace staa::inline STAA_ABI::detail {

/// One backward call of a ChannelwiseStaaLif, step by step from the last to the first. With dA = s·dU + e, where
/// e = d_mean(A) / (H·W) is SA's path through its mean, and otherwise the letters of that class:
///     dH[t-1] = leak · dA,    dX = g·gain·dA + GC's path through its context
/// Every gradient but dX is made of the sums of dU, dU·H[t-1] and dU·X over the pixels, image by image.
template <class Neuron>
class ChannelwiseGradient {
    using In = typename Neuron::Input;
    using Scalar = typename Neuron::Scalar;
    using Gates = typename Neuron::Gates;
    static constexpr bool has_gc = Neuron::has_gc, has_sa = Neuron::has_sa;
    static constexpr Index channels = Neuron::channels, map_size = Neuron::map_size, pixels = map_size / channels;

 public:
    /// `gradients` are added to, and the tape's own gradients written.
    ChannelwiseGradient(const Neuron& neuron, const Analog<Scalar>& x, const Analog<Scalar>& dy,
                        typename Neuron::Parameters& gradients, typename Neuron::Tape& tape, const Call& call)
        : neuron_(neuron),
          x_(x),
          dy_(dy),
          gradients_(gradients),
          tape_(tape),
          call_(call),
          du_(call.arena, call.batch * map_size),
          d_scores_(call.arena, call.batch * pixels),
          rows_(call.arena, 9 * call.batch * channels) {
        std::fill_n(rows_.data(), 9 * call.batch * channels, Scalar(0));
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
        for (Index t = call_.steps - 1; t >= 0; --t) {
            const bool dropped = Neuron::is_dropped(tape_, t);
            potential_gradients(t);
            if (!dropped) {
                attention_gradients(attention, t);
            }
            aggregate_gradients(t, dropped);
            if (!dropped) {
                context_gradients(context, t);
                encoding_gradients(t);
            }
            current_gradients(t, dropped, dx);
        }
        if constexpr (has_gc) {
            neuron_.context.add_gradients(rows, tape_.context, gradients_.context, call_.arena);
        }
        if constexpr (has_sa) {
            neuron_.attention.add_gradients(rows, tape_.attention, gradients_.attention, call_.arena);
        }
    }

 private:
    Index row_of(Index t, Index n) const { return t * call_.batch + n; }
    /// The row of what is stored once for a map that is the same at every step.
    Index stored_row_of(Index t, Index n) const { return In::is_constant ? n : row_of(t, n); }

    /// One row [C] an image, of the step at hand and of what it leaves for the step before.
    Scalar* row(Index which, Index n) const { return rows_.data() + (which * call_.batch + n) * channels; }
    Scalar* d_sum(Index n) const { return row(0, n); }       ///< sum of dU over the pixels
    Scalar* d_carried(Index n) const { return row(1, n); }   ///< sum of dU · H[t-1]
    Scalar* d_current(Index n) const { return row(2, n); }   ///< sum of dU · X
    Scalar* next_scale(Index n) const { return row(3, n); }  ///< dH[t-1] = next_scale · dU[t] + next_shift
    Scalar* next_shift(Index n) const { return row(4, n); }
    Scalar* d_gate(Index n) const { return row(5, n); }
    Scalar* scale(Index n) const { return row(6, n); }  ///< dX[t] = scale · dU[t] + shift + GC's path
    Scalar* shift(Index n) const { return row(7, n); }
    Scalar* d_key(Index n) const { return row(8, n); }
    Scalar* du(Index n) const { return du_.data() + n * map_size; }

    /// The matrices of GC or SA for backward.
    template <class Part>
    auto packed_transposed(const Part& part) const {
        if constexpr (requires { part.packed_transposed(call_.arena); }) {
            return part.packed_transposed(call_.arena);
        } else {
            return Nothing{};
        }
    }

    /// dU[t] from dS[t] and dU[t+1], and its sums.
    void potential_gradients(Index t) {
        parallel_for(call_.batch, 2 * map_size, [&](Index n) {
            const Index image = row_of(t, n);
            MembraneBackward<Scalar> b{};
            b.potential = tape_.potential.map(image);
            b.d_spikes = dy_.map(image);
            b.d_potential = du(n);
            b.d_next = t + 1 < call_.steps ? b.d_potential : nullptr;
            b.next_scale = next_scale(n);
            b.next_shift = next_shift(n);
            b.previous = t > 0 ? tape_.potential.map(image - call_.batch) : nullptr;
            b.current = x_.map(stored_row_of(t, n));
            b.d_sum = d_sum(n);
            b.d_carried = d_carried(n);
            b.d_current = d_current(n);
            membrane_backward<typename Neuron::Fire>(neuron_.membrane(), b);
        });
    }

    /// U = s·A, so d_s = the sum of dU · A; from it the gradients of SA.
    template <class Weights>
    void attention_gradients([[maybe_unused]] const Weights& weights, [[maybe_unused]] Index t) {
        if constexpr (has_sa) {
            for (Index n = 0; n < call_.batch; ++n) {
                const Gates gate = neuron_.gates(row_of(t, n), t, false, tape_);
                for (Index c = 0; c < channels; ++c) {
                    const Scalar of_encoded = d_current(n)[c] + gate.p(c) * d_sum(n)[c];
                    const Scalar of_xh = gate.g(c) * of_encoded + gate.offset(c) * d_sum(n)[c];
                    d_gate(n)[c] = neuron_.adaptive.leak_of(c) * d_carried(n)[c] + neuron_.adaptive.gain_of(c) * of_xh;
                }
            }
            neuron_.attention.backward_gates(weights, row_of(t, 0), call_.batch, d_gate(0), tape_.attention);
        }
    }

    void aggregate_gradients(Index t, bool dropped) {
        for (Index n = 0; n < call_.batch; ++n) {
            const Gates gate = neuron_.gates(row_of(t, n), t, dropped, tape_);
            for (Index c = 0; c < channels; ++c) {
                aggregate_gradient(t, n, c, gate);
            }
            if constexpr (Neuron::LeakGain::is_map) {
                if (t > 0) {  // d_leak = dA · H[t-1], neuron by neuron
                    leak_gradient<typename Neuron::Fire, Scalar>(neuron_.membrane(), next_scale(n), next_shift(n),
                                                                 du(n), tape_.potential.map(row_of(t - 1, n)),
                                                                 gradients_.adaptive.leak.data());
                }
            }
        }
    }

    /// Turns the sums of dU into those of dA = s·dU + e (e summed over the pixels is d_mean(A)), and takes
    ///     d_leak = sum dA·H,   d_gain = sum dA·Xh,   d_g = gain · sum dA·(X + P),   d_V = gain · sum dA
    /// and the coefficients that make dX[t] and dH[t-1] of dU[t].
    void aggregate_gradient(Index t, Index n, Index c, const Gates& gate) {
        const Scalar leak = neuron_.adaptive.leak_of(c), gain = neuron_.adaptive.gain_of(c);
        const Scalar s = gate.s(c), weight = gain * gate.g(c);
        Scalar sum = s * d_sum(n)[c], of_carried = s * d_carried(n)[c], of_current = s * d_current(n)[c], e = 0;
        if constexpr (has_sa) {
            if (gate.attention != nullptr) {
                const Scalar d_mean = tape_.attention.d_pooled.row(row_of(t, n))[c];
                of_carried += d_mean * tape_.carried_mean.row(row_of(t, n))[c];
                of_current += d_mean * neuron_.means(tape_).row(stored_row_of(t, n))[c];
                sum += d_mean;
                e = d_mean * Neuron::per_pixel;
            }
        }
        const Scalar of_encoded = of_current + gate.p(c) * sum;
        neuron_.adaptive.add_gradients(c, of_carried, gate.g(c) * of_encoded + gate.offset(c) * sum,
                                       gradients_.adaptive);
        d_gate(n)[c] = gain * (Neuron::gates_context ? of_encoded : sum);
        scale(n)[c] = weight * s;
        shift(n)[c] = weight * e;
        next_scale(n)[c] = leak * s;
        next_shift(n)[c] = leak * e;
        d_sum(n)[c] = (Neuron::encodes_before ? weight : gain) * sum;  // of P or Q, without GC's path
    }

    template <class Weights>
    void context_gradients([[maybe_unused]] const Weights& weights, [[maybe_unused]] Index t) {
        if constexpr (has_gc) {
            neuron_.context.backward_gates(weights, row_of(t, 0), call_.batch, d_gate(0), tape_.context,
                                           gradients_.context);
        }
    }

    /// dP[t] = the sum of d(X + P) over the pixels; attention sums to 1, so GC's path adds d_context once. dQ[t] has no
    /// such path.
    void encoding_gradients([[maybe_unused]] Index t) {
        if constexpr (Neuron::Encoder::is_learnable) {
            for (Index n = 0; n < call_.batch; ++n) {
                for (Index c = 0; c < channels; ++c) {
                    Scalar gradient = d_sum(n)[c];
                    if constexpr (has_gc && Neuron::encodes_before) {
                        gradient += tape_.context.d_context.row(row_of(t, n))[c];
                    }
                    neuron_.encoding.add_gradient(t, c, gradient, gradients_.encoding);
                }
            }
        }
    }

    /// dX[t], and the key's gradient on the way.
    void current_gradients(Index t, bool dropped, Analog<Scalar>& dx) {
        parallel_for(call_.batch, 2 * map_size, [&](Index n) {
            const Index image = stored_row_of(t, n);
            CurrentGradient<Scalar> g{};
            g.scale = scale(n);
            g.shift = shift(n);
            g.du = du(n);
            g.dx = dx.map(image);
            g.accumulate = In::is_constant && t + 1 < call_.steps;
            if constexpr (has_gc) {
                if (!dropped) {
                    g.d_key = d_key(n);
                    neuron_.context.set_context_path(x_.map(image), image, row_of(t, n), tape_.context,
                                                     d_scores_.data() + n * pixels, g);
                }
            }
            current_gradient<Scalar>(pixels, channels, g);
        });
        if constexpr (has_gc) {
            if (!dropped) {
                add_row_sums(call_.batch, channels, d_key(0), gradients_.context.key_weight.data());
            }
        }
    }

    const Neuron& neuron_;
    const Analog<Scalar>& x_;
    const Analog<Scalar>& dy_;
    typename Neuron::Parameters& gradients_;
    typename Neuron::Tape& tape_;
    const Call& call_;
    const Scratch<Scalar> du_, d_scores_, rows_;
};

}  // namespace staa::inline STAA_ABI::detail
