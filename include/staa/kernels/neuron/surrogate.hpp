// SPDX-License-Identifier: MIT
// Surrogates: the slope dS/dU that training uses in place of the derivative of a spike.
#pragma once

#include "staa/core/shape.hpp"
#include "staa/core/simd.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Run-time constants of a layer's neurons, those that kernels need.
template <class Scalar>
struct NeuronConstants {
    Scalar threshold;            ///< v_th
    Scalar surrogate_width;      ///< a
    Scalar surrogate_sharpness;  ///< k, of the tanh form
};

// A surrogate is a type with one function, for vectors V of any width and the NeuronConstants of the layer:
//     template <class V, class Constants>
//     static V slope(V distance, const Constants& neuron)          dS/dU, where distance = U - v_th
// It may state `is_bounded = true`: its slope is 0 outside a window, and backward may skip the neurons there.
// The slopes of all surrogates here have the area 1; their height at the threshold is 1/a, except for `Tanh`.

/// Eq. 5, that of the paper: dS/dU = 1/a where |U - v_th| < a/2, else 0.
struct Rectangle {
    static constexpr bool is_bounded = true;

    template <class V, class Constants>
    static V slope(V distance, const Constants& neuron) {
        return select(abs(distance) < V(neuron.surrogate_width / 2), V(1 / neuron.surrogate_width), V(0));
    }
};

/// dS/dU = max(0, 1 - |U - v_th| / a) / a  (Bellec et al., 2018).
struct Triangle {
    static constexpr bool is_bounded = true;

    template <class V, class Constants>
    static V slope(V distance, const Constants& neuron) {
        const V inverse(1 / neuron.surrogate_width);
        return larger_of(V(1) - abs(distance) * inverse, V(0)) * inverse;
    }
};

/// The slope of sigmoid(4 (U - v_th) / a)  (Wu et al., 2018; SpikingJelly's Sigmoid with alpha = 4/a).
struct Sigmoid {
    template <class V, class Constants>
    static V slope(V distance, const Constants& neuron) {
        const V inverse(1 / neuron.surrogate_width);
        const V decayed = exponential(abs(distance) * inverse * V(-4));  // the slope is even: no overflow
        const V sum = V(1) + decayed;
        return V(4) * inverse * decayed / (sum * sum);
    }
};

/// dS/dU = (1/a) / (1 + (pi (U - v_th) / a)²)  (Fang et al., 2021; SpikingJelly's ATan with alpha = 2/a).
struct Arctangent {
    template <class V, class Constants>
    static V slope(V distance, const Constants& neuron) {
        using Scalar = decltype(neuron.surrogate_width);
        const V angle = distance * V(Scalar(3.14159265358979323846) / neuron.surrogate_width);
        return V(1 / neuron.surrogate_width) / (V(1) + angle * angle);
    }
};

/// dS/dU = k (1 - tanh²(k (U - v_th) / a)) / (2 a tanh(k/2)) where |U - v_th| < a/2, else 0; k = surrogate_sharpness
/// (Dspike, Li et al., 2021). Another code of these authors fires at x > 1/2 with x = U / v, and uses the slope for
/// 0 < x < 1. Its neurons are those with threshold v/2, surrogate_width v, and `Exceeded` as the argument `Threshold`.
struct Tanh {
    static constexpr bool is_bounded = true;

    template <class V, class Constants>
    static V slope(V distance, const Constants& neuron) {
        const auto a = neuron.surrogate_width, k = neuron.surrogate_sharpness;
        const V decayed = exponential(abs(distance) * V(-2 * k / a));  // 1 - tanh² is even, 4 e / (1 + e)²
        const V sum = V(1) + decayed;
        const V inside = V(2 * k / (a * std::tanh(k / 2))) * decayed / (sum * sum);
        return select(abs(distance) < V(a / 2), inside, V(0));
    }
};

/// A surrogate may state `output = Signal::analog`. Its neurons then send a number in place of a spike:
///     static V value(V distance, const Constants& neuron)
/// This one sends S = clamp((U - v_th)/a + 1/2, 0, 1), whose slope is that of Rectangle. A network of ramps is
/// differentiable almost everywhere, so finite differences can check back-propagation through time.
struct Ramp : Rectangle {
    static constexpr Signal output = Signal::analog;

    template <class V, class Constants>
    static V value(V distance, const Constants& neuron) {
        using Scalar = decltype(neuron.surrogate_width);
        const V climbed = distance * V(1 / neuron.surrogate_width) + V(Scalar(0.5));
        return smaller_of(larger_of(climbed, V(0)), V(1));
    }
};

}  // namespace STAA_ABI
}  // namespace staa
