// SPDX-License-Identifier: MIT
// When a neuron fires, what its spike leaves of the membrane potential, and the derivatives of both.
#pragma once

#include "staa/kernels/neuron/surrogate.hpp"

namespace staa {
inline namespace STAA_ABI {

// Eq. 2: a threshold is a type that says at which distance U - v_th a neuron fires.

/// A neuron fires where its potential reaches the threshold: U >= v_th, as in the paper.
struct Reached {
    template <class V>
    static auto fires(V distance) {
        return distance >= V(0);
    }
};

/// A neuron fires where its potential exceeds the threshold: U > v_th.
struct Exceeded {
    template <class V>
    static auto fires(V distance) {
        return distance > V(0);
    }
};

// Eq. 3: a reset is a type that says what the spike S leaves of the potential U, with its two derivatives.

/// H = U (1 - S): a neuron that fired starts again from 0, as in the paper.
struct HardReset {
    template <class V, class Constants>
    static V carried(V potential, V spike, const Constants&) {
        return potential * (V(1) - spike);
    }
    /// dH/dU, with S as a constant.
    template <class V, class Constants>
    static V by_potential(V, V spike, const Constants&) {
        return V(1) - spike;
    }
    /// dH/dS.
    template <class V, class Constants>
    static V by_spike(V potential, V, const Constants&) {
        return V(0) - potential;
    }
};

/// H = U - v_th S: a neuron that fired keeps the part of U above its threshold.
struct SoftReset {
    template <class V, class Constants>
    static V carried(V potential, V spike, const Constants& neuron) {
        return potential - V(neuron.threshold) * spike;
    }
    template <class V, class Constants>
    static V by_potential(V, V, const Constants&) {
        return V(1);
    }
    template <class V, class Constants>
    static V by_spike(V, V, const Constants& neuron) {
        return V(0) - V(neuron.threshold);
    }
};

namespace detail {
/// What the neurons of a surrogate send: spikes unless it states otherwise.
template <class Surrogate>
constexpr Signal output_of() {
    if constexpr (requires { Surrogate::output; }) {
        return Surrogate::output;
    } else {
        return Signal::spikes;
    }
}
/// Whether a surrogate states that its slope is 0 outside a window.
template <class Surrogate>
constexpr bool is_bounded() {
    if constexpr (requires { Surrogate::is_bounded; }) {
        return Surrogate::is_bounded;
    } else {
        return false;
    }
}
}  // namespace detail

/// Surrogate, reset and threshold together, as the kernels take them.
template <class Surrogate = Rectangle, class Reset = HardReset, class Threshold = Reached>
struct Firing {
    using SurrogateType = Surrogate;
    static constexpr Signal output = detail::output_of<Surrogate>();
    /// Whether the spikes carry a window in training.
    static constexpr bool has_window = output == Signal::spikes && detail::is_bounded<Surrogate>();

    /// Whether each neuron fires, one truth value per lane.
    template <class V, class Constants>
    static auto fires(V potential, const Constants& neuron) {
        return Threshold::fires(potential - V(neuron.threshold));
    }
    /// S: 1 where a neuron fires, else 0. Of an analog surrogate its value; `Threshold` then has no effect.
    template <class V, class Constants>
    static V spike(V potential, const Constants& neuron) {
        if constexpr (output == Signal::spikes) {
            return select(fires(potential, neuron), V(1), V(0));
        } else {
            return Surrogate::value(potential - V(neuron.threshold), neuron);
        }
    }
    /// H: what the reset leaves of the potential.
    template <class V, class Constants>
    static V carried(V potential, const Constants& neuron) {
        return Reset::carried(potential, spike(potential, neuron), neuron);
    }
    /// dS/dU.
    template <class V, class Constants>
    static V slope(V potential, const Constants& neuron) {
        return Surrogate::slope(potential - V(neuron.threshold), neuron);
    }
    /// dH/dU. The path through S is part of it unless the reset is detached.
    template <class V, class Constants>
    static V carried_slope(V potential, V slope, bool detach_reset, const Constants& neuron) {
        const V s = spike(potential, neuron), direct = Reset::by_potential(potential, s, neuron);
        return detach_reset ? direct : fma(Reset::by_spike(potential, s, neuron), slope, direct);
    }
};

}  // namespace STAA_ABI
}  // namespace staa
