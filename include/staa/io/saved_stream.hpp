// SPDX-License-Identifier: MIT
// A stream in a file: inference that stops in one process and goes on in another.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <ostream>
#include <utility>
#include <vector>

#include "staa/io/safetensors.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

inline ParameterName steps_of_stream() { return {"steps", Layout::same, {}}; }

/// The images of the stream in a file; 0 where there is none.
inline Index images_of_stream(const Safetensors& file) {
    const auto sums = file.tensors().find("logits_sum");
    return sums == file.tensors().end() || sums->second.shape.size() != 2 ? 0 : sums->second.shape[0];
}

/// Gives a tensor the shape of its name, and the file's values.
template <class AnyTensor>
void read_tensor(Safetensors& file, const ParameterName& name, AnyTensor& tensor) {
    typename AnyTensor::Dimensions extents;
    std::copy(name.shape.begin(), name.shape.end(), extents.begin());
    tensor.resize(extents);
    const std::vector<typename AnyTensor::Scalar> values = file.values<typename AnyTensor::Scalar>(name.text);
    std::copy(values.begin(), values.end(), tensor.data());
}

}  // namespace detail

/// Writes what a stream leaves for its next step: `steps`, `logits_sum` [N, classes], and the neurons' `potential`
/// [N, H, W, C] and `carried_mean` [N, C] under their layers' names, as safetensors. The file is there whole or not at all.
/// Fails if the stream has not begun, or the file can't be written. The weights are not in it: see `save`.
template <class State>
void save_stream(const State& state, const std::filesystem::path& path) {
    if (state.steps() == 0) {
        fail("cannot write ", path.string(), ": the stream has not begun; save it after its first step");
    }
    const std::int64_t steps = state.steps();
    detail::Weights<const typename State::Scalar> parts;
    parts.counters.push_back({detail::steps_of_stream(), &steps});
    state.visit(
        state.images(),
        [&](const ParameterName& name, const auto& tensor) {
            parts.tensors.push_back({name, tensor.data(), detail::axis_order(name, tensor.size())});
        },
        [](const Index&) {});
    write_whole_file(path,
                     [&](std::ostream& out) { detail::write_weights(parts, "cannot write " + path.string(), out); });
}

/// Reads what `save_stream` wrote; the stream goes on as if it had never stopped, if the network has the weights that it had
/// then. Strict like `load`: fails if the file is no stream of such a network or is corrupt, and the stream stays as it was.
template <class State>
void load_stream(State& state, const std::filesystem::path& path) {
    Safetensors file = Safetensors::open(path);
    const Index images = detail::images_of_stream(file);
    State read;
    detail::Fit fit(file, "stream");
    fit.compare(detail::steps_of_stream(), true);
    read.visit(
        images, [&](const ParameterName& name, const auto&) { fit.compare(name, false); }, [](const Index&) {});
    fit.check();
    const std::int64_t steps = file.values<std::int64_t>(detail::steps_of_stream().text).front();
    if (steps < 1 || steps > std::numeric_limits<std::int32_t>::max() || images < 1) {
        fail(path.string(), ": a stream of ", images, " images that has taken ", steps,
             " steps; expected at least one of each");
    }
    read.visit(
        images, [&](const ParameterName& name, auto& tensor) { detail::read_tensor(file, name, tensor); },
        [&](Index& taken) { taken = static_cast<Index>(steps); });
    state = std::move(read);
}

}  // namespace STAA_ABI
}  // namespace staa
