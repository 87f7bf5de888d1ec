// SPDX-License-Identifier: MIT
// Trains a small spiking network with STAA on N-MNIST, or on recordings of moving shapes that it draws itself:
//     train_nmnist --data N-MNIST --epochs 5
// The default of 80 epochs is for about a thousand recordings; all 60,000 need fewer epochs.
// Read in this order: 1. `Net` below is the network, layer by layer; 2. `train_on` makes the loaders of frames
// (staa/data/event_loader.hpp); 3. support/training_loop.hpp is the training loop.
#include <cstdint>
#include <optional>
#include <staa/staa.hpp>

#include "staa/data/event_loader.hpp"
#include "staa/data/nmnist.hpp"
#include "staa/data/synthetic_events.hpp"
#include "support/program.hpp"
#include "support/training_loop.hpp"

namespace {

using namespace example;

/// Three convolutions: 34 x 34 -> 17 x 17 -> 8 x 8 -> 4 x 4 pixels.
using Net = staa::Network<staa::Frames<2, 34, 34>,                                                     //
                          staa::Conv2d<32, 3, 2>, staa::BatchNorm, staa::StaaLif<>, staa::AvgPool<2>,  //
                          staa::Conv2d<64>, staa::BatchNorm, staa::StaaLif<>, staa::AvgPool<2>,        //
                          staa::Conv2d<128>, staa::BatchNorm, staa::StaaLif<>,                         //
                          staa::GlobalAvgPool, staa::Linear<10>>;

std::optional<int> read_options(int argc, const char* const* argv, TrainingOptions& options) {
    options.steps = 8;
    options.out = "train_nmnist_results";
    CommandLine line{"Trains a small spiking network on N-MNIST or on moving shapes that it draws itself.", options};
    line.add("--data", options.data, "folder of N-MNIST with Train/0 ... Train/9 and Test/0 ... Test/9, or synthetic");
    line.add("--steps", options.steps, "number of frames per recording (T)");
    line.add_optimiser("recordings", {8, 80}, {32, 16}, {0.05, 0.1});
    line.add_common();
    return line.read(argc, argv);
}

/// Trains on one of the data sets.
template <staa::EventDataSet DataSet>
double train_on(const TrainingOptions& options, const char* name, const DataSet& train_set, const DataSet& test_set) {
    print_machine(options);
    print_data(name, train_set.size(), test_set.size());
    const staa::FrameOptions frames{
        .steps = options.steps, .rule = staa::FrameRule::by_number, .value = staa::FrameValue::binary};
    staa::EventLoader train_loader{train_set,
                                   {.batch = options.batch,
                                    .seed = static_cast<std::uint64_t>(options.seed),
                                    .frames = frames,
                                    .augmentation = {.roll = 3, .turn = 12, .drop = 0.1}}};
    staa::EventLoader test_loader{test_set, {.batch = options.batch, .shuffle = false, .frames = frames}};
    return train<Net>(options,
                      {.network = "3 convolutions, STAA neurons",
                       .data = name,
                       .train_samples = train_set.size(),
                       .test_samples = test_set.size(),
                       .train_checksum = checksum_of(train_set),
                       .test_checksum = checksum_of(test_set)},
                      train_loader, test_loader, test_loader);
}

double run(const TrainingOptions& options) {
    if (options.is_synthetic()) {
        constexpr std::uint64_t seed = 1;  // not --seed, so that all runs have the same recordings
        return train_on(options, "recordings of moving shapes",
                        staa::SyntheticEvents(1000, 34, seed, staa::Split::train),
                        staa::SyntheticEvents(500, 34, seed, staa::Split::test));
    }
    return train_on(options, "recordings of N-MNIST", staa::NMnist::open(options.data, staa::Split::train),
                    staa::NMnist::open(options.data, staa::Split::test));
}

}  // namespace

int main(int argc, char** argv) { return run_program("train_nmnist", argc, argv, read_options, run); }
