// SPDX-License-Identifier: MIT
// Trains a spiking network with spatial-temporal attention on CIFAR-10, CIFAR-100, or images that it draws itself:
//     train_cifar --data cifar-10-batches-bin --recipe fast --width 16 --steps 2 --epochs 10
// Read in this order: 1. this file reads the data; 2. support/train_network.cpp names the network and makes the
// loaders; 3. support/training_loop.hpp is the training loop; 4. staa/networks/resnet.hpp and vgg.hpp are the networks. The
// sizes of a network are compiled in, so the program has several of them: support/networks.hpp is their list.
#include <cstdint>

#include "staa/data/cifar.hpp"
#include "staa/data/synthetic.hpp"
#include "support/cifar_training.hpp"
#include "support/program.hpp"

namespace {

using namespace example;

CifarData read_data(const CifarOptions& options) {
    if (options.is_synthetic()) {
        constexpr std::uint64_t synthetic_seed = 1;  // not --seed, so that all runs have the same images
        return {staa::SyntheticImages(options.limit_train, synthetic_seed, staa::Split::train),
                staa::SyntheticImages(options.limit_test, synthetic_seed, staa::Split::test)};
    }
    if (options.classes == 100) {
        return {staa::Cifar100::read(options.data, staa::Split::train, options.limit_train),
                staa::Cifar100::read(options.data, staa::Split::test, options.limit_test)};
    }
    return {staa::Cifar10::read(options.data, staa::Split::train, options.limit_train),
            staa::Cifar10::read(options.data, staa::Split::test, options.limit_test)};
}

double run(const CifarOptions& options) {
    const auto& network = find_network<BuiltNetwork<CifarOptions, CifarData>>(
        {options.network, options.width, options.classes, options.built_neuron()});
    const CifarData data = read_data(options);
    print_machine(options);
    print_data(data_name(options), data.train.size(), data.test.size());
    return network.train(options, data);
}

}  // namespace

int main(int argc, char** argv) { return run_program("train_cifar", argc, argv, read_options, run); }
