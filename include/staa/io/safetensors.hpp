// SPDX-License-Identifier: MIT
// Saves and loads the weights of a network as safetensors files. PyTorch reads what `save` writes with
// `safetensors.torch.load_file`, and `load` reads what `safetensors.torch.save_file` writes. Needs nlohmann-json
// (https://github.com/nlohmann/json); <staa/staa.hpp> does not include it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "staa/core/finite.hpp"
#include "staa/io/safetensors_file.hpp"
#include "staa/io/safetensors_save.hpp"
#include "staa/io/safetensors_weights.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// A list in an error message. It shows the first thousand items and counts the rest: a hostile file can have any
/// number of them.
class Listed {
 public:
    void add(const std::string& text) {
        if (++count_ <= most) {
            text_ += (count_ > 1 ? ", " : "") + text;
        }
    }
    /// The list as a line of the message; empty if there are no items.
    std::string sentence(const std::string& heading) const {
        const std::string rest = count_ > most ? " and " + std::to_string(count_ - most) + " more" : "";
        return count_ > 0 ? "\n  " + heading + " (" + std::to_string(count_) + "): " + text_ + rest : "";
    }

 private:
    static constexpr Index most = 1000;
    Index count_ = 0;
    std::string text_;
};

/// Compares the tensors of a network, or of a stream of it, with those of a file. `whole` is "network" or "stream".
class Fit {
 public:
    explicit Fit(const Safetensors& file, std::string whole = "network") : file_(file), whole_(std::move(whole)) {}

    /// Looks for one tensor or counter in the file and notes what differs.
    void compare(const ParameterName& name, bool is_counter) {
        wanted_.insert(name.text);
        const auto found = file_.tensors().find(name.text);
        if (found == file_.tensors().end()) {
            missing_.add(in_quotes(name.text));
            return;
        }
        const auto& [dtype, shape, begin, end] = found->second;
        if (shape != name.shape) {
            misshapen_.add(in_quotes(name.text) + " is " + shape_text(shape) + ", expected " + shape_text(name.shape));
        }
        if (!(is_counter ? is_readable<std::int64_t>(dtype) : is_floating(dtype))) {
            mistyped_.add(in_quotes(name.text) + " is " + std::string(dtype) + ", expected " +
                          (is_counter ? "I64 or I32" : "F16, BF16, F32 or F64"));
        }
    }

    /// Throws `Error` if a tensor is missing in the file or in the network, or has another shape or type; lists all of
    /// them.
    void check() const {
        Listed extra;
        for (const auto& [name, tensor] : file_.tensors()) {
            if (!wanted_.contains(name)) {
                extra.add(in_quotes(name));
            }
        }
        const std::string found = missing_.sentence("missing in the file") + extra.sentence("not in the " + whole_) +
                                  misshapen_.sentence("of another shape") + mistyped_.sentence("of another type");
        if (!found.empty()) {
            fail(file_.source(), ": these tensors do not fit the ", whole_, ", which stays as it was:", found);
        }
    }

 private:
    const Safetensors& file_;
    std::string whole_;
    std::set<std::string> wanted_;
    Listed missing_, misshapen_, mistyped_;
};

/// Which values `load_weights` takes.
enum class Accepted { any, finite };

/// Throws an `Error` that names the first value of a tensor that is NaN or infinite.
template <class Scalar>
void check_finite(const std::string& source, const std::string& name, const std::vector<Scalar>& values) {
    const auto bad = std::find_if_not(values.begin(), values.end(), [](Scalar value) { return is_finite(value); });
    if (bad != values.end()) {
        fail(source, ": tensor ", in_quotes(name), " has the value ", *bad, " at position ", bad - values.begin());
    }
}

/// Reads all weights from a file. If this throws, none has changed.
template <class Scalar>
void load_weights(const Weights<Scalar>& weights, Safetensors& file, Accepted accepted = Accepted::any) {
    Fit fit(file);
    for (const auto& tensor : weights.tensors) {
        fit.compare(tensor.name, false);
    }
    for (const auto& counter : weights.counters) {
        fit.compare(counter.name, true);
    }
    fit.check();
    std::vector<std::vector<Scalar>> values;
    for (const auto& tensor : weights.tensors) {
        values.push_back(file.values<Scalar>(tensor.name.text));
        if (accepted == Accepted::finite) {
            check_finite(file.source(), tensor.name.text, values.back());
        }
    }
    std::vector<std::int64_t> counts;
    for (const auto& counter : weights.counters) {
        counts.push_back(file.values<std::int64_t>(counter.name.text).front());
        if (counts.back() < 0) {
            fail(file.source(), ": the counter ", in_quotes(counter.name.text), " is ", counts.back(),
                 "; expected 0 or more");
        }
    }
    // All values have been read, so nothing can fail from here on: now the network changes.
    for (std::size_t i = 0; i < values.size(); ++i) {
        for_each_position(weights.tensors[i].axes, [&](Index there, Index here) {
            weights.tensors[i].data[here] = values[i][static_cast<std::size_t>(there)];
        });
    }
    for (std::size_t i = 0; i < counts.size(); ++i) {
        *weights.counters[i].value = counts[i];
    }
}

}  // namespace detail

/// Reads all weights of a network. One `Error` lists the names of all tensors that are missing in the file, that the
/// network does not have, or that have another shape or type. It lists at most a thousand per kind, and shortens names
/// to 120 characters. A file that is corrupt or can't be read is an `Error`, too. After an `Error` the network is
/// unchanged. F16, BF16, F32 and F64 are converted to the network's scalar (infinities and NaN included); counters are
/// I64 or I32.
template <class Net>
void load(Net& net, Safetensors& file) {
    detail::load_weights(detail::weights_of(net), file);
}
/// Opens the file at `path` and reads all weights from it.
template <class Net>
void load(Net& net, const std::filesystem::path& path) {
    Safetensors file = Safetensors::open(path);
    load(net, file);
}

}  // namespace STAA_ABI
}  // namespace staa
