// SPDX-License-Identifier: MIT
// What all layers of neurons share: the state of a stream, the form of the output, and the kernel's constants.
#pragma once

#include <algorithm>
#include <string>

#include "staa/kernels/neuron/critical_width.hpp"
#include "staa/kernels/neuron/membrane.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What a layer of neurons leaves for the next step of a stream.
template <class Scalar>
struct NeuronState {
    Index step = 0;                  ///< steps taken so far
    Tensor<Scalar, 4> potential;     ///< [N, H, W, C] U of the last step, before the reset; empty at the start
    Tensor<Scalar, 2> carried_mean;  ///< [N, C] mean of H over the pixels; only neurons with step attention fill it
    void restart() { step = 0; }
};

namespace detail {

/// The image of a map of `In` at step t: a map that is the same at every step is stored once.
template <class In>
constexpr Index stored_image(Index t, Index n, Index batch) {
    return In::is_constant ? n : t * batch + n;
}

/// The images that one task takes through all steps. Of large maps it is one, which fills the cache with its steps. Of
/// maps of few values (MapSize) it is several, which share their reading of the gates' matrices, if every thread still
/// has a task.
template <Index MapSize>
struct ImageGroup {
    static constexpr Index most = std::clamp<Index>(32768 / MapSize, 1, 8);
    static Index groups(Index batch) {
        const Index together = std::clamp<Index>(batch / threads(), 1, most);
        return std::max<Index>(1, (batch + together - 1) / together);
    }
    static ImageGroup of_group(Index group, Index of_groups, Index batch) {
        const Index first = group * batch / of_groups;
        return {first, (group + 1) * batch / of_groups - first};
    }
    Index first, count;
};

/// Tells the kernel where image `image` of the output goes: bits, or numbers if the surrogate's output is analog.
template <class Scalar>
void set_output(MembraneForward<Scalar>& f, Spikes& y, Index image) {
    f.spikes = y.map(image);
    f.window = y.window_map(image);
    f.values = nullptr;
}
template <class Scalar>
void set_output(MembraneForward<Scalar>& f, Analog<Scalar>& y, Index image) {
    f.spikes = nullptr;
    f.values = y.map(image);
}

/// Resizes the output of `forward`. It has a window if the surrogate has one.
template <class Fire, class Signal>
void make_output(Signal& y, const Extents& extents, Arena& arena) {
    y.resize(arena, extents);
    if constexpr (Fire::has_window) {
        y.add_window(arena);
    }
}

/// The options of a layer with this surrogate: its critical width in place of `critical_width`.
template <class Surrogate>
NeuronOptions with_width(NeuronOptions neuron) {
    if (neuron.surrogate_width == critical_width) {
        neuron.surrogate_width = critical_surrogate_width<Surrogate>(neuron.threshold, neuron.surrogate_sharpness);
    }
    return neuron;
}

/// The constants that the kernel needs for maps of `In`.
template <class In>
Membrane<typename In::Scalar> membrane_of(const NeuronOptions& neuron) {
    using Scalar = typename In::Scalar;
    return {In::height * In::width, In::channels,
            NeuronConstants<Scalar>{static_cast<Scalar>(neuron.threshold), static_cast<Scalar>(neuron.surrogate_width),
                                    static_cast<Scalar>(neuron.surrogate_sharpness)},
            neuron.detach_reset};
}

/// Prepares a state for `batch` images. A new stream takes this batch; a running stream with another batch is an Error.
template <class In>
void begin_state(NeuronState<typename In::Scalar>& state, Index batch) {
    if (state.step == 0) {
        state.potential.resize(batch, In::height, In::width, In::channels);
    }
    check_stream(state.potential.dimension(0), batch);
}

/// `visit_state` of a layer of neurons. `has_mean`: whether the layer fills `carried_mean`.
template <class In, class State, class Visitor, class StepVisitor>
void visit_neuron_state(State& state, Index batch, bool has_mean, const std::string& prefix, Visitor& visitor,
                        StepVisitor& visit_step) {
    visit_step(state.step);
    visitor(ParameterName{prefix + "potential", Layout::same, {batch, In::height, In::width, In::channels}},
            state.potential);
    if (has_mean) {
        visitor(ParameterName{prefix + "carried_mean", Layout::same, {batch, In::channels}}, state.carried_mean);
    }
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
