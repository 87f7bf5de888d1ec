// SPDX-License-Identifier: MIT
// Trains a spiking VGG-13 with spatial-temporal attention on recordings of moving shapes that it draws itself, or
//     train_dvs --data CIFAR10DVS --set cifar10-dvs     train_dvs --data DvsGesture --set gesture
// Read in this order: 1. this file reads the data; 2. support/train_dvs_network.cpp names the network and makes the
// loaders; 3. support/training_loop.hpp is the training loop; 4. staa/networks/vgg.hpp is the network, Vgg13On. The
// sizes of a network are compiled in, so the program has several of them: support/networks.hpp is their list.
#include <cstdint>

#include "staa/data/cifar10_dvs.hpp"
#include "staa/data/dvs_gesture.hpp"
#include "staa/data/synthetic_events.hpp"
#include "support/dvs_training.hpp"
#include "support/program.hpp"

namespace {

using namespace example;

DvsData read_data(const DvsOptions& options) {
    if (options.is_synthetic()) {
        constexpr std::uint64_t seed = 1;  // not --seed, so that all runs have the same recordings
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
    const auto& network =
        find_network<BuiltNetwork<DvsOptions, DvsData>>({"vgg13", options.width, data.train.classes(), options.neuron});
    print_machine(options);
    print_data(data.name, data.train.size(), data.test.size());
    return network.train(options, data);
}

}  // namespace

int main(int argc, char** argv) { return run_program("train_dvs", argc, argv, read_options, run); }
