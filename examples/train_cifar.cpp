// SPDX-License-Identifier: MIT
// Trains a spiking ResNet-20 with spatial-temporal attention on CIFAR-10, CIFAR-100, or images that it draws itself.
//
//     train_cifar --data cifar-10-batches-bin --width 16 --steps 2 --epochs 10
//
// From here: support/training_loop.hpp is the training loop, staa/networks/resnet.hpp the network.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>

#include "staa/core/parallel.hpp"
#include "staa/data/cifar.hpp"
#include "staa/data/synthetic.hpp"
#include "support/networks.hpp"
#include "support/options.hpp"
#include "support/run_log.hpp"

namespace {

using namespace example;

Data read_data(const Options& options) {
    if (options.is_synthetic()) {
        constexpr std::uint64_t synthetic_seed = 1;  // the same images whatever --seed, so that runs can be compared
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

/// What the program runs on, so that nobody has to wonder why it is slow.
void print_machine(const Options& options) {
    std::printf("instruction set: %s\nthreads: %d\n", instruction_set().c_str(), staa::threads());
    if (staa::threads() != options.threads) {
        std::printf("warning: --threads %d has no effect, this program was built without OpenMP\n", options.threads);
    }
#if !defined(NDEBUG)
    std::puts("warning: this is a debug build, many times slower than a release build (cmake --preset release)");
#endif
}

void run(const Options& options) {
    const BuiltNetwork& network = find_network(options);
    staa::set_threads(options.threads);
    const Data data = read_data(options);
    print_machine(options);
    std::printf("data: %td %s to learn from, %td to test with\n", data.train.size(), data_name(options).c_str(),
                data.test.size());
    const double accuracy = network.train(options, data);
    std::printf("test accuracy: %.2f %%\n", accuracy);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Options options;
        if (const auto exit_code = read_options(argc, argv, options)) {
            return *exit_code;
        }
        run(options);
        return 0;
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "train_cifar: not enough memory; a smaller --batch or fewer --steps need less\n");
    } catch (const std::exception& error) {
        std::fprintf(stderr, "train_cifar: %s\n", error.what());
    }
    return 1;
}
