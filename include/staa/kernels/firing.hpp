// SPDX-License-Identifier: MIT
// How a neuron's output follows from its membrane potential, and what slope training takes for it.
#pragma once

#include "staa/core/shape.hpp"
#include "staa/core/simd.hpp"

namespace staa::inline STAA_ABI {

/// Eq. 5, the paper's surrogate: dS/dU = 1/a where |U - v_th| < a/2, else 0. A surrogate is a type with
///   output               what the neuron sends: Signal::spikes (the step of Eq. 2) or Signal::analog
///   slope(distance, a)   dS/dU; distance = U - v_th, vectors of any width; a = width of the window
/// and, if its output is analog, `value(distance, a)` in place of the step.
struct Rectangle {
    static constexpr Signal output = Signal::spikes;

    template <class V, class Scalar>
    static V slope(V distance, Scalar width) {
        return select(abs(distance) < V(width / 2), V(1 / width), V(Scalar(0)));
    }
};

/// S = clamp((U - v_th)/a + 1/2, 0, 1): the function whose slope Rectangle is. A network of ramps is differentiable
/// almost everywhere, so back-propagation through time can be checked against finite differences.
struct Ramp {
    static constexpr Signal output = Signal::analog;

    template <class V, class Scalar>
    static V value(V distance, Scalar width) {
        return smaller_of(larger_of(distance * V(1 / width) + V(Scalar(0.5)), V(Scalar(0))), V(Scalar(1)));
    }
    template <class V, class Scalar>
    static V slope(V distance, Scalar width) {
        return Rectangle::slope(distance, width);
    }
};

/// Eq. 2: S = 1 where U >= v_th, else 0; or the surrogate's own value if it has one.
template <class Surrogate, class V, class Scalar>
V fire(V distance, [[maybe_unused]] Scalar width) {
    if constexpr (Surrogate::output == Signal::spikes) {
        return select(distance >= V(Scalar(0)), V(Scalar(1)), V(Scalar(0)));
    } else {
        return Surrogate::value(distance, width);
    }
}

}  // namespace staa::inline STAA_ABI
