// SPDX-License-Identifier: MIT
// The walk over the layers of a network. Firing rates, energy, alarms for silent layers, file formats are functions over it.
#pragma once

#include <string>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

/// net.for_each_layer as a free function: calls visitor(name, layer, the trees' parts...) for every layer.
template <class Net, class Visitor, class... Trees>
void for_each_layer(Net& net, Visitor&& visitor, Trees&... trees) {
    net.for_each_layer(visitor, trees...);
}

/// Calls visitor(name, ConvolutionUse) for every convolution: the firing rate of its input in the tape's last forward, and
/// the kernels that it took. The name is the layer's, with a dot at the end.
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
