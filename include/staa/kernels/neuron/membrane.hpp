// SPDX-License-Identifier: MIT
// The membrane: one step of one map, forward and backward through time. The plain loops: plain/membrane.hpp.
//
// For one image and one step, batch norm, position encoding, global context and step attention are a scale and a shift
// per channel. So every neuron of the library is this one kernel, with different coefficients:
//     H[t-1] = what the reset leaves of U[t-1]                       Eq. 3
//     U[t]   = decay · H[t-1] + weight · X[t] + shift                Eq. 1, 6, 14
//     S[t]   = fire(U[t])                                            Eq. 2
// If there is a leak per neuron, it is the map `leak`, and H[t-1] stands for leak · H[t-1] everywhere.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "staa/core/spikes.hpp"
#include "staa/core/strips.hpp"
#include "staa/kernels/neuron/firing.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Sizes of a map and the constants of its neurons.
template <class Scalar>
struct Membrane {
    Index pixels, channels;
    NeuronConstants<Scalar> neuron;
    bool detach_reset;             ///< backward treats S in the reset as a constant
    const Scalar* leak = nullptr;  ///< [pixels, channels], one per neuron; null: `decay` holds the leak
};

/// A step forward. Arrays are [pixels, channels] unless noted.
template <class Scalar>
struct MembraneForward {
    const Scalar* decay;     ///< [channels]
    const Scalar* weight;    ///< [channels] of X[t]
    const Scalar* shift;     ///< [channels]; null: 0
    const Scalar* current;   ///< X[t]
    const Scalar* previous;  ///< U[t-1]; null at the first step. May be `potential`.
    Scalar* potential;       ///< U[t], written
    std::uint64_t* spikes;   ///< S[t] as bits [pixels, words], zeroed before; null if the output is analog
    std::uint64_t* window;   ///< bits where dS/dU is not 0, zeroed before; null: not wanted
    Scalar* values;          ///< S[t] as numbers; null if the output is spikes
    Scalar* carried_sum;     ///< [channels] sum of H[t] over the pixels, written; null: not wanted
};

namespace detail {
/// leak · H of neuron i; H if there is no leak per neuron.
template <class Firing, class V, class Scalar>
V carried(const Membrane<Scalar>& m, V potential, Index i) {
    const V left = Firing::carried(potential, m.neuron);
    return m.leak != nullptr ? left * V::load_unaligned(m.leak + i) : left;
}

/// U[t] of neuron i.
template <class Firing, class V, class Scalar>
V potential(const Membrane<Scalar>& m, const MembraneForward<Scalar>& f, V decay, V weight, V shift, Index i) {
    const V driven = fma(weight, V::load_unaligned(f.current + i), shift);
    if (f.previous == nullptr) {
        return driven;
    }
    return fma(decay, carried<Firing>(m, V::load_unaligned(f.previous + i), i), driven);
}
}  // namespace detail

namespace detail {
/// One step of `Vectors` vectors of channels from c on, pixels [first, last). Bits are collected in registers, so that
/// a word of 64 channels is stored once.
template <class Firing, class V, Index Vectors, class Scalar>
STAA_INLINE void forward_strip(const Membrane<Scalar> m, const MembraneForward<Scalar> f, Index c, Index first,
                               Index last) {
    constexpr Index lanes = lanes_of<V>;
    const Index words = words_for(m.channels);
    V decay[Vectors], weight[Vectors], shift[Vectors], carried_sum[Vectors];
    unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
        const Index at = c + v * lanes;
        decay[v] = V::load_unaligned(f.decay + at);
        weight[v] = V::load_unaligned(f.weight + at);
        shift[v] = f.shift != nullptr ? V::load_unaligned(f.shift + at) : V(Scalar(0));
        carried_sum[v] = f.carried_sum != nullptr ? V::load_unaligned(f.carried_sum + at) : V(Scalar(0));
    });
    for (Index pixel = first; pixel < last; ++pixel) {
        std::uint64_t spikes = 0, window = 0;
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            const Index i = pixel * m.channels + c + v * lanes;
            const V u = potential<Firing>(m, f, decay[v], weight[v], shift[v], i);
            u.store_unaligned(f.potential + i);
            if constexpr (Firing::output == Signal::spikes) {
                spikes |= mask_bits(Firing::fires(u, m.neuron)) << (v * lanes);
                if (f.window != nullptr) {
                    window |= mask_bits(V(Scalar(0)) < abs(Firing::slope(u, m.neuron))) << (v * lanes);
                }
            } else {
                Firing::spike(u, m.neuron).store_unaligned(f.values + i);
            }
            carried_sum[v] += carried<Firing>(m, u, i);
        });
        if constexpr (Firing::output == Signal::spikes) {
            f.spikes[pixel * words + c / 64] |= spikes << (c % 64);
            if (f.window != nullptr) {
                f.window[pixel * words + c / 64] |= window << (c % 64);
            }
        }
    }
    if (f.carried_sum != nullptr) {
        unroll<Vectors>([&](auto v)
                            STAA_INLINE_LAMBDA { carried_sum[v].store_unaligned(f.carried_sum + c + v * lanes); });
    }
}
}  // namespace detail

/// One step of one map: U[t] from U[t-1] and X[t], and S[t].
template <class Firing, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void membrane_forward(Membrane<Scalar> m, MembraneForward<Scalar> f) {
    using Full = Vector<Scalar, Arch>;
    constexpr Index vectors_of_word = lanes_of<Full> >= 8 ? 64 / lanes_of<Full> : 1;
    if (f.carried_sum != nullptr) {
        std::fill_n(f.carried_sum, m.channels, Scalar(0));
    }
    for_vector_strips<Scalar, Arch, vectors_of_word>(
        m.pixels, m.channels, [&](auto lanes, auto vectors, Index c, Index first, Index last) STAA_INLINE_LAMBDA {
            detail::forward_strip<Firing, typename decltype(lanes)::type, vectors>(m, f, c, first, last);
        });
}

namespace detail {
/// Vectors of channels that a step back takes at a time.
inline constexpr Index vectors_back = 4;

/// U[t] of `Vectors` vectors of channels from c on, pixels [first, last).
template <class Firing, class V, Index Vectors, class Scalar>
STAA_INLINE void potential_strip(const Membrane<Scalar> m, const MembraneForward<Scalar> f, Index c, Index first,
                                 Index last) {
    V decay[Vectors], weight[Vectors], shift[Vectors];
    unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
        const Index at = c + v * lanes_of<V>;
        decay[v] = V::load_unaligned(f.decay + at);
        weight[v] = V::load_unaligned(f.weight + at);
        shift[v] = f.shift != nullptr ? V::load_unaligned(f.shift + at) : V(Scalar(0));
    });
    for (Index pixel = first; pixel < last; ++pixel) {
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            const Index i = pixel * m.channels + c + v * lanes_of<V>;
            potential<Firing>(m, f, decay[v], weight[v], shift[v], i).store_unaligned(f.potential + i);
        });
    }
}
}  // namespace detail

/// U[t] alone, with the same bits as `membrane_forward`: backward computes it again, because it is not stored.
template <class Firing, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void membrane_potential(Membrane<Scalar> m, MembraneForward<Scalar> f) {
    for_vector_strips<Scalar, Arch, detail::vectors_back>(
        m.pixels, m.channels, [&](auto lanes, auto vectors, Index c, Index first, Index last) STAA_INLINE_LAMBDA {
            detail::potential_strip<Firing, typename decltype(lanes)::type, vectors>(m, f, c, first, last);
        });
}

/// A step back. Arrays are [pixels, channels] unless noted.
template <class Scalar>
struct MembraneBackward {
    const Scalar* potential;   ///< U[t]
    const Scalar* d_spikes;    ///< dLoss/dS[t]
    const Scalar* d_next;      ///< dLoss/dU[t+1]; null at the last step. May be `d_potential`.
    const Scalar* next_scale;  ///< [channels] dLoss/dH[t] = next_scale · dLoss/dU[t+1] + next_shift
    const Scalar* next_shift;  ///< [channels]; null: 0
    Scalar* d_potential;       ///< dLoss/dU[t], written
    const Scalar* previous;    ///< U[t-1], for d_carried; null at the first step
    const Scalar* current;     ///< X[t], for d_current
    Scalar* d_sum;             ///< [channels] sum of dU[t], written; null: none of the three sums is wanted
    Scalar* d_carried;         ///< [channels] sum of dU[t] · H[t-1], written
    Scalar* d_current;         ///< [channels] sum of dU[t] · X[t], written
};

namespace detail {
/// One step back of `Vectors` vectors of channels from c on, pixels [first, last).
template <class Firing, class V, Index Vectors, class Scalar>
STAA_INLINE void backward_strip(const Membrane<Scalar> m, const MembraneBackward<Scalar> b, Index c, Index first,
                                Index last) {
    V next_scale[Vectors], next_shift[Vectors], d_sum[Vectors], d_carried[Vectors], d_current[Vectors];
    unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
        const Index at = c + v * lanes_of<V>;
        const V zero(Scalar(0));
        next_scale[v] = b.d_next != nullptr ? V::load_unaligned(b.next_scale + at) : zero;
        next_shift[v] = b.d_next != nullptr && b.next_shift != nullptr ? V::load_unaligned(b.next_shift + at) : zero;
        d_sum[v] = b.d_sum != nullptr ? V::load_unaligned(b.d_sum + at) : zero;
        d_carried[v] = b.d_sum != nullptr ? V::load_unaligned(b.d_carried + at) : zero;
        d_current[v] = b.d_sum != nullptr ? V::load_unaligned(b.d_current + at) : zero;
    });
    for (Index pixel = first; pixel < last; ++pixel) {
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            const Index i = pixel * m.channels + c + v * lanes_of<V>;
            const V potential = V::load_unaligned(b.potential + i);
            const V slope = Firing::slope(potential, m.neuron);
            V d_potential = V::load_unaligned(b.d_spikes + i) * slope;
            if (b.d_next != nullptr) {
                V d_carry = fma(next_scale[v], V::load_unaligned(b.d_next + i), next_shift[v]);
                if (m.leak != nullptr) {
                    d_carry = d_carry * V::load_unaligned(m.leak + i);
                }
                const V carried_slope = Firing::carried_slope(potential, slope, m.detach_reset, m.neuron);
                d_potential = fma(d_carry, carried_slope, d_potential);
            }
            d_potential.store_unaligned(b.d_potential + i);
            if (b.d_sum != nullptr) {
                d_sum[v] += d_potential;
                d_current[v] = fma(d_potential, V::load_unaligned(b.current + i), d_current[v]);
                if (b.previous != nullptr) {
                    const V carried = detail::carried<Firing>(m, V::load_unaligned(b.previous + i), i);
                    d_carried[v] = fma(d_potential, carried, d_carried[v]);
                }
            }
        });
    }
    if (b.d_sum != nullptr) {
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            const Index at = c + v * lanes_of<V>;
            d_sum[v].store_unaligned(b.d_sum + at);
            d_carried[v].store_unaligned(b.d_carried + at);
            d_current[v].store_unaligned(b.d_current + at);
        });
    }
}
}  // namespace detail

/// dU[t] = dS[t] · dS/dU + dH[t] · dH/dU. For the hard reset H = U (1 - S(U)), dH/dU is (1 - S) - U · dS/dU; its second
/// term is the path through the reset.
template <class Firing, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void membrane_backward(Membrane<Scalar> m, MembraneBackward<Scalar> b) {
    if (b.d_sum != nullptr) {
        for (Scalar* sums : {b.d_sum, b.d_carried, b.d_current}) {
            std::fill_n(sums, m.channels, Scalar(0));
        }
    }
    for_vector_strips<Scalar, Arch, detail::vectors_back>(
        m.pixels, m.channels, [&](auto lanes, auto vectors, Index c, Index first, Index last) STAA_INLINE_LAMBDA {
            detail::backward_strip<Firing, typename decltype(lanes)::type, vectors>(m, b, c, first, last);
        });
}

/// The gradient of a leak per neuron, added to d_leak [pixels, channels]: (scale · dU[t] + shift) · H[t-1], with H
/// without the leak. scale and shift [channels], du and previous (U[t-1]) [pixels, channels].
template <class Firing, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void leak_gradient(Membrane<Scalar> m, const Scalar* scale, const Scalar* shift, const Scalar* du,
                               const Scalar* previous, Scalar* d_leak) {
    for_strips<Scalar, Arch>(m.pixels, m.channels, [&](auto lanes, Index c, Index first, Index last) {
        using V = typename decltype(lanes)::type;
        const V factor = V::load_unaligned(scale + c), offset = V::load_unaligned(shift + c);
        for (Index pixel = first; pixel < last; ++pixel) {
            const Index i = pixel * m.channels + c;
            const V carried = Firing::carried(V::load_unaligned(previous + i), m.neuron);
            const V d_aggregate = fma(factor, V::load_unaligned(du + i), offset);
            fma(d_aggregate, carried, V::load_unaligned(d_leak + i)).store_unaligned(d_leak + i);
        }
    });
}

}  // namespace STAA_ABI
}  // namespace staa
