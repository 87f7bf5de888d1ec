// SPDX-License-Identifier: MIT
// Whether the numbers of a pass are finite: images, the gradients of a backward, and the running averages after it. A
// value that is not finite is an Error before the network takes it in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/finite.hpp"
#include "staa/core/tensor.hpp"
#include "staa/layers/parameter_name.hpp"
#include "staa/layers/setup.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// The position of value number `index` of a tensor with these extents: [3, 0, 1].
template <class Extents>
std::string position_text(Index index, const Extents& extents) {
    std::string text;
    for (std::size_t axis = extents.size(); axis-- > 0; index /= extents[axis]) {
        text.insert(0, (axis > 0 ? ", " : "") + std::to_string(index % extents[axis]));
    }
    return "[" + text + "]";
}

/// Throws an Error if a value of a tensor is NaN or infinite. It names `what`, such as "staa::Network: an image", and the
/// position.
template <class AnyTensor>
void check_finite_tensor(const char* what, const AnyTensor& tensor) {
    const Index place = first_not_finite(tensor.data(), tensor.size());
    if (place < tensor.size()) {
        fail(what, " has the value ", tensor.data()[place], " at ", position_text(place, tensor.dimensions()),
             "; expected finite numbers");
    }
}

/// A sentence about a gradient of the network that is NaN or infinite; empty if there is none. Of several parameters it
/// names the last in the order of the network: backward computed its gradient first.
template <class Net>
std::string gradient_fault(const Net& net) {
    std::string fault;
    net.visit(
        [&](const ParameterName& name, const auto&, const auto& gradient) {
            const Index place = first_not_finite(gradient.data(), gradient.size());
            if (place < gradient.size()) {
                std::ostringstream text;
                text << "the gradient of " << name.text << " is " << gradient.data()[place] << " at position " << place
                     << " of " << gradient.size();
                fault = text.str();
            }
        },
        net.gradients);
    return fault;
}

/// A copy of everything that `visit_statistics` of a chain of layers shows.
template <class Chain>
class SavedStatistics {
 public:
    explicit SavedStatistics(const Chain& layers) {
        Chain::visit_statistics(layers, "", [this](const ParameterName&, const auto& value) {
            if constexpr (is_counter<decltype(value)>) {
                counters_.push_back(value);
            } else {
                values_.insert(values_.end(), value.data(), value.data() + value.size());
            }
        });
    }

    void restore(Chain& layers) const {
        auto from = values_.begin();
        auto counter = counters_.begin();
        Chain::visit_statistics(layers, "", [&](const ParameterName&, auto& value) {
            if constexpr (is_counter<decltype(value)>) {
                value = *counter++;
            } else {
                std::copy_n(from, value.size(), value.data());
                from += value.size();
            }
        });
    }

    /// A sentence about the first statistic of the layers that is NaN or infinite; empty if there is none.
    static std::string fault(const Chain& layers) {
        std::string found;
        Chain::visit_statistics(layers, "", [&](const ParameterName& name, const auto& value) {
            if constexpr (!is_counter<decltype(value)>) {
                const Index place = first_not_finite(value.data(), value.size());
                if (found.empty() && place < value.size()) {
                    std::ostringstream text;
                    text << name.text << " would become " << value.data()[place] << " at position " << place << " of "
                         << value.size();
                    found = text.str();
                }
            }
        });
        return found;
    }

 private:
    template <class Value>
    static constexpr bool is_counter = std::is_same_v<std::remove_cvref_t<Value>, std::int64_t>;

    std::vector<typename Chain::Scalar> values_;
    std::vector<std::int64_t> counters_;
};

/// The end of `Network::backward`: running averages take in the statistics of the forward, unless they have done so
/// before. If a gradient or an average is not finite, the averages are set back, the gradients become 0, and an Error
/// names it: the average rather than the gradient, because it was computed first. Where processes share a batch, gradients
/// are on their way to each other: only the optimiser looks at them, at their sums.
template <class Net, class Chain>
void finish_backward(Net& net, Chain& layers, const typename Chain::Tape& tape, const Call& call, bool& is_absorbed) {
    std::string fault = call.group == nullptr ? gradient_fault(net) : std::string();
    if (!is_absorbed) {
        const SavedStatistics<Chain> saved(layers);
        layers.absorb(tape, call);
        const std::string of_average = SavedStatistics<Chain>::fault(layers);
        fault = of_average.empty() ? fault : of_average;
        if (!fault.empty()) {
            saved.restore(layers);
        }
    }
    if (!fault.empty()) {
        net.zero_gradients();
        fail("staa::Network::backward: ", fault, "; the running averages stay as they were, the gradients are 0. ",
             "Look for images with very large values, or take a smaller learning rate");
    }
    is_absorbed = true;
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
