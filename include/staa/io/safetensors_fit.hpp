// SPDX-License-Identifier: MIT
// Compares the tensors of a network with those of a file.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "staa/io/misfit_causes.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Options of `load` and `load_what_fits`.
struct LoadOptions {
    std::string strip_prefix{};  ///< taken away from the names in the file, such as "module."
};

namespace detail {

/// Compares the tensors of a network, or of a stream of it, with those of a file.
class Fit {
 public:
    /// A prefix that no name in the file has is an `Error`.
    explicit Fit(const Safetensors& file, std::string prefix = "") : file_(file), prefix_(std::move(prefix)) {
        const auto& tensors = file.tensors();
        const auto next = tensors.lower_bound(prefix_);
        if (!prefix_.empty() && (next == tensors.end() || !next->first.starts_with(prefix_))) {
            fail(file.source(), ": no name in the file begins with ", in_quotes(prefix_),
                 tensors.empty() ? std::string() : "; the first is " + in_quotes(tensors.begin()->first));
        }
    }

    /// The name in the file of a tensor of the network: with the prefix if the file has it so.
    std::string name_in_file(const std::string& name) const {
        return file_.tensors().contains(prefix_ + name) ? prefix_ + name : name;
    }

    /// Looks for one tensor or counter in the file and notes what differs. Whether it can be read.
    bool compare(const ParameterName& name, bool is_counter) {
        wanted_.push_back(name);
        const auto found = file_.tensors().find(name_in_file(name.text));
        if (found == file_.tensors().end()) {
            // PyTorch does not ask for this counter, either: its first versions had none.
            if (!(is_counter && name.text.ends_with("num_batches_tracked"))) {
                report_.missing.push_back(name.text);
            }
            return false;
        }
        used_.insert(found->first);
        const auto& [dtype, shape, begin, end] = found->second;
        const bool is_one_number = name.shape.empty() && shape == std::vector<Index>{1};
        const bool has_shape = shape == name.shape || is_one_number;
        const bool has_type = is_floating(dtype) || (is_counter && is_readable<std::int64_t>(dtype));
        if (!has_shape) {
            report_.misshapen.push_back({name.text, shape_text(shape), shape_text(name.shape)});
            shapes_.push_back({wanted_.size() - 1, &shape});
        }
        if (!has_type) {
            report_.mistyped.push_back(
                {name.text, std::string(dtype),
                 std::string(is_counter ? "I64, I32, " : "") + "F16, BF16, F32, F64, F8_E4M3 or F8_E5M2"});
        }
        return has_shape && has_type;
    }

    /// What differs, and why. Call it after the last `compare`.
    LoadReport report() const {
        LoadReport report = report_;
        for (const auto& [name, tensor] : file_.tensors()) {
            if (!used_.contains(name)) {
                report.unknown.push_back(name);
            }
        }
        if (const std::string prefix = used_.empty() ? foreign_prefix(file_, wanted_) : ""; !prefix.empty()) {
            report.causes.push_back(prefix_cause(file_, prefix));
            return report;
        }
        std::vector<OtherShape> shapes;
        for (const auto& [i, found] : shapes_) {
            shapes.push_back({&wanted_[i], found});
        }
        report.causes = shape_causes(shapes);
        if (const std::string cause = neuron_cause(report); !cause.empty()) {
            report.causes.push_back(cause);
        }
        return report;
    }

    /// Throws an `Error` unless the report is complete: first the causes, then the tensors. `whole` is "network" or
    /// "stream".
    void check(const LoadReport& report, const std::string& whole) const {
        if (report.is_complete()) {
            return;
        }
        std::string causes;
        for (const std::string& cause : report.causes) {
            causes += cause + "\n  ";
        }
        fail(file_.source(), ": ", causes, "these tensors do not fit the ", whole,
             ", which stays as it was:", report.text(whole));
    }

 private:
    const Safetensors& file_;
    std::string prefix_;
    std::vector<ParameterName> wanted_;
    std::set<std::string, std::less<>> used_;                                ///< names in the file
    std::vector<std::pair<std::size_t, const std::vector<Index>*>> shapes_;  ///< of wanted_[first], in the file
    LoadReport report_;
};

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
