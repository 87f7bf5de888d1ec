// SPDX-License-Identifier: MIT
// The walk over the layers of a network. Reports and file formats are functions that use it: firing rates, energy,
// warnings about layers that never fire.
#pragma once

#include <string>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

/// `net.for_each_layer` as a free function. Calls visitor(name, layer, the trees' parts...) for every layer; Network
/// says what a tree is. After a walk over a network that is not const, streams pack its weights again: a function that
/// only reads takes a const Net&.
template <class Net, class Visitor, class... Trees>
void for_each_layer(Net& net, Visitor&& visitor, Trees&... trees) {
    net.for_each_layer(visitor, trees...);
}

/// Calls visitor(name, ConvolutionUse) for every convolution. The use is that of the last forward and backward with
/// this tape: the firing rate of the input, and the kernels that ran. The name of the layer ends with a dot.
template <class Net, class Visitor>
void for_each_convolution(const Net& net, const typename Net::Tape& tape, Visitor&& visitor) {
    net.for_each_layer(
        [&](const std::string& name, const auto&, const auto& layer_tape) {
            if constexpr (requires { visitor(name, layer_tape.use); }) {
                visitor(name, layer_tape.use);
            }
        },
        tape);
}

}  // namespace STAA_ABI
}  // namespace staa
