// SPDX-License-Identifier: MIT
// One network of train_cifar, and its loaders. CMake compiles this file once per network, each time with another network
// (ResNet20On or Vgg6On), width, number of classes, neuron (Lif or StaaLif) and surrogate (Triangle or Rectangle).
#include <staa/staa.hpp>
#include <string>
#include <type_traits>

#include "support/cifar_training.hpp"
#include "support/classifier.hpp"
#include "support/training_loop.hpp"

namespace {

using namespace example;

using Surrogate = staa::EXAMPLE_SURROGATE;
constexpr bool has_attention = EXAMPLE_HAS_ATTENTION;
constexpr bool is_rectangle = std::is_same_v<Surrogate, staa::Rectangle>;
using Plain = staa::Lif<Surrogate>;
using Neuron = std::conditional_t<has_attention, staa::StaaLif<staa::StaaParts{}, Surrogate>, Plain>;
using Net = staa::EXAMPLE_NETWORK<staa::Image<3, 32, 32>, EXAMPLE_WIDTH, EXAMPLE_CLASSES, Neuron, staa::ConvBn, Plain>;

/// A number as text, such as "0.25".
std::string text(double value) { return nlohmann::json(value).dump(); }

/// What a program needs to know of a file of weights: the network that it belongs to, and what its input is.
staa::Metadata metadata_of(const CifarOptions& options, const CifarData& data) {
    const staa::NeuronOptions neuron = staa::detail::with_width<Surrogate>(network_options(options).neuron);
    const auto list = [](const auto& three) { return nlohmann::json(three).dump(); };
    return {
        {"staa.network", EXAMPLE_NETWORK_NAME},
        {"staa.width", std::to_string(EXAMPLE_WIDTH)},
        {"staa.classes", std::to_string(EXAMPLE_CLASSES)},
        {"staa.neuron", has_attention ? "staa" : "lif"},
        {"staa.steps", std::to_string(options.steps)},
        {"staa.input", "3x32x32"},
        {"staa.class_names",
         EXAMPLE_CLASSES == 10 && !options.is_synthetic() ? nlohmann::json(staa::cifar10_class_names).dump() : "[]"},
        {"staa.mean", list(data.train.normalisation().mean)},
        {"staa.deviation", list(data.train.normalisation().deviation)},
        {"staa.threshold", text(neuron.threshold)},
        {"staa.leak", text(neuron.leak)},
        {"staa.surrogate", is_rectangle ? "rectangle" : "triangle"},
        {"staa.surrogate_width", text(neuron.surrogate_width)},
        {"staa.version", staa::detail::version_text()}};
}

/// Trains on data.train, tests on data.test after every epoch, and gives the accuracy on `final_test` at the end.
double train_on(const CifarOptions& options, const CifarData& data, const staa::StoredImages& final_test) {
    const auto seed = static_cast<std::uint64_t>(options.seed);
    staa::Loader train_loader{data.train, {.batch = options.batch, .seed = seed}};  // crops, flips, shuffles
    staa::Loader test_loader{data.test,
                             {.batch = options.batch, .shuffle = false, .augmentation = staa::Augmentation::none()}};
    staa::Loader final_loader{final_test,
                              {.batch = options.batch, .shuffle = false, .augmentation = staa::Augmentation::none()}};
    const std::string width = std::to_string(options.width);
    return train<Net>(options,
                      {.network = EXAMPLE_NETWORK_NAME ", width " + width +
                                  (options.neuron == "staa" ? ", STAA neurons" : ", LIF neurons"),
                       .data = data_name(options),
                       .train_samples = data.train.size(),
                       .test_samples = data.test.size(),
                       .train_checksum = checksum_of(data.train),
                       .test_checksum = checksum_of(data.test),
                       .more = {{"width", options.width},
                                {"classes", options.classes},
                                {"neuron", options.neuron},
                                {"hold_out", options.hold_out}},
                       .metadata = metadata_of(options, data),
                       .keeps_best = options.hold_out > 0},
                      train_loader, test_loader, &final_test == &data.test ? test_loader : final_loader);
}

double train_on_cifar(const CifarOptions& options, const CifarData& data) {
    return options.hold_out == 0 ? train_on(options, data, data.test)
                                 : train_on(options, hold_out(data, options.hold_out), data.test);
}

constexpr const char* neuron_name = has_attention ? (is_rectangle ? "staa-rectangle" : "staa")  //
                                                  : (is_rectangle ? "lif-rectangle" : "lif");
const NetworkChoice choice{EXAMPLE_NETWORK_NAME, EXAMPLE_WIDTH, EXAMPLE_CLASSES, neuron_name};
[[maybe_unused]] const bool is_added = add_network<BuiltNetwork<CifarOptions, CifarData>>({choice, train_on_cifar}) &&
                                       add_network<BuiltClassifier>({choice, load_classifier<Net>});

}  // namespace
