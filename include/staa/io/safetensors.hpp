// SPDX-License-Identifier: MIT
// Saves and loads the weights of a network as safetensors files. PyTorch reads what `save` writes with
// `safetensors.torch.load_file`, and `load` reads what `safetensors.torch.save_file` writes. Needs nlohmann-json
// (https://github.com/nlohmann/json); <staa/staa.hpp> does not include it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/core/finite.hpp"
#include "staa/io/safetensors_file.hpp"
#include "staa/io/safetensors_fit.hpp"
#include "staa/io/safetensors_save.hpp"
#include "staa/io/safetensors_weights.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// Whether `load_weights` must find all weights of the network, and no others, in the file.
enum class Demand { everything, what_fits };

/// The value of a counter: a whole number of 0 or more, which the file may have as a floating-point number.
inline std::int64_t count_in(Safetensors& file, const std::string& name) {
    if (is_readable<std::int64_t>(file.at(name).dtype)) {
        const std::int64_t count = file.values<std::int64_t>(name).front();
        if (count < 0) {
            fail(file.source(), ": the counter ", in_quotes(name), " is ", count, "; expected 0 or more");
        }
        return count;
    }
    const double count = file.values<double>(name).front();
    if (!is_finite(count) || !(count >= 0 && count < 0x1p63)) {
        fail(file.source(), ": the counter ", in_quotes(name), " is ", count, "; expected 0 or more");
    }
    return static_cast<std::int64_t>(count);
}

/// Throws an `Error` that names the first value of a tensor that is NaN or infinite, or the first negative variance of a
/// batch norm: its root would be NaN.
template <class Scalar>
void check_values(const std::string& source, const std::string& name, const std::vector<Scalar>& values) {
    const bool is_variance = name.ends_with("running_var");
    const auto bad = std::find_if_not(values.begin(), values.end(), [is_variance](Scalar value) {
        return is_finite(value) && (!is_variance || value >= 0);
    });
    if (bad != values.end()) {
        fail(source, ": tensor ", in_quotes(name), " has the value ", *bad, " at position ", bad - values.begin(),
             "; expected ", is_variance ? "finite numbers of 0 or more" : "finite numbers");
    }
}

/// Reads all weights from a file. If this throws, none has changed.
template <class Scalar>
LoadReport load_weights(const Weights<Scalar>& weights, Safetensors& file, const LoadOptions& options = {},
                        Demand demand = Demand::everything) {
    Fit fit(file, options.strip_prefix);
    std::vector<NamedTensor<Scalar>> tensors;  // those that fit, with their values
    std::vector<std::vector<Scalar>> values;
    for (const auto& tensor : weights.tensors) {
        if (fit.compare(tensor.name, false)) {
            tensors.push_back(tensor);
        }
    }
    std::vector<NamedCounter<std::int64_t>> counters;
    std::vector<std::int64_t> counts;
    for (const auto& counter : weights.counters) {
        if (fit.compare(counter.name, true)) {
            counters.push_back(counter);
        }
    }
    LoadReport report = fit.report();
    if (demand == Demand::everything || tensors.empty()) {
        fit.check(report, "network");
    }
    for (const auto& tensor : tensors) {
        values.push_back(file.values<Scalar>(fit.name_in_file(tensor.name.text)));
        check_values(file.source(), tensor.name.text, values.back());
    }
    for (const auto& counter : counters) {
        counts.push_back(count_in(file, fit.name_in_file(counter.name.text)));
    }
    // All values have been read, so nothing can fail from here on: now the network changes.
    for (std::size_t i = 0; i < values.size(); ++i) {
        for_each_position(tensors[i].axes, [&](Index there, Index here) {
            tensors[i].data[here] = values[i][static_cast<std::size_t>(there)];
        });
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
        *counters[i].value = counts[i];
    }
    report.loaded = static_cast<Index>(values.size() + counts.size());
    return report;
}

/// Tells a network that its weights have changed. Other objects with weights need not know it.
template <class Net>
void tell_of_change(Net& net) {
    if constexpr (requires { net.weights_changed(); }) {
        net.weights_changed();
    }
}

}  // namespace detail

/// Reads all weights of a network. An `Error` says what is probably the reason if the file has not exactly the tensors of
/// the network: another number of steps, another width, a prefix. It also says how many tensors are missing in the file,
/// are unknown to the network, or have another shape or type, with the names of the first five of each. A file that is
/// corrupt or can't be read is an `Error`, too. After an `Error` the network is unchanged. F16, BF16, F32, F64, F8_E4M3 and
/// F8_E5M2 are converted to the network's scalar; a value that is not finite then, and a running variance below 0, are an
/// `Error` that names the tensor and the position. As in PyTorch, a file need not have
/// `num_batches_tracked` of a norm, which then stays as it is; a counter may be I64, I32 or a floating-point number, and a
/// single number may have the shape [1].
template <class Net>
void load(Net& net, Safetensors& file, const LoadOptions& options = {}) {
    detail::load_weights(detail::weights_of(net), file, options);
    detail::tell_of_change(net);
}
/// Opens the file at `path` and reads all weights from it.
template <class Net>
void load(Net& net, const std::filesystem::path& path, const LoadOptions& options = {}) {
    Safetensors file = Safetensors::open(path);
    load(net, file, options);
}

/// Reads the weights that have the same name and shape in the file and in the network, for fine-tuning: all but the head
/// of a network for other classes, for example. The others stay as they are, and the report names them. A file that is
/// corrupt or can't be read, one with nothing that fits, and values that `load` refuses are an `Error`; then the network is unchanged.
template <class Net>
LoadReport load_what_fits(Net& net, Safetensors& file, const LoadOptions& options = {}) {
    LoadReport report = detail::load_weights(detail::weights_of(net), file, options, detail::Demand::what_fits);
    detail::tell_of_change(net);
    return report;
}
/// Opens the file at `path` and reads from it what fits.
template <class Net>
LoadReport load_what_fits(Net& net, const std::filesystem::path& path, const LoadOptions& options = {}) {
    Safetensors file = Safetensors::open(path);
    return load_what_fits(net, file, options);
}

}  // namespace STAA_ABI
}  // namespace staa
