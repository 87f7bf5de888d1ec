// SPDX-License-Identifier: MIT
// The gradients of a network, for the processes that sum them.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "staa/core/process_group.hpp"
#include "staa/layers/parameter_name.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Begins the sums of the gradients of a network over all processes. Call it before the backward whose gradients, with
/// those that are there already, are to be summed; after it call group.finish_gradients():
///
///     begin_gradients(net, group);
///     net.backward(gradient, tape);  // each gradient is sent as soon as it is complete
///     group.finish_gradients();
template <class Net>
void begin_gradients(Net& net, ProcessGroup& group) {
    std::vector<SharedGradient> gradients;
    std::as_const(net).visit(
        [&](const ParameterName&, const auto&, auto& gradient) {
            gradients.push_back({&gradient, gradient.data(), gradient.size(), sizeof(typename Net::Scalar)});
        },
        net.gradients);
    std::reverse(gradients.begin(), gradients.end());  // backward begins with the last layer
    group.begin_gradients(gradients);
}

}  // namespace STAA_ABI
}  // namespace staa
