// SPDX-License-Identifier: MIT
// The options with which a network is built, and their checks.
#pragma once

#include <cstdint>

#include "staa/core/finite.hpp"
#include "staa/kernels/neuron/critical_width.hpp"
#include "staa/layers/setup.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The options with which a network is built. The constructor of Network throws an Error for values that are not
/// allowed.
struct NetworkOptions {
    Index steps = 4;         ///< T, at least 1 and below 2^31; of frames: their number
    std::uint64_t seed = 0;  ///< seed of the initial parameters
    NeuronOptions neuron{};  ///< for every neuron of the network
    ConvolutionChoice convolution = ConvolutionChoice::by_rate;  ///< for every convolution
    Initialisation initialisation = Initialisation::uniform;     ///< of the weights of every Conv2d
    /// false: every layer runs for itself. Use it to debug, or to compare with. It is slower and needs more memory. The
    /// results differ by rounding.
    bool fuse = true;
    /// For a network of `Frames`. false: `forward` and `infer` take frames [T, N, H, W, C] with T = steps only. true:
    /// they take any T, as `Network::step` always does. A layer that learns values per step still refuses a larger T.
    bool any_steps = false;
};

namespace detail {

/// The largest T: sizes of parameters, such as T · H · W · C of an encoding, are then far from the largest Index.
inline constexpr Index most_steps = (Index{1} << 31) - 1;

inline void check_positive(const char* name, double value) {
    if (!is_finite(value) || !(value > 0)) {
        fail("staa::Network: ", name, " is ", value, "; it must be above 0 and finite");
    }
}

/// The options in the form that every layer gets. Throws an Error if a value is not allowed.
inline Setup checked_setup(const NetworkOptions& options) {
    const NeuronOptions& neuron = options.neuron;
    if (options.steps < 1) {
        fail("staa::Network: ", options.steps, " steps; at least 1 is needed");
    }
    if (options.steps > most_steps) {
        fail("staa::Network: ", options.steps, " steps; at most ", most_steps, " are possible");
    }
    if (!is_finite(neuron.surrogate_width) || neuron.surrogate_width != critical_width) {
        check_positive("surrogate_width", neuron.surrogate_width);
    }
    check_positive("surrogate_sharpness", neuron.surrogate_sharpness);
    check_positive("context_scale", neuron.context_scale);
    check_positive("attention_scale", neuron.attention_scale);
    if (!is_finite(neuron.threshold) || !is_finite(neuron.leak)) {
        fail("staa::Network: threshold is ", neuron.threshold, " and leak ", neuron.leak, "; both must be finite");
    }
    if (!is_within(neuron.step_dropout, 0, 1)) {
        fail("staa::Network: step_dropout is ", neuron.step_dropout, "; a probability lies in [0, 1]");
    }
    return {options.steps, neuron, options.convolution, options.initialisation};
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
