// SPDX-License-Identifier: MIT
// The membrane: one step of one map, forward and backward through time. The plain loops: plain/membrane.hpp.
//
// Batch norm, position encoding, global context and step attention are, for one image and one step, a scale and a
// shift of each channel. So every neuron of the library is this one kernel with other coefficients:
//     H[t-1] = U[t-1] · (1 - S[t-1])                                 Eq. 3
//     U[t]   = decay · H[t-1] + gain · X[t] + shift                  Eq. 1, 6, 14
//     S[t]   = fire(U[t] - threshold)                                Eq. 2
#pragma once

#include <cstdint>

#include "staa/core/spikes.hpp"
#include "staa/kernels/firing.hpp"

namespace staa::inline STAA_ABI {

/// Sizes of a map and the constants of its neurons.
template <class Scalar>
struct Membrane {
    Index pixels, channels;
    Scalar threshold;        ///< v_th
    Scalar surrogate_width;  ///< a
    bool detach_reset;       ///< backward treats the reset's S as a constant
};

/// Forward step. Arrays [pixels, channels] unless noted.
template <class Scalar>
struct MembraneForward {
    const Scalar* decay;     ///< [channels]
    const Scalar* gain;      ///< [channels]
    const Scalar* shift;     ///< [channels]
    const Scalar* current;   ///< X[t]
    const Scalar* previous;  ///< U[t-1]; null at the first step. May be `potential`.
    Scalar* potential;       ///< U[t], written
    std::uint64_t* spikes;   ///< S[t] as bits [pixels, words], zeroed before; null if the output is analog
    Scalar* values;          ///< S[t] as numbers; null if the output is spikes
    Scalar* carried_sum;     ///< [channels] sum of H[t] over the pixels, written; null if nobody needs it
};

template <class Surrogate, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void membrane_forward(const Membrane<Scalar>& m, const MembraneForward<Scalar>& f) {
    const Index words = words_for(m.channels);
    for_lanes<Scalar, Arch>(m.channels, [&](auto lanes, Index c) {
        using V = typename decltype(lanes)::type;
        const V decay = V::load_unaligned(f.decay + c), gain = V::load_unaligned(f.gain + c);
        const V shift = V::load_unaligned(f.shift + c), threshold(m.threshold), one(Scalar(1));
        V carried_sum(Scalar(0));
        for (Index pixel = 0; pixel < m.pixels; ++pixel) {
            const Index i = pixel * m.channels + c;
            V potential = fma(gain, V::load_unaligned(f.current + i), shift);
            if (f.previous != nullptr) {
                const V previous = V::load_unaligned(f.previous + i);
                const V carried = previous * (one - fire<Surrogate>(previous - threshold, m.surrogate_width));
                potential = fma(decay, carried, potential);
            }
            potential.store_unaligned(f.potential + i);
            const V distance = potential - threshold;
            const V fired = fire<Surrogate>(distance, m.surrogate_width);
            if constexpr (Surrogate::output == Signal::spikes) {
                f.spikes[pixel * words + c / 64] |= mask_bits(distance >= V(Scalar(0))) << (c % 64);
            } else {
                fired.store_unaligned(f.values + i);
            }
            carried_sum += potential * (one - fired);
        }
        if (f.carried_sum != nullptr) {
            carried_sum.store_unaligned(f.carried_sum + c);
        }
    });
}

/// Backward step. Arrays [pixels, channels] unless noted.
template <class Scalar>
struct MembraneBackward {
    const Scalar* potential;   ///< U[t]
    const Scalar* d_spikes;    ///< dLoss/dS[t]
    const Scalar* d_next;      ///< dLoss/dU[t+1]; null at the last step. May be `d_potential`.
    const Scalar* next_scale;  ///< [channels] dLoss/dH[t] = next_scale · dLoss/dU[t+1] + next_shift
    const Scalar* next_shift;  ///< [channels]
    Scalar* d_potential;       ///< dLoss/dU[t], written
    const Scalar* previous;    ///< U[t-1], for d_decay; null at the first step
    const Scalar* current;     ///< X[t], for d_gain
    Scalar* d_sum;             ///< [channels] sum of dU[t], written; null: none of the three sums is taken
    Scalar* d_carried;         ///< [channels] sum of dU[t] · H[t-1], written
    Scalar* d_current;         ///< [channels] sum of dU[t] · X[t], written
};

/// H = U (1 - S(U)), so dH/dU = (1 - S) - U · dS/dU: the second term is the path through the reset. With it
///     dU[t] = dS[t] · slope + dH[t] · ((1 - S[t]) - U[t] · slope)
template <class Surrogate, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void membrane_backward(const Membrane<Scalar>& m, const MembraneBackward<Scalar>& b) {
    for_lanes<Scalar, Arch>(m.channels, [&](auto lanes, Index c) {
        using V = typename decltype(lanes)::type;
        const V threshold(m.threshold), zero(Scalar(0)), one(Scalar(1));
        const V reset_path(m.detach_reset ? Scalar(0) : Scalar(1));
        V next_scale = zero, next_shift = zero, d_sum = zero, d_carried = zero, d_current = zero;
        if (b.d_next != nullptr) {
            next_scale = V::load_unaligned(b.next_scale + c);
            next_shift = V::load_unaligned(b.next_shift + c);
        }
        for (Index pixel = 0; pixel < m.pixels; ++pixel) {
            const Index i = pixel * m.channels + c;
            const V potential = V::load_unaligned(b.potential + i), distance = potential - threshold;
            const V slope = Surrogate::slope(distance, m.surrogate_width);
            V d_potential = V::load_unaligned(b.d_spikes + i) * slope;
            if (b.d_next != nullptr) {
                const V d_carry = fma(next_scale, V::load_unaligned(b.d_next + i), next_shift);
                const V kept = one - fire<Surrogate>(distance, m.surrogate_width);
                d_potential = fma(d_carry, kept - reset_path * potential * slope, d_potential);
            }
            d_potential.store_unaligned(b.d_potential + i);
            if (b.d_sum != nullptr) {
                d_sum += d_potential;
                d_current = fma(d_potential, V::load_unaligned(b.current + i), d_current);
                if (b.previous != nullptr) {
                    const V previous = V::load_unaligned(b.previous + i);
                    const V carried = previous * (one - fire<Surrogate>(previous - threshold, m.surrogate_width));
                    d_carried = fma(d_potential, carried, d_carried);
                }
            }
        }
        if (b.d_sum != nullptr) {
            d_sum.store_unaligned(b.d_sum + c);
            d_carried.store_unaligned(b.d_carried + c);
            d_current.store_unaligned(b.d_current + c);
        }
    });
}

}  // namespace staa::inline STAA_ABI
