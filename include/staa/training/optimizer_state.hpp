// SPDX-License-Identifier: MIT
// What all optimisers share: the network that they belong to, and a tensor or two per parameter.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

#include "staa/core/parallel.hpp"
#include "staa/core/tensor.hpp"
#include "staa/layers/contract.hpp"
#include "staa/networks/identity.hpp"
#include "staa/training/gradients.hpp"
#include "staa/training/parameter_group.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Throws an `Error` unless least <= value < limit. NaN is in no range.
inline void check_option(const char* optimiser, const char* name, double value, double least, double limit) {
    if (!is_finite(value) || !(value >= least && value < limit)) {
        fail(optimiser, ": ", name, " is ", value, "; expected ", least, " or more",
             limit < 1e300 ? ", and less than " + std::to_string(static_cast<int>(limit)) : ", and finite");
    }
}

/// Throws an `Error` unless epsilon is above 0 as a Scalar: a gradient that is always 0 would be divided by 0.
template <class Scalar>
void check_epsilon(const char* optimiser, double epsilon) {
    if (!is_finite(epsilon) || !(static_cast<Scalar>(epsilon) > 0 && epsilon < 1)) {
        fail(optimiser, ": epsilon is ", epsilon,
             "; expected more than 0 (in the network's precision), and less than 1");
    }
}

/// Throws an `Error` unless the learning rate, the weight decay and the scales of all groups are 0 or more and finite,
/// and every group has a predicate.
template <class Options>
void check_rates(const char* optimiser, const Options& options) {
    constexpr double any = std::numeric_limits<double>::max();
    check_option(optimiser, "the learning rate", options.learning_rate, 0, any);
    check_option(optimiser, "the weight decay", options.weight_decay, 0, any);
    for (const ParameterGroup& group : options.groups) {
        if (!group.holds) {
            fail(optimiser, ": a group has no `holds`; expected a function such as staa::is_bias");
        }
        check_option(optimiser, "the learning rate's scale of a group", group.learning_rate_scale, 0, any);
        check_option(optimiser, "the weight decay's scale of a group", group.weight_decay_scale, 0, any);
    }
}

/// `Count` trees of tensors with the shapes of the parameters of one network; 0 at the start.
template <class Net, std::size_t Count>
class OptimizerState {
 public:
    /// `optimiser` is the name in error messages; `names` are those of the trees, such as "momentum".
    OptimizerState(const char* optimiser, std::array<const char*, Count> names)
        : optimiser_(optimiser), names_(names) {}

    /// Throws an `Error` if the trees belong to another network, or if they or the network were moved from.
    void check(const Net& net) const {
        check_not_moved(net.identity(), optimiser_);
        if (network_.value == 0) {
            fail(optimiser_, ": this optimiser was moved from; use the one that it was moved to");
        }
        if (network_.value != nobody && network_.value != net.identity()) {
            fail(optimiser_, ": this optimiser holds the state of another network; make one optimiser per network. A ",
                 "network that was assigned to counts as another one");
        }
    }

    /// Makes the trees at the first call: from there on they belong to this network. Errors are those of `check`.
    void begin(const Net& net) {
        check(net);
        if (network_.value == nobody) {
            for (typename Net::Parameters& tree : trees_) {
                net.visit(
                    [](const ParameterName&, const auto& parameter, auto& tensor) {
                        tensor.resize(parameter.dimensions());
                        tensor.setZero();
                    },
                    tree);
            }
            network_.value = net.identity();
        }
    }

    /// Calls update(name, parameter, gradient, the trees' tensors...) for every parameter.
    template <class Update>
    void for_each(Net& net, const Update& update) {
        std::apply([&](auto&... tree) { net.visit(update, net.gradients, tree...); }, trees_);
    }

    /// Calls update(scales, parameter, gradient, the trees' tensors...) for every parameter. Of a frozen parameter it
    /// only sets the gradient to 0. Tapes of earlier forwards are of no use afterwards.
    template <class Update>
    void step(Net& net, const std::vector<ParameterGroup>& groups, const Update& update) {
        net.weights_changed();
        for_each(net, [&](const ParameterName& name, auto& parameter, auto& gradient, auto&... tensors) {
            const GroupScales scales = scales_of(groups, name);
            if (scales.is_frozen()) {
                gradient.setZero();
            } else {
                update(scales, parameter, gradient, tensors...);
            }
        });
    }

    /// Calls visitor(ParameterName, tensor) for every tensor of the trees, under the name "TREE.PARAMETER".
    template <class Visitor>
    void visit(Net& net, Visitor& visitor) {
        begin(net);
        for (std::size_t i = 0; i < Count; ++i) {
            std::as_const(net).visit(
                [&](const ParameterName& name, const auto&, auto& tensor) {
                    visitor(ParameterName{std::string(names_[i]) + "." + name.text, name.layout, name.shape}, tensor);
                },
                trees_[i]);
        }
    }

 private:
    const char* optimiser_;
    std::array<const char*, Count> names_;
    std::array<typename Net::Parameters, Count> trees_;
    static constexpr std::uint64_t nobody = ~std::uint64_t{0};
    Moving<std::uint64_t> network_{nobody};  // the identity of the trees' network; 0: they were moved from
};

/// Calls update(i) for all positions of a tensor, on all threads.
template <class Update>
void for_positions(Index size, const Update& update) {
    for_parts(size, [&](Index first, Index last) {
        for (Index i = first; i < last; ++i) {
            update(i);
        }
    });
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
