// SPDX-License-Identifier: MIT
// What all training programs do with a network and its loaders: staa::Trainer has the loop; here it gets its options, its
// files and its checkpoint. examples/hello_staa.cpp shows the same loop written out.
#pragma once

#include <staa/staa.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "staa/analysis/summary.hpp"
#include "staa/io/safetensors.hpp"
#include "staa/training/checkpoint.hpp"
#include "support/checksum.hpp"
#include "support/interrupt.hpp"
#include "support/options.hpp"
#include "support/progress_bar.hpp"
#include "support/run_folder.hpp"
#include "support/run_log.hpp"

namespace example {

/// The options of the network, with the seed of its first weights.
inline staa::NetworkOptions network_options(const TrainingOptions& options) {
    return {.steps = options.steps,
            .seed = static_cast<std::uint64_t>(options.seed),
            .neuron = {.surrogate_width = options.recipe.surrogate_width}};
}

/// The options of the optimiser.
inline staa::SgdOptions sgd_options(const TrainingOptions& options) {
    return {.momentum = 0.9,
            .weight_decay = 5e-4,
            .nesterov = options.recipe.nesterov,
            .groups =
                options.recipe.decay_products ? staa::decay_of_product_weights() : std::vector<staa::ParameterGroup>{}};
}

/// The options of the trainer.
inline staa::TrainerOptions trainer_options(const TrainingOptions& options, Index batches_per_epoch) {
    const Recipe& recipe = options.recipe;
    staa::CosineOptions rates{.learning_rate = options.learning_rate,
                              .steps = std::max<Index>(options.epochs * batches_per_epoch, 1)};
    staa::TrainerOptions result{.epochs = options.epochs,
                                .learning_rate = staa::CosineSchedule(rates),
                                .label_smoothing = recipe.label_smoothing,
                                .average_decay = recipe.average_decay,
                                .seed = static_cast<std::uint64_t>(options.seed),
                                .evaluation = {.mirror = recipe.mirror}};
    if (recipe.is_linear) {
        rates.warmup_steps = rates.steps / 10;
        result.learning_rate = staa::LinearSchedule(rates);
    }
    return result;
}

/// What a run must have in common with its checkpoint, beside the options of the trainer.
inline staa::Configuration configuration_of(const TrainingOptions& options, const RunFacts& facts) {
    staa::Configuration configuration{{"network", facts.network},
                                      {"data", facts.data},
                                      {"training images", std::to_string(facts.train_samples)},
                                      {"test images", std::to_string(facts.test_samples)},
                                      {"batch", std::to_string(options.batch)},
                                      {"learning rate", nlohmann::json(options.learning_rate).dump()}};
    const Recipe& recipe = options.recipe;
    const auto entry = [&](const char* name, const auto& value) { configuration[name] = nlohmann::json(value).dump(); };
    entry("recipe", recipe.name);
    entry("Nesterov's momentum", recipe.nesterov);
    entry("only product weights decay", recipe.decay_products);
    entry("linear schedule", recipe.is_linear);
    entry("surrogate width", recipe.surrogate_width);
    entry("training samples", facts.train_checksum);
    entry("test samples", facts.test_checksum);
    entry("initial weights", facts.weights_checksum);
    for (const auto& [name, value] : facts.more.items()) {
        entry(name.c_str(), value);
    }
    return configuration;
}

/// The accuracy on the images of `final_loader`, in per cent. If they are those of every epoch, it is the last one's.
template <class Trainer, class Loader>
double final_accuracy(const Trainer& trainer, const Loader& test_loader, Loader& final_loader) {
    return &test_loader == &final_loader
               ? trainer.progress().epochs.back().tested.accuracy()
               : staa::evaluate(trainer.tested_net(), final_loader, trainer.options().evaluation).accuracy();
}

/// Prints the layers of a network, with the kernels that it takes for the first batch of a loader.
template <class Net, class Loader>
void print_summary(const Net& net, Loader& loader) {
    staa::Tape<Net> tape;
    for (auto&& [images, labels] : loader.epoch(0)) {
        net.forward(images, tape);
        break;
    }
    std::fputs(staa::summary(net, tape).text().c_str(), stdout);
}

/// Trains a network of type `Net`: trains and tests it in every epoch, and prints a line per epoch. Writes the files of
/// a `RunLog`, the weights and a checkpoint to options.out. With --resume it goes on from that checkpoint. With 0 epochs
/// it only tests. Gives the accuracy on the images of `final_loader` at the end, in per cent. Throws `Interrupted` after
/// SIGINT and SIGTERM.
template <class Net, class TrainLoader, class TestLoader>
double train(const TrainingOptions& options, RunFacts facts, TrainLoader& train_loader, TestLoader& test_loader,
             TestLoader& final_loader) {
    const auto net = std::make_unique<Net>(network_options(options));
    if (!options.weights.empty()) {
        staa::load(*net, options.weights);
        facts.weights_checksum = checksum_of(options.weights);
    }
    facts.parameters = net->parameter_count();
    std::printf("network: %s, T = %td, %td parameters\n", facts.network.c_str(), options.steps, facts.parameters);
    if (options.summary) {
        print_summary(*net, test_loader);
    }
    std::fflush(stdout);
    if (options.epochs == 0) {
        return staa::evaluate(*net, final_loader, {.mirror = options.recipe.mirror}).accuracy();
    }
    staa::Sgd<Net> sgd{sgd_options(options)};
    staa::Trainer trainer(*net, sgd, trainer_options(options, train_loader.batches()));
    staa::Checkpoints checkpoints(trainer, {.path = options.out / "checkpoint.safetensors",
                                            .seconds = options.checkpoint_seconds,
                                            .configuration = configuration_of(options, facts)});
    const std::filesystem::path weights = options.out / "weights.safetensors";
    const RunFolder folder(options);
    if (options.resume && checkpoints.resume()) {
        const staa::TrainingProgress& done = trainer.progress();
        if (trainer.is_finished()) {
            std::printf("this run is finished; its weights: %s\n", weights.string().c_str());
            return final_accuracy(trainer, test_loader, final_loader);
        }
        std::printf("goes on in epoch %td, after %td of %td batches\n", done.epoch, done.batch, train_loader.batches());
    }

    RunLog log(options, facts);
    ProgressBar bar(options.epochs, facts.train_samples);
    staa::FiringWatch<Net> watch;
    const Index between_looks = std::max<Index>(1, train_loader.batches() / 4);
    const InterruptGuard guard;
    trainer.must_stop = [] { return InterruptGuard::received() != 0; };
    trainer.on_step = [&](const auto&) {
        const staa::TrainingProgress& now = trainer.progress();
        bar.show(now.epoch, now.trained.images, static_cast<double>(now.trained.images) / now.training_seconds,
                 now.trained.loss());
        if (now.batch % between_looks == 0) {
            watch.look(*net, trainer.tape());
        }
        checkpoints.save_if_due();
    };
    trainer.on_epoch = [&](const auto&) {
        const std::vector<EpochResult>& epochs = trainer.progress().epochs;
        const staa::SaveOptions saved{.type = options.weights_type, .metadata = facts.metadata};
        staa::save(trainer.tested_net(), weights, saved);
        if (facts.keeps_best && trainer.progress().best_epoch == epochs.back().epoch) {
            staa::save(trainer.tested_net(), options.out / "best.safetensors", saved);
        }
        log.write(epochs);   // after the weights: on a full disk it does not tell of an epoch whose weights are lost
        checkpoints.save();  // last: a checkpoint of a finished run says that all files are there
        bar.clear();
        print(epochs.back(), options.epochs);
        for (const std::string& warning : watch.warnings()) {
            std::fprintf(stderr, "warning: %s\n", warning.c_str());
        }
    };
    if (!trainer.run(train_loader, test_loader)) {
        checkpoints.save();
        bar.clear();
        std::fprintf(stderr, "interrupted in epoch %td, after %td batches; the same command with --resume goes on\n",
                     trainer.progress().epoch, trainer.progress().batch);
        throw Interrupted(InterruptGuard::received());
    }
    std::printf("learning curves: %s\nweights: %s\n", log.picture().string().c_str(), weights.string().c_str());
    return final_accuracy(trainer, test_loader, final_loader);
}

}  // namespace example
