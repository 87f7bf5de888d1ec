// SPDX-License-Identifier: MIT
// The training loop of all training programs: `train_epoch` is the loop over batches, `train` the loop over epochs.
#pragma once

#include <staa/staa.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "staa/io/safetensors.hpp"
#include "support/options.hpp"
#include "support/progress_bar.hpp"
#include "support/run_log.hpp"

namespace example {

/// Mean loss and accuracy over the images of several batches.
class Scores {
 public:
    void add(double loss, const staa::Tensor<float, 2>& logits, const staa::Labels& labels) {
        images_ += labels.size();
        loss_ += loss * static_cast<double>(labels.size());
        right_ += staa::count_correct(logits, labels);
    }

    Index images() const { return images_; }
    double loss() const { return loss_ / static_cast<double>(images_); }
    double accuracy() const { return 100.0 * static_cast<double>(right_) / static_cast<double>(images_); }

 private:
    Index images_ = 0, right_ = 0;
    double loss_ = 0;
};

/// Loss and accuracy of a network on a test set, without training it.
template <class Net, class Loader>
Scores measure(const Net& net, Loader& loader, staa::State<Net>& memory) {
    Scores scores;
    for (auto&& [images, labels] : loader.epoch(0)) {
        auto logits = net.infer(images, memory);
        auto [loss, gradient] = staa::cross_entropy(logits, labels);
        scores.add(loss, logits, labels);
    }
    return scores;
}

/// Ends a run whose loss or weights are NaN or infinite.
[[noreturn]] inline void fail_diverged(const char* what, Index epoch, Index step, double rate) {
    staa::fail(what, " no longer finite in epoch ", epoch, ", step ", step, " of the run, where the learning rate is ",
               rate, ": training has diverged; try a smaller --lr or a larger --batch");
}

/// Whether all parameters are finite. The loss does not always show it: neurons whose input is NaN send no spikes, and
/// the loss stays finite.
template <class Net>
bool weights_are_finite(const Net& net) {
    bool finite = true;
    net.visit([&](const staa::ParameterName&, const auto& parameter) {
        finite = finite && std::all_of(parameter.data(), parameter.data() + parameter.size(),
                                       [](float value) { return std::isfinite(value); });
    });
    return finite;
}

/// The objects of a training run that every step uses.
template <class Net>
struct Training {
    Training(const TrainingOptions& options, Index batches_per_epoch)
        : net(std::make_unique<Net>(staa::NetworkOptions{.steps = options.steps, .seed = seed_of(options)})),
          sgd{{.momentum = 0.9, .weight_decay = 5e-4}},
          schedule{{.learning_rate = options.learning_rate,
                    .final_learning_rate = 0,
                    .steps = std::max<Index>(options.epochs * batches_per_epoch, 1),
                    .warmup_steps = 0}},
          tape(seed_of(options)) {
        if (!options.weights.empty()) {
            staa::load(*net, options.weights);
        }
    }

    std::unique_ptr<Net> net;
    staa::Sgd<Net> sgd;
    staa::CosineSchedule schedule;
    staa::Tape<Net> tape;
    Index step = 0;  ///< steps of the optimiser so far, over all epochs

 private:
    static std::uint64_t seed_of(const TrainingOptions& options) { return static_cast<std::uint64_t>(options.seed); }
};

/// Trains for one epoch: forward, loss, backward and a step of the optimiser for every batch. Gives the loss and
/// accuracy of the batches, each before its step.
template <class Net, class Loader>
Scores train_epoch(Training<Net>& training, Loader& loader, Index epoch, ProgressBar& bar) {
    const Stopwatch stopwatch;
    Scores learnt;
    for (auto&& [images, labels] : loader.epoch(epoch)) {
        const double rate = training.schedule(training.step++);
        training.sgd.options.learning_rate = rate;
        auto logits = training.net->forward(images, training.tape);
        auto [loss, gradient] = staa::cross_entropy(logits, labels);
        if (!std::isfinite(loss)) {
            fail_diverged("the loss is", epoch, training.step, rate);
        }
        training.net->backward(gradient, training.tape);
        training.sgd.step(*training.net);
        learnt.add(loss, logits, labels);
        bar.show(epoch, learnt.images(), static_cast<double>(learnt.images()) / stopwatch.seconds(), learnt.loss());
    }
    return learnt;
}

/// Trains a network of type `Net`: trains and tests it in every epoch, and prints a line per epoch. Writes the files of
/// a `RunLog` and the weights to options.out. With 0 epochs it only tests. Gives the last test accuracy in per cent.
template <class Net, class TrainLoader, class TestLoader>
double train(const TrainingOptions& options, RunFacts facts, TrainLoader& train_loader, TestLoader& test_loader) {
    Training<Net> training(options, train_loader.batches());
    const Net& net = *training.net;
    staa::State<Net> memory = net.start();

    facts.parameters = net.parameter_count();
    std::printf("network: %s, T = %td, %td parameters\n", facts.network.c_str(), options.steps, facts.parameters);
    std::fflush(stdout);
    if (options.epochs == 0) {
        return measure(net, test_loader, memory).accuracy();
    }
    RunLog log(options, facts);
    const std::filesystem::path weights = options.out / "weights.safetensors";
    ProgressBar bar(options.epochs, facts.train_samples);
    EpochResult result;
    for (Index epoch = 1; epoch <= options.epochs; ++epoch) {
        const Stopwatch stopwatch;
        result = {.epoch = epoch, .learning_rate = training.schedule(training.step)};
        const Scores learnt = train_epoch(training, train_loader, epoch, bar);
        result.train_loss = learnt.loss();
        result.train_accuracy = learnt.accuracy();
        result.images_per_second = static_cast<double>(learnt.images()) / stopwatch.seconds();

        const Scores tested = measure(net, test_loader, memory);
        if (!std::isfinite(tested.loss()) || !weights_are_finite(net)) {
            fail_diverged("the weights are", epoch, training.step, training.schedule(training.step - 1));
        }
        result.test_loss = tested.loss();
        result.test_accuracy = tested.accuracy();
        result.seconds = stopwatch.seconds();
        log.add(result);
        staa::save(net, weights);
        bar.clear();
        print(result, options.epochs);
    }
    std::printf("learning curves: %s\nweights: %s\n", log.picture().string().c_str(), weights.string().c_str());
    return result.test_accuracy;
}

}  // namespace example
