// SPDX-License-Identifier: MIT
// Groups of parameters with a learning rate or a weight decay of their own, chosen by name.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "staa/layers/parameter_name.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Parameters whose learning rate or weight decay differs from the optimiser's. A parameter belongs to the first group
/// of a list that holds it. With both scales 0 a parameter is frozen: no step changes it, or its momentum. Optimisers
/// refuse a group without `holds`.
struct ParameterGroup {
    std::function<bool(const ParameterName&)> holds;  ///< whether the group has the parameter of this name
    double learning_rate_scale = 1;                   ///< times the optimiser's learning rate; 0 or more
    double weight_decay_scale = 1;                    ///< times the optimiser's weight decay; 0 or more
};

/// Whether a parameter is the weight of a convolution or of a linear layer. All other parameters are not: biases,
/// scales and shifts of norms, M and N, position encodings.
inline bool is_product_weight(const ParameterName& name) {
    return name.text.ends_with("weight") && (name.shape.size() == 2 || name.shape.size() == 4);
}

/// Whether a parameter is the shift of a batch norm or another bias.
inline bool is_bias(const ParameterName& name) { return name.text.ends_with("bias"); }

/// A predicate for all parameters whose names begin with `prefix`, such as "body." or "fc.".
inline auto begins_with(std::string prefix) {
    return [prefix = std::move(prefix)](const ParameterName& name) { return name.text.starts_with(prefix); };
}

/// Only the weights of convolutions and linear layers decay.
inline std::vector<ParameterGroup> decay_of_product_weights() {
    return {{.holds = is_product_weight},
            {.holds = [](const ParameterName&) { return true; }, .weight_decay_scale = 0}};
}

/// The scales of a parameter: those of its group, or 1 and 1.
struct GroupScales {
    double learning_rate = 1, weight_decay = 1;  ///< factors of the optimiser's learning rate and weight decay
    /// Whether the parameters never change.
    bool is_frozen() const { return learning_rate == 0 && weight_decay == 0; }
};
inline GroupScales scales_of(const std::vector<ParameterGroup>& groups, const ParameterName& name) {
    for (const ParameterGroup& group : groups) {
        if (group.holds && group.holds(name)) {
            return {group.learning_rate_scale, group.weight_decay_scale};
        }
    }
    return {};
}

}  // namespace STAA_ABI
}  // namespace staa
