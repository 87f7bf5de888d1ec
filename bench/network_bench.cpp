// SPDX-License-Identifier: MIT
// Whole networks. Training is forward, loss, backward and SGD. A silent net is no benchmark: the net learns from a
// batch of noise before it is timed, the lowest firing rate is reported, and a convolution without spikes is an error.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"
#include "support/machine.hpp"
#include "support/memory.hpp"

namespace {

using namespace staa;
using namespace staa_bench;

/// What only training needs.
template <class Net>
struct Learner {
    Tape<Net> tape;
    Sgd<Net> sgd{{.learning_rate = 0.05, .momentum = 0.9, .weight_decay = 5e-4}};
};

/// A network with a batch that it has been trained on for a few steps.
template <class Net>
struct Trained {
    Trained(Index steps, Index batch, Learner<Net>& learner)
        : net(std::make_unique<Net>(NetworkOptions{.steps = steps, .seed = 1})),
          images(batch, 32, 32, 3),
          labels(batch) {
        Random random(2);
        for (Index i = 0; i < images.size(); ++i)
            images.data()[i] = static_cast<float>(random.normal());
        for (Index i = 0; i < batch; ++i)
            labels(i) = static_cast<int>(i % Net::classes);
        for (int i = 0; i < 5; ++i)
            step(learner);
    }

    /// Moves the running averages to the moments of the batch, which steps would do in fifty: until then inference is nearly
    /// silent. Leaves a forward without dropped steps in the tape; inference fires as that does.
    void settle(Learner<Net>& learner) {
        std::vector<float> before;
        visit_averages(
            [&](const auto& average) { before.insert(before.end(), average.data(), average.data() + average.size()); });
        learner.tape = Tape<Net>();
        learner.tape.draw_dropout = false;
        back_propagate(learner);
        net->zero_gradients();
        auto old = before.cbegin();
        visit_averages([&](auto& average) {
            for (Index i = 0; i < average.size(); ++i, ++old)
                average.data()[i] = *old + (average.data()[i] - *old) / static_cast<float>(BatchNorm::momentum);
        });
    }

    /// What is not trained, but for the counters of batches.
    template <class Visitor>
    void visit_averages(const Visitor& visitor) {
        net->visit_statistics([&](const ParameterName&, auto& values) {
            if constexpr (requires { values.data(); })
                visitor(values);
        });
    }

    /// The lowest share of its input that fired for any convolution, in the tape's last forward.
    double lowest_firing_rate(const Learner<Net>& learner) const {
        double lowest = 1;
        for_each_convolution(*net, learner.tape, [&](const std::string&, const ConvolutionUse& use) {
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
        net->backward(cross_entropy(logits, labels).gradient, learner.tape);
    }

    std::unique_ptr<Net> net;
    Tensor<float, 4> images;
    Labels labels;
};

/// Times `call`, which goes over the batch `passes` times: once forward, or forward and back to inputs and to weights.
/// Effective FLOPs are those of a dense network that computes every step, the static image's first layers too.
template <class Net, class Call>
void measure_network(benchmark::State& state, double passes, Call&& call) {
    const Index steps = state.range(1), batch = state.range(2);
    const Operations operations = Net::operations(steps);
    const auto products = static_cast<double>(batch * (operations.multiply_accumulates + operations.accumulates));
    restart_peak_memory();
    measure(state, {.flops = 2.0 * passes * products}, call);
    state.counters["process_MiB"] = resident_peak_mib();
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * batch);
}

/// Says how much the layer fires that fires least; one that does not is an error.
void report_firing_rate(benchmark::State& state, double lowest) {
    state.counters["lowest_firing_rate"] = lowest;
    if (!(lowest > 0))
        state.SkipWithError("a layer is silent");
}

template <class Net>
void training(benchmark::State& state) {
    const WithThreads with(state.range(0));
    Learner<Net> learner;
    Trained<Net> trained(state.range(1), state.range(2), learner);
    measure_network<Net>(state, 3, [&] { trained.step(learner); });
    state.counters["tape_MiB"] = static_cast<double>(learner.tape.arena.bytes()) / (1 << 20);
    report_firing_rate(state, trained.lowest_firing_rate(learner));
}

template <class Net>
void inference(benchmark::State& state) {
    const WithThreads with(state.range(0));
    auto learner = std::make_unique<Learner<Net>>();
    Trained<Net> trained(state.range(1), state.range(2), *learner);
    trained.settle(*learner);
    const double lowest_firing_rate = trained.lowest_firing_rate(*learner);
    learner.reset();
    State<Net> memory = trained.net->start();
    measure_network<Net>(state, 1,
                         [&] { benchmark::DoNotOptimize(trained.net->infer(trained.images, memory).data()); });
    report_firing_rate(state, lowest_firing_rate);
}

benchmark::internal::Benchmark* timed_network(benchmark::internal::Benchmark* b) {
    return b->ArgNames({"threads", "T", "N"})->UseRealTime()->MinTime(1.0)->Unit(benchmark::kMillisecond);
}

void on_threads(benchmark::internal::Benchmark* b) { timed_network(b)->Args({1, 4, 16})->Args({2, 4, 16}); }

/// How cost grows with steps and with images.
void on_threads_and_sizes(benchmark::internal::Benchmark* b) {
    on_threads(b);
    for (const std::int64_t steps : {1, 2, 6})
        b->Args({1, steps, 16});
    for (const std::int64_t images : {1, 4, 64})
        b->Args({1, 4, images});
}

BENCHMARK(training<ResNet20<16, 10>>)->Name("network/training/resnet20/width:16/staa")->Apply(on_threads_and_sizes);
BENCHMARK(inference<ResNet20<16, 10>>)->Name("network/inference/resnet20/width:16/staa")->Apply(on_threads_and_sizes);
BENCHMARK(training<ResNet20<64, 10>>)->Name("network/training/resnet20/width:64/staa")->Apply(on_threads);
BENCHMARK(inference<ResNet20<64, 10>>)->Name("network/inference/resnet20/width:64/staa")->Apply(on_threads);
BENCHMARK(training<ResNet20<64, 10, Lif<>>>)->Name("network/training/resnet20/width:64/lif")->Apply(on_threads);
BENCHMARK(inference<ResNet20<64, 10, Lif<>>>)->Name("network/inference/resnet20/width:64/lif")->Apply(on_threads);
BENCHMARK(training<Vgg13<64, 10>>)->Name("network/training/vgg13/width:64/staa")->Apply(on_threads);
BENCHMARK(inference<Vgg13<64, 10>>)->Name("network/inference/vgg13/width:64/staa")->Apply(on_threads);

}  // namespace
