// SPDX-License-Identifier: MIT
// The network of trainer.cpp, trained by several processes: mpirun -n 2 train_distributed. The first process writes a
// checkpoint; started again, with any number of processes, the run goes on from there.
#include <cstdio>
#include <staa/staa.hpp>

#include "staa/distributed/mpi.hpp"
#include "staa/training/checkpoint.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>,                                                      // input: one colour image
                    Conv2d<16, 3, 2>, BatchNorm, Lif<>,                                    // 16 x 16, plain neurons
                    Residual<Conv2d<16>, BatchNorm, Lif<>, Conv2d<16>, BatchNorm>, Lif<>,  // y = body(x) + x
                    Conv2d<32, 3, 2>, BatchNorm, StaaLif<>,                                // 8 x 8, with attention
                    GlobalAvgPool, Linear<10>>;                                            // logits of ten classes

int main(int argc, char** argv) {
    try {
        const MpiSession session(argc, argv);
        MpiGroup group({.shares_statistics = true});

        // [loaders]
        SyntheticImages train(4000), test(1000, 1, Split::test);
        Loader batches{train, {.batch = 32, .part = group.rank(), .parts = group.size()}};
        Loader test_batches{
            test, {.batch = 100, .augmentation = Augmentation::none(), .part = group.rank(), .parts = group.size()}};
        // [/loaders]

        // [trainer]
        Net net{{.steps = 2, .seed = 1, .neuron = {.surrogate_width = critical_width}}};
        Sgd<Net> sgd{{.weight_decay = 5e-4, .nesterov = true, .groups = decay_of_product_weights()}};
        LinearSchedule rate{{.learning_rate = 0.05, .steps = 5 * batches.batches(), .warmup_steps = 60}};
        Trainer trainer{net, sgd, {.epochs = 5, .learning_rate = rate, .label_smoothing = 0.1, .group = &group}};

        Checkpoints checkpoints{trainer, {.path = "distributed_checkpoint.safetensors", .seconds = 10}};
        checkpoints.resume();                                         // every process reads the file
        trainer.on_step = [&](auto&) { checkpoints.save_if_due(); };  // the first process writes it
        trainer.on_epoch = [&](auto& now) {
            const EpochResult& last = now.progress().epochs.back();
            if (group.rank() == 0) {
                std::printf("epoch %td: loss %.3f, test %.2f %%, %.0f images/s\n", last.epoch, last.trained.loss(),
                            last.tested.accuracy(), last.images_per_second);
                std::fflush(stdout);
            }
            checkpoints.save();
        };
        trainer.run(batches, test_batches);
        // [/trainer]
    } catch (const std::exception& error) {
        std::fprintf(stderr, "train_distributed: %s\n", error.what());
        return 1;
    }
}
