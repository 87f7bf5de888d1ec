// SPDX-License-Identifier: MIT
// Saves a stream, which is inference step by step, to a file, so that another process can continue it.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "staa/io/safetensors.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// The name of the counter of steps in the file.
inline ParameterName steps_of_stream() { return {"steps", Layout::same, {}}; }

/// The number of images of the stream in a file; 0 if the file has no stream.
inline Index images_of_stream(const Safetensors& file) {
    const auto sums = file.tensors().find("logits_sum");
    return sums == file.tensors().end() || sums->second.shape.size() != 2 ? 0 : sums->second.shape[0];
}

/// The name of the checksum of the weights in the header of the file.
inline constexpr const char* checksum_of_stream = "staa.weights";

/// The checksum of the weights in the file of a stream. An `Error` if there is none.
inline std::uint64_t read_checksum(const Safetensors& file) {
    const auto found = file.metadata().find(checksum_of_stream);
    const std::string text = found == file.metadata().end() ? std::string() : found->second;
    std::uint64_t checksum = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), checksum);
    if (error != std::errc() || end != text.data() + text.size() || checksum == 0) {
        fail(file.source(),
             ": this file of a stream does not say to which weights it belongs; its header has no valid ",
             checksum_of_stream);
    }
    return checksum;
}

/// Resizes a tensor to the shape in `name` and reads its values from the file.
template <class AnyTensor>
void read_tensor(Safetensors& file, const ParameterName& name, AnyTensor& tensor) {
    typename AnyTensor::Dimensions extents;
    std::copy(name.shape.begin(), name.shape.end(), extents.begin());
    tensor.resize(extents);
    const std::vector<typename AnyTensor::Scalar> values = file.values<typename AnyTensor::Scalar>(name.text);
    check_values(file.source(), name.text, values);
    std::copy(values.begin(), values.end(), tensor.data());
}

}  // namespace detail

/// Writes the state of a stream as safetensors: `steps`, `logits_sum` [N, classes] in doubles, and, under the names of their
/// layers, the neurons' `potential` [N, H, W, C] and `carried_mean` [N, C]. The file does not contain the weights, only
/// their checksum; `save` writes them. It appears under its name only when it is complete (`write_whole_file`). A stream without a step
/// yet, and a file that can't be written, are an `Error`.
template <class State>
void save_stream(const State& state, const std::filesystem::path& path) {
    if (state.steps() == 0) {
        fail("cannot write ", path.string(), ": the stream has not begun; save it after its first step");
    }
    if (state.weights_checksum() == 0) {
        fail("cannot write ", path.string(), ": the state of the stream was moved from");
    }
    const std::int64_t steps = state.steps();
    detail::Weights<const typename State::Scalar> parts;
    parts.metadata = {{detail::checksum_of_stream, std::to_string(state.weights_checksum())}};
    parts.counters.push_back({detail::steps_of_stream(), &steps});
    state.visit(
        state.images(),
        [&](const ParameterName& name, const auto& tensor) {
            const detail::AxisOrder axes = detail::axis_order(name, tensor.size());
            if constexpr (std::is_convertible_v<decltype(tensor.data()), const typename State::Scalar*>) {
                parts.tensors.push_back({name, tensor.data(), axes});
            } else {
                parts.doubles.push_back({name, tensor.data(), axes});
            }
        },
        [](const Index&) {});
    write_whole_file(path,
                     [&](std::ostream& out) { detail::write_weights(parts, "cannot write " + path.string(), out); });
}

/// Reads the file of `save_stream`. With a network of the same weights as then the stream continues with the same bits as
/// if it had not stopped. Other weights are an `Error` of the next `Network::step`, which compares the checksums. A corrupt
/// file, one that is no stream of such a network, and values that are not finite are an `Error`, as in `load`; then the
/// stream does not change.
template <class State>
void load_stream(State& state, const std::filesystem::path& path) {
    Safetensors file = Safetensors::open(path);
    const Index images = detail::images_of_stream(file);
    State read;
    detail::Fit fit(file);
    fit.compare(detail::steps_of_stream(), true);
    read.visit(
        images, [&](const ParameterName& name, const auto&) { fit.compare(name, false); }, [](const Index&) {});
    fit.check(fit.report(), "stream");
    const std::uint64_t checksum = detail::read_checksum(file);
    constexpr std::int64_t most_steps = std::int64_t{1} << 53;  // the mean is one of doubles
    const std::int64_t steps = file.values<std::int64_t>(detail::steps_of_stream().text).front();
    if (steps < 1 || steps > most_steps || images < 1) {
        fail(path.string(), ": a stream of ", images, " images that has taken ", steps,
             " steps; expected at least one of each");
    }
    read.visit(
        images, [&](const ParameterName& name, auto& tensor) { detail::read_tensor(file, name, tensor); },
        [&](Index& taken) { taken = static_cast<Index>(steps); });
    read.expect_weights(checksum);
    state = std::move(read);
}

}  // namespace STAA_ABI
}  // namespace staa
