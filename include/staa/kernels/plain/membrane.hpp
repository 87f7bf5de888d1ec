// SPDX-License-Identifier: MIT
// The definition of the membrane kernels: the same loops, one neuron at a time.
#pragma once

#include <algorithm>

#include "staa/kernels/neuron/membrane.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace plain {

/// S of one neuron with potential u.
template <class Firing, class Scalar>
Scalar spike(const Membrane<Scalar>& m, Scalar u) {
    return Firing::spike(OneLane<Scalar>(u), m.neuron).value;
}

/// H of one neuron with potential u: what the reset leaves.
template <class Firing, class Scalar>
Scalar carried(const Membrane<Scalar>& m, Scalar u) {
    return Firing::carried(OneLane<Scalar>(u), m.neuron).value;
}

/// leak · H of neuron i; H if there is no leak per neuron.
template <class Firing, class Scalar>
Scalar leaked(const Membrane<Scalar>& m, Scalar u, Index i) {
    return carried<Firing>(m, u) * (m.leak != nullptr ? m.leak[i] : Scalar(1));
}

template <class Firing, class Scalar>
void membrane_forward(const Membrane<Scalar>& m, const MembraneForward<Scalar>& f) {
    if (f.carried_sum != nullptr)
        std::fill(f.carried_sum, f.carried_sum + m.channels, Scalar(0));
    for (Index pixel = 0; pixel < m.pixels; ++pixel)
        for (Index c = 0; c < m.channels; ++c) {
            const Index i = pixel * m.channels + c;
            const Scalar before = f.previous != nullptr ? leaked<Firing>(m, f.previous[i], i) : Scalar(0);
            const Scalar shift = f.shift != nullptr ? f.shift[c] : Scalar(0);
            const Scalar u = f.decay[c] * before + f.weight[c] * f.current[i] + shift;
            const Scalar s = spike<Firing>(m, u);
            f.potential[i] = u;
            if (f.values != nullptr)
                f.values[i] = s;
            if (f.spikes != nullptr && s == 1)
                f.spikes[pixel * words_for(m.channels) + c / 64] |= std::uint64_t{1} << (c % 64);
            if (f.window != nullptr && Firing::slope(OneLane<Scalar>(u), m.neuron).value != 0)
                f.window[pixel * words_for(m.channels) + c / 64] |= std::uint64_t{1} << (c % 64);
            if (f.carried_sum != nullptr)
                f.carried_sum[c] += leaked<Firing>(m, u, i);
        }
}

template <class Firing, class Scalar>
void membrane_backward(const Membrane<Scalar>& m, const MembraneBackward<Scalar>& b) {
    if (b.d_sum != nullptr)
        for (Scalar* sums : {b.d_sum, b.d_carried, b.d_current})
            std::fill(sums, sums + m.channels, Scalar(0));
    for (Index pixel = 0; pixel < m.pixels; ++pixel)
        for (Index c = 0; c < m.channels; ++c) {
            const Index i = pixel * m.channels + c;
            const OneLane<Scalar> u = b.potential[i], slope = Firing::slope(u, m.neuron);
            const Scalar carried_slope = Firing::carried_slope(u, slope, m.detach_reset, m.neuron).value;
            Scalar d_carry = b.d_next != nullptr ? b.next_scale[c] * b.d_next[i] : Scalar(0);
            if (b.d_next != nullptr && b.next_shift != nullptr)
                d_carry += b.next_shift[c];
            if (m.leak != nullptr)
                d_carry *= m.leak[i];
            const Scalar du = b.d_spikes[i] * slope.value + d_carry * carried_slope;
            b.d_potential[i] = du;
            if (b.d_sum == nullptr)
                continue;
            b.d_sum[c] += du;
            b.d_current[c] += du * b.current[i];
            if (b.previous != nullptr)
                b.d_carried[c] += du * leaked<Firing>(m, b.previous[i], i);
        }
}

template <class Firing, class Scalar>
void leak_gradient(const Membrane<Scalar>& m, const Scalar* scale, const Scalar* shift, const Scalar* du,
                   const Scalar* previous, Scalar* d_leak) {
    for (Index pixel = 0; pixel < m.pixels; ++pixel)
        for (Index c = 0; c < m.channels; ++c) {
            const Index i = pixel * m.channels + c;
            d_leak[i] += (scale[c] * du[i] + shift[c]) * carried<Firing>(m, previous[i]);
        }
}

}  // namespace plain
}  // namespace STAA_ABI
}  // namespace staa
