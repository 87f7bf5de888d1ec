// SPDX-License-Identifier: MIT
// How a network is timed. Training is forward, loss, backward and SGD. A silent network is no benchmark: it learns from
// a batch of noise before it is timed, the lowest firing rate is reported, and a convolution without spikes is an
// error.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "staa/networks/network.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"
#include "support/machine.hpp"
#include "support/memory.hpp"

namespace staa_bench {

using staa::Index;

/// What a network needs for training and not for inference.
template <class Net>
struct Learner {
    staa::Tape<Net> tape;
    staa::Sgd<Net> sgd{{.learning_rate = 0.05, .momentum = 0.9, .weight_decay = 5e-4}};
};

/// Images (or frames) of normal noise, for a network's input.
template <class Net>
typename Net::Images random_images(Index steps, Index batch) {
    using In = typename Net::Input;
    typename Net::Images images;
    if constexpr (In::is_constant) {
        images.resize(batch, In::height, In::width, In::channels);
    } else {
        images.resize(steps, batch, In::height, In::width, In::channels);
    }
    staa::Random random(2);
    for (Index i = 0; i < images.size(); ++i) {
        images.data()[i] = static_cast<typename In::Scalar>(random.normal());
    }
    return images;
}

/// A network, with a batch of noise that it has been trained on for five steps.
template <class Net>
struct Trained {
    Trained(Index steps, Index batch, Learner<Net>& learner)
        : net(std::make_unique<Net>(staa::NetworkOptions{.steps = steps, .seed = 1})),
          images(random_images<Net>(steps, batch)),
          labels(batch) {
        for (Index i = 0; i < batch; ++i) {
            labels(i) = static_cast<int>(i % Net::classes);
        }
        for (int i = 0; i < 5; ++i) {
            step(learner);
        }
    }

    /// Moves the running averages of batch norm to the moments of the batch. Training would need fifty steps for that,
    /// and before them inference is nearly silent. The tape then holds a forward without dropped steps: inference has
    /// the same firing rates.
    void settle(Learner<Net>& learner) {
        std::vector<typename Net::Scalar> before;
        visit_averages(
            [&](const auto& average) { before.insert(before.end(), average.data(), average.data() + average.size()); });
        learner.tape = staa::Tape<Net>();
        learner.tape.draw_dropout = false;
        back_propagate(learner);
        net->zero_gradients();
        auto old = before.cbegin();
        visit_averages([&](auto& average) {
            for (Index i = 0; i < average.size(); ++i, ++old) {
                average.data()[i] =
                    *old + (average.data()[i] - *old) / static_cast<typename Net::Scalar>(staa::BatchNorm::momentum);
            }
        });
    }

    /// Calls visitor(tensor) for each tensor that belongs to the weights and is not trained. Counters are left out.
    template <class Visitor>
    void visit_averages(const Visitor& visitor) {
        net->visit_statistics([&](const staa::ParameterName&, auto& values) {
            if constexpr (requires { values.data(); }) {
                visitor(values);
            }
        });
    }

    /// The firing rate of the input of each convolution of spikes in the tape's last forward: the lowest of them.
    double lowest_firing_rate(const Learner<Net>& learner) const {
        double lowest = 1;
        staa::for_each_convolution(*net, learner.tape, [&](const std::string&, const staa::ConvolutionUse& use) {
            lowest = std::min(lowest, use.firing_rate);
        });
        return lowest;
    }

    void step(Learner<Net>& learner) {
        back_propagate(learner);
        learner.sgd.step(*net);
    }

    void back_propagate(Learner<Net>& learner) {
        const auto logits = net->forward(images, learner.tape);
        net->backward(staa::cross_entropy(logits, labels).gradient, learner.tape);
    }

    std::unique_ptr<Net> net;
    typename Net::Images images;
    staa::Labels labels;
};

/// Times `call`. `passes` is 1 for inference, and 3 for training: forward, gradient of the inputs, gradient of the
/// weights. Effective FLOPs are those of a dense network that computes every step, also in the layers before the first
/// neuron, whose input is the same image at each step.
template <class Net, class Call>
void measure_network(benchmark::State& state, double passes, Call&& call) {
    const Index steps = state.range(1), batch = state.range(2);
    const staa::Operations operations = Net::operations(steps);
    const auto products = static_cast<double>(batch * (operations.multiply_accumulates + operations.accumulates));
    restart_peak_memory();
    measure(state, Work{.flops = 2.0 * passes * products}, call);
    state.counters["process_MiB"] = resident_peak_mib();
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * batch);
}

/// Reports the lowest firing rate of a network; a rate of 0 is an error of the benchmark.
inline void report_firing_rate(benchmark::State& state, double lowest) {
    state.counters["lowest_firing_rate"] = lowest;
    if (!(lowest > 0)) {
        state.SkipWithError("a layer is silent");
    }
}

/// One training step of `Net`; the arguments of the benchmark are threads, steps and images.
template <class Net>
void training(benchmark::State& state) {
    const WithThreads with(state.range(0));
    Learner<Net> learner;
    Trained<Net> trained(state.range(1), state.range(2), learner);
    measure_network<Net>(state, 3, [&] { trained.step(learner); });
    state.counters["tape_MiB"] = static_cast<double>(learner.tape.arena.bytes()) / (1 << 20);
    report_firing_rate(state, trained.lowest_firing_rate(learner));
}

/// Inference of one batch, with the same arguments.
template <class Net>
void inference(benchmark::State& state) {
    const WithThreads with(state.range(0));
    auto learner = std::make_unique<Learner<Net>>();
    Trained<Net> trained(state.range(1), state.range(2), *learner);
    trained.settle(*learner);
    const double lowest_firing_rate = trained.lowest_firing_rate(*learner);
    learner.reset();
    staa::State<Net> memory = trained.net->start();
    measure_network<Net>(state, 1,
                         [&] { benchmark::DoNotOptimize(trained.net->infer(trained.images, memory).data()); });
    report_firing_rate(state, lowest_firing_rate);
}

/// How every network is timed.
inline benchmark::internal::Benchmark* timed_network(benchmark::internal::Benchmark* b) {
    return b->ArgNames({"threads", "T", "N"})->UseRealTime()->MinTime(1.0)->Unit(benchmark::kMillisecond);
}

/// 4 steps and 16 images, on one thread and on two.
inline void on_threads(benchmark::internal::Benchmark* b) { timed_network(b)->Args({1, 4, 16})->Args({2, 4, 16}); }

}  // namespace staa_bench
