// SPDX-License-Identifier: MIT
// Fine-tuning: a network that has learnt one task learns another, with a part of it held fast.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "staa/core/error.hpp"
#include "staa/networks/for_each_layer.hpp"
#include "staa/training/parameter_group.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The group of frozen parameters, for the groups of an optimiser: they do not change, nothing of them decays, they get
/// no momentum, and `clip_gradients` with the same groups does not count their gradients. Write it first: the first group
/// that holds a parameter counts.
inline ParameterGroup frozen(std::function<bool(const ParameterName&)> holds) {
    return {.holds = std::move(holds), .learning_rate_scale = 0, .weight_decay_scale = 0};
}

/// Freezes the batch norms whose names begin with `prefix`, or lets them learn again: a frozen one normalises by its
/// running averages in training too, and leaves them as they are. Its weight and bias are parameters like others. Gives
/// the number of batch norms; none is an `Error`, because a prefix with a typing error would freeze nothing.
template <class Net>
Index freeze_batch_norms(Net& net, std::string_view prefix = "", bool is_frozen = true) {
    Index norms = 0;
    for_each_layer(net, [&](const std::string& name, auto& layer) {
        if constexpr (requires { layer.is_frozen; }) {
            if (name.starts_with(prefix)) {
                layer.is_frozen = is_frozen;
                ++norms;
            }
        }
    });
    if (norms == 0) {
        fail("staa::freeze_batch_norms: the network has no batch norm whose name begins with \"", prefix, "\"");
    }
    return norms;
}

}  // namespace STAA_ABI
}  // namespace staa
