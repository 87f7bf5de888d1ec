// SPDX-License-Identifier: MIT
// One network of train_dvs, and its loaders. CMake compiles this file once per network, each time with another width,
// number of classes and neuron (Lif or StaaLif).
#include <staa/staa.hpp>
#include <string>
#include <type_traits>

#include "staa/data/event_loader.hpp"
#include "support/dvs_training.hpp"
#include "support/training_loop.hpp"

namespace {

using namespace example;

using Neuron = std::conditional_t<EXAMPLE_HAS_ATTENTION, staa::StaaLif<>, staa::Lif<>>;
using Net = staa::Vgg13On<staa::Frames<2, 48, 48>, EXAMPLE_WIDTH, EXAMPLE_CLASSES, Neuron>;

double train_on_recordings(const DvsOptions& options, const DvsData& data) {
    const staa::FrameOptions frames{.steps = options.steps, .height = 48, .width = 48};
    const int side = static_cast<int>(data.train.width());
    staa::EventLoader train_loader{data.train,
                                   {.batch = options.batch,
                                    .seed = static_cast<std::uint64_t>(options.seed),
                                    .frames = frames,
                                    .augmentation = {.flip = data.may_flip, .roll = side / 10, .drop = 0.2}}};
    staa::EventLoader test_loader{data.test, {.batch = options.batch, .shuffle = false, .frames = frames}};
    const std::string width = std::to_string(options.width);
    return train<Net>(
        options,
        {.network = "VGG-13, width " + width + (options.neuron == "staa" ? ", STAA neurons" : ", LIF neurons"),
         .data = data.name,
         .train_samples = data.train.size(),
         .test_samples = data.test.size(),
         .train_checksum = checksum_of(data.train),
         .test_checksum = checksum_of(data.test),
         .more = {{"width", options.width},
                  {"classes", data.train.classes()},
                  {"neuron", options.neuron},
                  {"split", options.is_synthetic() ? "drawn"
                            : options.is_gesture() ? "trials"
                                                   : options.split}}},
        train_loader, test_loader, test_loader);
}

constexpr const char* neuron_name = std::is_same_v<Neuron, staa::Lif<>> ? "lif" : "staa";
[[maybe_unused]] const bool is_added = add_network<BuiltNetwork<DvsOptions, DvsData>>(
    {{"vgg13", EXAMPLE_WIDTH, EXAMPLE_CLASSES, neuron_name}, train_on_recordings});

}  // namespace
