// SPDX-License-Identifier: MIT
// The definition of the membrane kernels: the same loops, one neuron at a time.
#pragma once

#include <algorithm>

#include "staa/kernels/membrane.hpp"

namespace staa::inline STAA_ABI::plain {

/// S of one neuron with potential u.
template <class Surrogate, class Scalar>
Scalar spike(const Membrane<Scalar>& m, Scalar u) {
    return fire<Surrogate>(OneLane<Scalar>(u - m.threshold), m.surrogate_width).value;
}

/// H of one neuron with potential u: what the reset leaves.
template <class Surrogate, class Scalar>
Scalar carried(const Membrane<Scalar>& m, Scalar u) {
    return u * (1 - spike<Surrogate>(m, u));
}

template <class Surrogate, class Scalar>
void membrane_forward(const Membrane<Scalar>& m, const MembraneForward<Scalar>& f) {
    if (f.carried_sum != nullptr)
        std::fill(f.carried_sum, f.carried_sum + m.channels, Scalar(0));
    for (Index pixel = 0; pixel < m.pixels; ++pixel)
        for (Index c = 0; c < m.channels; ++c) {
            const Index i = pixel * m.channels + c;
            const Scalar before = f.previous != nullptr ? carried<Surrogate>(m, f.previous[i]) : Scalar(0);
            const Scalar u = f.decay[c] * before + f.gain[c] * f.current[i] + f.shift[c];
            const Scalar s = spike<Surrogate>(m, u);
            f.potential[i] = u;
            if (f.values != nullptr)
                f.values[i] = s;
            if (f.spikes != nullptr && s == 1)
                f.spikes[pixel * words_for(m.channels) + c / 64] |= std::uint64_t{1} << (c % 64);
            if (f.carried_sum != nullptr)
                f.carried_sum[c] += u * (1 - s);
        }
}

template <class Surrogate, class Scalar>
void membrane_backward(const Membrane<Scalar>& m, const MembraneBackward<Scalar>& b) {
    if (b.d_sum != nullptr)
        for (Scalar* sums : {b.d_sum, b.d_carried, b.d_current})
            std::fill(sums, sums + m.channels, Scalar(0));
    for (Index pixel = 0; pixel < m.pixels; ++pixel)
        for (Index c = 0; c < m.channels; ++c) {
            const Index i = pixel * m.channels + c;
            const Scalar u = b.potential[i], s = spike<Surrogate>(m, u);
            const Scalar slope = Surrogate::slope(OneLane<Scalar>(u - m.threshold), m.surrogate_width).value;
            const Scalar d_carry = b.d_next != nullptr ? b.next_scale[c] * b.d_next[i] + b.next_shift[c] : Scalar(0);
            const Scalar du = b.d_spikes[i] * slope + d_carry * (1 - s - (m.detach_reset ? 0 : u * slope));
            b.d_potential[i] = du;
            if (b.d_sum == nullptr)
                continue;
            b.d_sum[c] += du;
            b.d_current[c] += du * b.current[i];
            if (b.previous != nullptr)
                b.d_carried[c] += du * carried<Surrogate>(m, b.previous[i]);
        }
}

}  // namespace staa::inline STAA_ABI::plain
