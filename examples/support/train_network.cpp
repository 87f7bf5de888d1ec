// SPDX-License-Identifier: MIT
// One network of train_cifar. CMake compiles this file once for each, with another width, number of classes and neuron
// (Lif or StaaLif).
#include <staa/staa.hpp>
#include <type_traits>

#include "support/networks.hpp"
#include "support/training_loop.hpp"

namespace {

using Neuron = staa::EXAMPLE_NEURON<>;
using Net = staa::ResNet20<EXAMPLE_WIDTH, EXAMPLE_CLASSES, Neuron>;

[[maybe_unused]] const bool entered = [] {
    const char* neuron = std::is_same_v<Neuron, staa::Lif<>> ? "lif" : "staa";
    example::built_networks().push_back({EXAMPLE_WIDTH, EXAMPLE_CLASSES, neuron, example::train<Net>});
    return true;
}();

}  // namespace
