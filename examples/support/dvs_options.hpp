// SPDX-License-Identifier: MIT
// The command line of train_dvs.
#pragma once

#include <optional>
#include <string>

#include "support/options.hpp"

namespace example {

/// The options of train_dvs. The help texts below say what each of them is.
struct DvsOptions : TrainingOptions {
    std::string set = "cifar10-dvs";
    std::string split = "random";
    int width = 16;
    std::string neuron = "staa";

    bool is_gesture() const { return set == "gesture"; }
};

/// Fills in `options` from the command line; see `CommandLine::read`.
inline std::optional<int> read_options(int argc, const char* const* argv, DvsOptions& options) {
    options.out = "train_dvs_results";
    CommandLine line{
        "Trains a spiking VGG-13 on CIFAR10-DVS, DVS128 Gesture or moving shapes that it draws itself, in frames of 48 "
        "x 48 pixels.",
        options};
    line.add("--data", options.data, "folder of the data set, or synthetic");
    line.add("--set", options.set, "which data set the folder is: cifar10-dvs or gesture");
    line.add(
        "--split", options.split,
        "split of CIFAR10-DVS, by its test set: random (a tenth of each class), last-100 or first-100 (of each class)");
    line.add("--width", options.width, "channels of the first convolutions: 16 or 64");
    line.add("--neuron", options.neuron, "staa: with spatial-temporal attention; lif: without");
    line.add<Index>("--steps", options.steps, {4, 16}, "number of frames per recording (T)");
    line.add_optimiser("recordings", {6, 100}, {32, 32}, {0.05, 0.1});
    line.add_common();
    if (const auto exit_code = line.read(argc, argv)) {
        return exit_code;
    }
    if (options.set != "cifar10-dvs" && options.set != "gesture") {
        staa::fail("--set ", options.set, ": expected cifar10-dvs or gesture");
    }
    if (options.is_gesture() && options.is_synthetic()) {
        staa::fail("--set gesture: give its folder with --data; without --data the program trains on moving shapes");
    }
    if (options.split != "random" && options.split != "last-100" && options.split != "first-100") {
        staa::fail("--split ", options.split, ": expected random, last-100 or first-100");
    }
    return std::nullopt;
}

}  // namespace example
