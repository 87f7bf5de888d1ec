// SPDX-License-Identifier: MIT
// One network of train_cifar, and its loaders. CMake compiles this file once per network, each time with another width,
// number of classes and neuron (Lif or StaaLif).
#include <staa/staa.hpp>
#include <string>
#include <type_traits>

#include "support/cifar_training.hpp"
#include "support/training_loop.hpp"

namespace {

using namespace example;

using Neuron = staa::EXAMPLE_NEURON<>;
using Net = staa::ResNet20<EXAMPLE_WIDTH, EXAMPLE_CLASSES, Neuron>;

double train_on_cifar(const CifarOptions& options, const CifarData& data) {
    const auto seed = static_cast<std::uint64_t>(options.seed);
    staa::Loader train_loader{data.train, {.batch = options.batch, .seed = seed}};  // crops, flips, shuffles
    staa::Loader test_loader{data.test,
                             {.batch = options.batch, .shuffle = false, .augmentation = staa::Augmentation::none()}};
    const std::string width = std::to_string(options.width);
    return train<Net>(
        options,
        {.network = "ResNet-20, width " + width + (options.neuron == "staa" ? ", STAA neurons" : ", LIF neurons"),
         .data = data_name(options),
         .train_samples = data.train.size(),
         .test_samples = data.test.size(),
         .more = {{"width", width}, {"classes", std::to_string(options.classes)}, {"neuron", quoted(options.neuron)}}},
        train_loader, test_loader);
}

constexpr const char* neuron_name = std::is_same_v<Neuron, staa::Lif<>> ? "lif" : "staa";
[[maybe_unused]] const bool is_added =
    add_network<CifarOptions, CifarData>({EXAMPLE_WIDTH, EXAMPLE_CLASSES, neuron_name, train_on_cifar});

}  // namespace
