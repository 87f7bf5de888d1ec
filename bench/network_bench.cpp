// SPDX-License-Identifier: MIT
// Whole networks at batch 16 and T = 4. Training is forward, loss, backward and SGD. A silent net is no benchmark: the net
// learns from a batch of noise before it is timed, and one whose first layer gets no gradient is reported as an error.
#include <benchmark/benchmark.h>

#include <memory>

#include "staa/networks/resnet.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"

namespace {

using namespace staa;

/// A network with a batch that it has been trained on for a few steps.
template <class Net>
struct Trained {
    static constexpr Index batch = 16;

    Trained()
        : net(std::make_unique<Net>(NetworkOptions{.steps = 4, .seed = 1})), images(batch, 32, 32, 3), labels(batch) {
        Random random(2);
        for (Index i = 0; i < images.size(); ++i)
            images.data()[i] = static_cast<float>(random.normal());
        for (Index i = 0; i < batch; ++i)
            labels(i) = static_cast<int>(i % Net::classes);
        for (int step = 0; step < 5; ++step)
            this->step();
    }

    /// Whether a gradient comes back through every layer to the first: none does through a silent one.
    bool is_alive() {
        const auto logits = net->forward(images, tape);
        net->backward(cross_entropy(logits, labels).gradient, tape);
        bool found = false, alive = false;
        net->visit(
            [&](const ParameterName&, const auto&, auto& gradient) {
                for (Index i = 0; i < gradient.size() && !found; ++i)
                    alive = alive || gradient.data()[i] != 0.0f;
                found = true;
                gradient.setZero();
            },
            net->gradients);
        return alive;
    }

    void step() {
        const auto logits = net->forward(images, tape);
        net->backward(cross_entropy(logits, labels).gradient, tape);
        sgd.step(*net);
    }

    void report(benchmark::State& state) {
        if (!is_alive())
            state.SkipWithError("the network is silent");
        state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * batch);
        state.counters["threads"] = threads();
        state.counters["tape_MiB"] = static_cast<double>(tape.arena.bytes()) / (1 << 20);
    }

    std::unique_ptr<Net> net;
    Tensor<float, 4> images;
    Labels labels;
    Tape<Net> tape;
    Sgd<Net> sgd{{.learning_rate = 0.05, .momentum = 0.9, .weight_decay = 5e-4}};
};

template <class Net>
void training(benchmark::State& state) {
    set_threads(static_cast<int>(state.range(0)));
    Trained<Net> trained;
    for (auto _ : state)
        trained.step();
    trained.report(state);
}

template <class Net>
void inference(benchmark::State& state) {
    set_threads(static_cast<int>(state.range(0)));
    Trained<Net> trained;
    State<Net> memory = trained.net->start();
    for (auto _ : state)
        benchmark::DoNotOptimize(trained.net->infer(trained.images, memory).data());
    trained.report(state);
}

void on_threads(benchmark::internal::Benchmark* b) {
    b->ArgName("threads")->Arg(1)->Arg(2)->UseRealTime()->MinTime(1.0)->Unit(benchmark::kMillisecond);
}

BENCHMARK(training<ResNet20<16, 10>>)->Apply(on_threads);
BENCHMARK(inference<ResNet20<16, 10>>)->Apply(on_threads);
BENCHMARK(training<ResNet20<64, 10>>)->Apply(on_threads);
BENCHMARK(inference<ResNet20<64, 10>>)->Apply(on_threads);
BENCHMARK(training<ResNet20<64, 10, Lif<>>>)->Apply(on_threads);
BENCHMARK(inference<ResNet20<64, 10, Lif<>>>)->Apply(on_threads);

}  // namespace
