// SPDX-License-Identifier: MIT
// The width of a surrogate at which gradients neither grow nor shrink from layer to layer. docs/learning.md explains it.
#pragma once

#include <cmath>

#include "staa/kernels/neuron/surrogate.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The value of NeuronOptions::surrogate_width that stands for the critical width of the layer's surrogate.
inline constexpr double critical_width = -1;

namespace detail {

/// Sums f(u) over the standard normal distribution of u.
template <class Function>
double normal_mean(const Function& f) {
    constexpr int points = 4000;
    constexpr double reach = 10, step = 2 * reach / points;
    double sum = 0;
    for (int i = 0; i < points; ++i) {
        const double u = -reach + (i + 0.5) * step;
        sum += f(u) * std::exp(-u * u / 2);
    }
    return sum * step / std::sqrt(2 * 3.14159265358979323846);
}

}  // namespace detail

/// The factor g by which a layer of neurons multiplies the variance of the gradient on its way back:
///     g = E[slope(U - v_th)²] / Var(S),  where S = 1 if U >= v_th, else 0, and U is normal with mean 0 and variance 1
/// So it is behind a batch norm at the start of a training, where one time step does not influence the next. Above 1
/// gradients grow from the last layer to the first, below 1 they shrink.
template <class Surrogate>
double gradient_gain(const NeuronConstants<double>& neuron) {
    const double squares = detail::normal_mean([&](double u) {
        const double slope = Surrogate::slope(OneLane<double>(u - neuron.threshold), neuron).value;
        return slope * slope;
    });
    const double rate = std::erfc(neuron.threshold / std::sqrt(2.0)) / 2;
    return squares / (rate * (1 - rate));
}

/// The width at which `gradient_gain` is 1, for a threshold and, for `Tanh`, a sharpness. At threshold 1 it is 1.80 for
/// Rectangle, 1.20 for Triangle and Sigmoid, 0.90 for Arctangent. A threshold beyond ±5, where a layer is silent or
/// always fires, counts as ±5.
template <class Surrogate>
double critical_surrogate_width(double threshold, double sharpness = 3) {
    const double near = std::fmin(5.0, std::fmax(-5.0, threshold));
    double narrow = 1e-2, wide = 1e7;  // g falls as the width grows
    for (int i = 0; i < 60; ++i) {
        const double middle = std::sqrt(narrow * wide);
        (gradient_gain<Surrogate>({near, middle, sharpness}) > 1 ? narrow : wide) = middle;
    }
    return std::sqrt(narrow * wide);
}

}  // namespace STAA_ABI
}  // namespace staa
