// SPDX-License-Identifier: MIT
// How a network learns: the loop that all training programs run.
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

/// Loss and accuracy of a network that is only looked at.
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

/// Stops a run from which nothing more can be learnt.
[[noreturn]] inline void fail_diverged(const char* what, Index epoch, Index step, double rate) {
    staa::fail(what, " no longer finite in epoch ", epoch, ", step ", step, " of the run, where the learning rate is ",
               rate, ": training has diverged; try a smaller --lr or a larger --batch");
}

/// Neurons that are fed no numbers stay silent, and the loss remains one: so the weights are looked at too.
template <class Net>
bool weights_are_finite(const Net& net) {
    bool finite = true;
    net.visit([&](const staa::ParameterName&, const auto& parameter) {
        finite = finite && std::all_of(parameter.data(), parameter.data() + parameter.size(),
                                       [](float value) { return std::isfinite(value); });
    });
    return finite;
}

/// Trains a network of type `Net`, prints a line an epoch, and leaves the files of a RunLog and the weights in options.out.
/// Gives the last test accuracy in per cent.
template <class Net, class TrainLoader, class TestLoader>
double train(const TrainingOptions& options, RunFacts facts, TrainLoader& train_loader, TestLoader& test_loader) {
    const auto seed = static_cast<std::uint64_t>(options.seed);
    auto net = std::make_unique<Net>(staa::NetworkOptions{.steps = options.steps, .seed = seed});
    if (!options.weights.empty()) {
        staa::load(*net, options.weights);
    }
    staa::Sgd<Net> sgd{{.momentum = 0.9, .weight_decay = 5e-4}};
    const staa::CosineSchedule schedule{{.learning_rate = options.learning_rate,
                                         .final_learning_rate = 0,
                                         .steps = std::max<Index>(options.epochs * train_loader.batches(), 1),
                                         .warmup_steps = 0}};
    staa::Tape<Net> tape(seed);
    staa::State<Net> memory = net->start();

    facts.parameters = net->parameter_count();
    std::printf("network: %s, T = %td, %td parameters\n", facts.network.c_str(), options.steps, facts.parameters);
    std::fflush(stdout);
    if (options.epochs == 0) {
        return measure(*net, test_loader, memory).accuracy();
    }
    RunLog log(options, facts);
    const std::filesystem::path weights = options.out / "weights.safetensors";
    ProgressBar bar(options.epochs, facts.train_samples);
    EpochResult result;
    Index step = 0;
    for (Index epoch = 1; epoch <= options.epochs; ++epoch) {
        const Stopwatch stopwatch;
        result = {.epoch = epoch, .learning_rate = schedule(step)};
        Scores learnt;
        for (auto&& [images, labels] : train_loader.epoch(epoch)) {
            const double rate = schedule(step++);
            sgd.options.learning_rate = rate;
            auto logits = net->forward(images, tape);
            auto [loss, gradient] = staa::cross_entropy(logits, labels);
            if (!std::isfinite(loss)) {
                fail_diverged("the loss is", epoch, step, rate);
            }
            net->backward(gradient, tape);
            sgd.step(*net);
            learnt.add(loss, logits, labels);
            bar.show(epoch, learnt.images(), static_cast<double>(learnt.images()) / stopwatch.seconds(), learnt.loss());
        }
        result.train_loss = learnt.loss();
        result.train_accuracy = learnt.accuracy();
        result.images_per_second = static_cast<double>(learnt.images()) / stopwatch.seconds();

        const Scores tested = measure(*net, test_loader, memory);
        if (!std::isfinite(tested.loss()) || !weights_are_finite(*net)) {
            fail_diverged("the weights are", epoch, step, schedule(step - 1));
        }
        result.test_loss = tested.loss();
        result.test_accuracy = tested.accuracy();
        result.seconds = stopwatch.seconds();
        log.add(result);
        staa::save(*net, weights);
        bar.clear();
        print(result, options.epochs);
    }
    std::printf("learning curves: %s\nweights: %s\n", log.picture().string().c_str(), weights.string().c_str());
    return result.test_accuracy;
}

}  // namespace example
