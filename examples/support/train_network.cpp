// SPDX-License-Identifier: MIT
// One network of train_cifar, and its loaders. CMake compiles this file once per network, each time with another width,
// number of classes, neuron (Lif or StaaLif) and surrogate (Triangle or Rectangle).
#include <staa/staa.hpp>
#include <string>
#include <type_traits>

#include "support/cifar_training.hpp"
#include "support/training_loop.hpp"

namespace {

using namespace example;

using Surrogate = staa::EXAMPLE_SURROGATE;
constexpr bool has_attention = EXAMPLE_HAS_ATTENTION;
using Plain = staa::Lif<Surrogate>;
using Neuron = std::conditional_t<has_attention, staa::StaaLif<staa::StaaParts{}, Surrogate>, Plain>;
using Net = staa::ResNet20On<staa::Image<3, 32, 32>, EXAMPLE_WIDTH, EXAMPLE_CLASSES, Neuron, staa::ConvBn, Plain>;

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

constexpr bool is_rectangle = std::is_same_v<Surrogate, staa::Rectangle>;
constexpr const char* neuron_name = has_attention ? (is_rectangle ? "staa-rectangle" : "staa")  //
                                                  : (is_rectangle ? "lif-rectangle" : "lif");
[[maybe_unused]] const bool is_added =
    add_network<CifarOptions, CifarData>({EXAMPLE_WIDTH, EXAMPLE_CLASSES, neuron_name, train_on_cifar});

}  // namespace
