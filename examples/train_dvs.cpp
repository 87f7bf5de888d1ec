// SPDX-License-Identifier: MIT
// Trains a spiking VGG-13 with spatial-temporal attention on CIFAR10-DVS, DVS128 Gesture, or recordings of moving shapes
// that it draws itself.
//
//     train_dvs --data CIFAR10DVS --set cifar10-dvs --split random
//     train_dvs --data DvsGesture --set gesture
//
// From here: support/train_dvs_network.cpp makes the loaders and the network, support/training_loop.hpp trains it.
#include <cstdint>
#include <cstdio>

#include "staa/data/cifar10_dvs.hpp"
#include "staa/data/dvs_gesture.hpp"
#include "staa/data/synthetic_events.hpp"
#include "support/dvs_training.hpp"
#include "support/program.hpp"

namespace {

using namespace example;

DvsData read_data(const DvsOptions& options) {
    if (options.is_synthetic()) {
        constexpr std::uint64_t seed = 1;  // the same recordings whatever --seed, so that runs can be compared
        return {"recordings of moving shapes", Recordings(staa::SyntheticEvents(1000, 48, seed, staa::Split::train)),
                Recordings(staa::SyntheticEvents(500, 48, seed, staa::Split::test)), true};
    }
    if (options.is_gesture()) {
        return {"gestures of DVS128 Gesture", Recordings(staa::DvsGesture::open(options.data, staa::Split::train)),
                Recordings(staa::DvsGesture::open(options.data, staa::Split::test)), false};
    }
    const staa::Cifar10DvsOptions split{.split = options.split == "random"     ? staa::Cifar10DvsSplit::random
                                                 : options.split == "last-100" ? staa::Cifar10DvsSplit::last_100
                                                                               : staa::Cifar10DvsSplit::first_100};
    return {"recordings of CIFAR10-DVS, split " + options.split,
            Recordings(staa::Cifar10Dvs::open(options.data, staa::Split::train, split)),
            Recordings(staa::Cifar10Dvs::open(options.data, staa::Split::test, split)), true};
}

double run(const DvsOptions& options) {
    const DvsData data = read_data(options);
    const auto& network = find_network<DvsData>(options, data.train.classes());
    print_machine(options);
    std::printf("data: %td %s to learn from, %td to test with\n", data.train.size(), data.name.c_str(),
                data.test.size());
    return network.train(options, data);
}

}  // namespace

int main(int argc, char** argv) { return run_program("train_dvs", argc, argv, read_options, run); }
