// SPDX-License-Identifier: MIT
// Convolution kernels at the shapes of ResNet-20, width 64, 16 images and 4 steps. "effective" counts the multiply-adds
// that a dense convolution needs, so that spikes and analog maps can be compared.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "staa/core/random.hpp"
#include "staa/core/tensor.hpp"
#include "staa/kernels/spike_convolution.hpp"

namespace {

using namespace staa;
using B = Blocking<float, DefaultArch>;

/// A 3x3 convolution of 64 images with as many channels out as in, its input spikes of a given firing rate.
class Convolution {
 public:
    Convolution(Index side, Index channels, double firing_rate)
        : shape{64, side, side, channels, side, side, channels, 3, 1, 1},
          x(arena_, shape.in_pixels() * channels),
          y(arena_, shape.out_pixels() * channels),
          weight(arena_, B::packed_size(9 * channels, channels)),
          gradient(arena_, B::packed_size(9 * channels, channels)),
          begin_(arena_, shape.in_pixels()),
          count_(arena_, shape.in_pixels()),
          channels_(arena_, shape.in_pixels() * channels),
          active{begin_.data(), count_.data(), channels_.data()} {
        Random random(1);
        spikes.resize(arena_, {1, shape.images, side, side, channels});
        for (Index i = 0; i < shape.in_pixels() * channels; ++i) {
            const bool fires = random.uniform() < firing_rate;
            x.data()[i] = fires ? 1.0f : 0.0f;
            y.data()[i] = static_cast<float>(random.normal());
            if (fires)
                spikes.set(i / channels, i % channels);
        }
        for (Index i = 0; i < B::packed_size(9 * channels, channels); ++i) {
            weight.data()[i] = static_cast<float>(random.normal());
        }
        list();
    }

    void list() {
        list_active_channels(spikes.data(), shape.images, shape.in_height * shape.in_width, shape.in_channels, active);
    }

    void report(benchmark::State& state) const {
        const double products = 9.0 * static_cast<double>(shape.in_channels * shape.out_channels * shape.out_pixels());
        state.counters["effective"] = benchmark::Counter(2.0 * products, benchmark::Counter::kIsIterationInvariantRate,
                                                         benchmark::Counter::kIs1000);
    }

 private:
    Arena arena_;

 public:
    ConvolutionShape shape;
    Spikes spikes;
    Scratch<float> x, y, weight, gradient;

 private:
    Scratch<std::int64_t> begin_;
    Scratch<std::int32_t> count_;
    Scratch<std::uint16_t> channels_;

 public:
    ActiveChannels active;
};

Convolution convolution_of(const benchmark::State& state) {
    return Convolution(state.range(0), state.range(1), static_cast<double>(state.range(2)) / 1000.0);
}

void dense(benchmark::State& state) {
    Convolution c = convolution_of(state);
    for (auto _ : state)
        dense_convolution<float>(c.shape, c.x.data(), c.weight.data(), c.y.data());
    c.report(state);
}
void dense_input_gradient(benchmark::State& state) {
    Convolution c = convolution_of(state);
    for (auto _ : state)
        dense_convolution_input_gradient<float>(c.shape, c.y.data(), c.weight.data(), c.x.data());
    c.report(state);
}
void dense_weight_gradient(benchmark::State& state) {
    Convolution c = convolution_of(state);
    for (auto _ : state)
        dense_convolution_weight_gradient<float>(c.shape, c.x.data(), c.y.data(), c.gradient.data());
    c.report(state);
}
void spikes(benchmark::State& state) {
    Convolution c = convolution_of(state);
    for (auto _ : state) {
        c.list();
        spike_convolution<float>(c.shape, c.active, c.weight.data(), c.y.data());
    }
    c.report(state);
}
void spikes_weight_gradient(benchmark::State& state) {
    Convolution c = convolution_of(state);
    for (auto _ : state) {
        c.list();
        spike_convolution_weight_gradient<float>(c.shape, c.active, c.y.data(), c.gradient.data());
    }
    c.report(state);
}

/// Map side and channels of ResNet-20's stages at width 64, and of its first stage at width 16.
const std::vector<std::vector<std::int64_t>> stages{{32, 64}, {16, 64}, {8, 128}, {4, 256}, {2, 512}, {16, 16}};

void at_stages(benchmark::internal::Benchmark* b) {
    b->ArgNames({"side", "channels", "permille"})->UseRealTime()->MinTime(0.2);
    for (const auto& stage : stages)
        b->Args({stage[0], stage[1], 125});
}
void at_stages_and_rates(benchmark::internal::Benchmark* b) {
    b->ArgNames({"side", "channels", "permille"})->UseRealTime()->MinTime(0.2);
    for (const auto& stage : stages) {
        for (const std::int64_t permille : {20, 50, 125, 250, 500})
            b->Args({stage[0], stage[1], permille});
    }
}

BENCHMARK(dense)->Apply(at_stages);
BENCHMARK(dense_input_gradient)->Apply(at_stages);
BENCHMARK(dense_weight_gradient)->Apply(at_stages);
BENCHMARK(spikes)->Apply(at_stages_and_rates);
BENCHMARK(spikes_weight_gradient)->Apply(at_stages_and_rates);

}  // namespace
