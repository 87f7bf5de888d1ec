// SPDX-License-Identifier: MIT
// The command line of train_cifar.
#pragma once

#include <optional>
#include <string>

#include "support/options.hpp"

namespace example {

/// The options of train_cifar. The help texts below say what each of them is.
struct CifarOptions : TrainingOptions {
    int classes = 10;
    std::string network = "resnet20";
    int width = 16;
    std::string neuron = "staa";
    Index limit_train = 0;
    Index limit_test = 0;
    Index hold_out = 0;

    /// The neuron of the network that is trained. The recipe of the paper has a rectangle as its surrogate, everything
    /// else a triangle.
    std::string built_neuron() const { return recipe.name == "paper" ? neuron + "-rectangle" : neuron; }
};

/// Fills in `options` from the command line; see `CommandLine::read`.
inline std::optional<int> read_options(int argc, const char* const* argv, CifarOptions& options) {
    constexpr Index all = 1'000'000;
    options.steps = 2;
    options.out = "train_cifar_results";
    CommandLine line{"Trains a spiking network on CIFAR-10, CIFAR-100 or a data set that it draws itself.", options};
    line.add("--data", options.data,
             "folder of CIFAR's binary files (data_batch_1.bin, ...; CIFAR-100: train.bin, test.bin), or synthetic");
    line.add("--classes", options.classes, "10 or 100");
    line.add("--network", options.network,
             "resnet20; or vgg6: fewer and wider layers, which learn faster (--width 64)");
    line.add("--width", options.width, "channels of the first stage: 16 or 64");
    line.add("--neuron", options.neuron, "staa: with spatial-temporal attention; lif: without");
    line.add("--steps", options.steps, "time steps for which an image is shown (T)");
    line.add_optimiser("images", {8, 30}, {32, 64}, {0.03, 0.1});
    line.add<Index>("--limit-train", options.limit_train, {6000, all}, "number of training images to use", "all");
    line.add<Index>("--limit-test", options.limit_test, {1000, all}, "number of test images to use", "all");
    line.add("--hold-out", options.hold_out,
             "number of training images that are not trained on but tested after every epoch; the test images are then "
             "tested once, at the end");
    line.add_recipe();
    line.add_common();
    if (const auto exit_code = line.read(argc, argv)) {
        return exit_code;
    }
    check_range("--limit-train", options.limit_train, 1, all);
    check_range("--limit-test", options.limit_test, 1, all);
    check_range("--hold-out", options.hold_out, 0, all);
    if (options.is_synthetic() && options.classes != 10) {
        staa::fail("--classes ", options.classes, ": the synthetic data set has 10 classes; for ", options.classes,
                   " give a folder with --data");
    }
    return std::nullopt;
}

}  // namespace example
