// SPDX-License-Identifier: MIT
// Why a file of weights does not fit a network: another number of steps, another width, another head, a prefix.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "staa/io/load_report.hpp"
#include "staa/io/safetensors_file.hpp"
#include "staa/layers/parameter_name.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// The longest beginning of all names of a file, of at most 120 characters, that ends with a dot and that, taken away, leaves a name of the network;
/// empty if there is none.
inline std::string foreign_prefix(const Safetensors& file, const std::vector<ParameterName>& wanted) {
    if (file.tensors().empty()) {
        return "";
    }
    // The names are in order: what the first and the last have in common, all have.
    const std::string& first = file.tensors().begin()->first;
    const std::string& last = file.tensors().rbegin()->first;
    const auto end = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
    std::string prefix(first.begin(), end);
    constexpr std::size_t longest = 120;
    prefix.resize(std::min(prefix.size(), longest));
    for (;;) {
        prefix.erase(prefix.rfind('.') == prefix.npos ? 0 : prefix.rfind('.') + 1);
        if (prefix.empty()) {
            return "";
        }
        const bool fits = std::any_of(wanted.begin(), wanted.end(), [&](const ParameterName& name) {
            return file.tensors().contains(prefix + name.text);
        });
        if (fits) {
            return prefix;
        }
        prefix.pop_back();
    }
}

/// A sentence about a prefix of all names in the file.
inline std::string prefix_cause(const Safetensors& file, const std::string& prefix) {
    const char* saved = prefix.starts_with("module.")      ? ": saved from DataParallel"
                        : prefix.starts_with("_orig_mod.") ? ": saved from torch.compile"
                                                           : "";
    const std::string quoted = in_quotes(prefix);
    return "all " + std::to_string(file.tensors().size()) + " names begin with " + quoted + saved +
           "; load with {.strip_prefix = " + quoted + "}";
}

/// One tensor of the network whose shape in the file differs.
struct OtherShape {
    const ParameterName* name;
    const std::vector<Index>* found;

    /// Whether the shapes differ in extent `axis` and in no other.
    bool differs_only_in(std::size_t axis) const {
        const std::vector<Index>& expected = name->shape;
        bool same = found->size() == expected.size() && axis < expected.size();
        for (std::size_t i = 0; same && i < expected.size(); ++i) {
            same = ((*found)[i] == expected[i]) != (i == axis);
        }
        return same;
    }
};

/// Sentences about the shapes that differ, which are in the order of the network's layers.
inline std::vector<std::string> shape_causes(const std::vector<OtherShape>& shapes) {
    std::vector<std::string> causes;
    const auto find = [&](auto is_it) { return std::find_if(shapes.begin(), shapes.end(), is_it); };
    const auto number = [](Index value) { return std::to_string(value); };

    const auto encoding = find([](const OtherShape& of) {  // [T, ..]
        return of.name->text.ends_with("pe") && of.name->shape.size() == 4 && of.found->size() == 4 &&
               of.found->front() != of.name->shape.front();
    });
    if (encoding != shapes.end()) {
        const std::string steps = number(encoding->found->front());
        causes.push_back("made for " + steps + " time steps, this network has " +
                         number(encoding->name->shape.front()) + ": construct it with {.steps = " + steps +
                         "}, or give --steps " + steps);
    }

    const auto kernel = find([](const OtherShape& of) { return of.name->layout == Layout::convolution; });
    if (kernel != shapes.end() && kernel->differs_only_in(0)) {  // [out, in, k, k]: no layer before it differs
        causes.push_back("made for width " + number(kernel->found->front()) + ", this network has width " +
                         number(kernel->name->shape.front()));
    } else if (kernel != shapes.end() && kernel->differs_only_in(1)) {
        causes.push_back("made for an input of " + number((*kernel->found)[1]) + " channels, this network takes " +
                         number(kernel->name->shape[1]));
    }

    const auto head = find([](const OtherShape& of) {  // [classes, features]
        return of.name->layout == Layout::matrix && of.name->shape.size() == 2 && of.differs_only_in(0);
    });
    if (head != shapes.end()) {
        causes.push_back("made for " + number(head->found->front()) + " classes, this network has " +
                         number(head->name->shape.front()) + ": load_what_fits leaves such a head out");
    }
    return causes;
}

/// A sentence about attention that one side has and the other has not; empty if that is not the reason.
inline std::string neuron_cause(const LoadReport& report) {
    const auto are_of_attention = [](const std::vector<std::string>& names) {
        return !names.empty() && std::all_of(names.begin(), names.end(), [](const std::string& name) {
            return name.find(".gc.") != name.npos || name.find(".sa.") != name.npos || name.ends_with(".pe");
        });
    };
    if (report.unknown.empty() && are_of_attention(report.missing)) {
        return "made for neurons without attention (LIF), this network has attention (STAA)";
    }
    if (report.missing.empty() && are_of_attention(report.unknown)) {
        return "made for neurons with attention (STAA), this network has less of it";
    }
    return "";
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
