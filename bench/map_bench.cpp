// SPDX-License-Identifier: MIT
// Batch norm, pooling and sums: kernels that pass over maps once. Memory is their limit.
#include <benchmark/benchmark.h>

#include "staa/kernels/maps/channel_sums.hpp"
#include "staa/kernels/maps/elementwise.hpp"
#include "staa/kernels/maps/pooling.hpp"
#include "support/machine.hpp"
#include "support/random_maps.hpp"

namespace {

using namespace staa;
using namespace staa_bench;

Work moving(Index values) { return {.bytes = static_cast<double>(values) * sizeof(float)}; }

/// Maps of ResNet-20 and VGG-13 at 16 images and 4 steps. The largest do not fit in the caches.
void at_maps(benchmark::internal::Benchmark* b) {
    timed(b)->ArgNames({"side", "channels", "images"});
    for (const auto& [side, channels] :
         {std::pair{32, 64}, {16, 64}, {16, 128}, {8, 128}, {8, 256}, {4, 256}, {4, 512}, {2, 512}, {32, 16}, {16, 16}})
        b->Args({side, channels, 64});
    b->Args({32, 64, 512});
}

/// One row per pixel of all images, as batch norm reads maps.
struct Rows {
    explicit Rows(const benchmark::State& state)
        : count(state.range(2) * state.range(0) * state.range(0)), channels(state.range(1)) {}

    Index size() const { return count * channels; }
    Scratch<float> values() { return random_values(arena, size()); }
    Scratch<float> channel_values() { return random_values(arena, channels); }

    Arena arena;
    Index count, channels;
};

void moments(benchmark::State& state) {
    Rows r(state);
    const auto x = r.values(), mean = r.channel_values(), variance = r.channel_values();
    measure(state, moving(r.size()),
            [&] { channel_moments<float>(r.arena, r.count, r.channels, x.data(), mean.data(), variance.data()); });
}
BENCHMARK(moments)->Name("batch_norm/moments")->Apply(at_maps);

void gradients(benchmark::State& state) {
    Rows r(state);
    const auto x = r.values(), dy = r.values(), mean = r.channel_values(), sum = r.channel_values(),
               product = r.channel_values();
    measure(state, moving(2 * r.size()), [&] {
        channel_gradients<float>(r.arena, r.count, r.channels, x.data(), mean.data(), dy.data(),
                                 {sum.data(), product.data()});
    });
}
BENCHMARK(gradients)->Name("batch_norm/gradients")->Apply(at_maps);

void normalise(benchmark::State& state) {
    Rows r(state);
    const auto x = r.values(), y = r.values(), scale = r.channel_values(), shift = r.channel_values();
    measure(state, moving(2 * r.size()), [&] {
        combine_channels<float>(r.count, r.channels, {scale.data(), x.data(), nullptr, nullptr, shift.data()},
                                y.data());
    });
}
BENCHMARK(normalise)->Name("batch_norm/combine/forward")->Apply(at_maps);

void normalise_back(benchmark::State& state) {
    Rows r(state);
    const auto x = r.values(), dy = r.values(), dx = r.values();
    const auto a = r.channel_values(), b = r.channel_values(), shift = r.channel_values();
    measure(state, moving(3 * r.size()), [&] {
        combine_channels<float>(r.count, r.channels, {a.data(), dy.data(), b.data(), x.data(), shift.data()},
                                dx.data());
    });
}
BENCHMARK(normalise_back)->Name("batch_norm/combine/backward")->Apply(at_maps);

void sum_of_maps(benchmark::State& state) {
    Rows r(state);
    const auto x = r.values(), y = r.values();
    measure(state, moving(3 * r.size()), [&] { add_values<float>(r.size(), x.data(), y.data()); });
}
BENCHMARK(sum_of_maps)->Name("maps/add_values")->Apply(at_maps);

void products_of_maps(benchmark::State& state) {
    Rows r(state);
    const auto a = r.values(), b = r.values(), y = r.values();
    measure(state, moving(3 * r.size()), [&] { multiply_values<float>(r.size(), a.data(), b.data(), y.data()); });
}
BENCHMARK(products_of_maps)->Name("maps/multiply_values")->Apply(at_maps);

void sum_of_products(benchmark::State& state) {
    Rows r(state);
    const auto a = r.values(), b = r.values(), y = r.values();
    measure(state, moving(4 * r.size()), [&] { add_products<float>(r.size(), a.data(), b.data(), y.data()); });
}
BENCHMARK(sum_of_products)->Name("maps/add_products")->Apply(at_maps);

/// 2x2 windows, as in both networks and in the shortcuts of ResNet-20.
struct Pooled {
    explicit Pooled(const benchmark::State& state)
        : shape{64,  state.range(0), state.range(0), state.range(0) / 2, state.range(0) / 2, state.range(1), 2, 2, 0,
                true} {}

    Index size_in() const { return shape.images * shape.map_in() * shape.channels; }
    Index size_out() const { return shape.images * shape.map_out() * shape.channels; }
    Extents extents() const { return {1, shape.images, shape.in_height, shape.in_width, shape.channels}; }

    Arena arena;
    PoolingShape shape;
};

constexpr std::initializer_list<std::pair<int, int>> pooled_maps{{32, 64}, {16, 64}, {16, 128}, {8, 128}, {8, 256},
                                                                 {4, 256}, {4, 512}, {2, 512},  {32, 16}};

void at_pooled_maps(benchmark::internal::Benchmark* b) {
    timed(b)->ArgNames({"side", "channels"});
    for (const auto& [side, channels] : pooled_maps)
        b->Args({side, channels});
}

void at_pooled_maps_and_rates(benchmark::internal::Benchmark* b) {
    timed(b)->ArgNames({"side", "channels", "permille"});
    for (const auto& [side, channels] : pooled_maps) {
        for (const std::int64_t rate : rates)
            b->Args({side, channels, rate});
    }
}

void pool_values(benchmark::State& state) {
    Pooled p(state);
    const auto x = random_values(p.arena, p.size_in()), y = random_values(p.arena, p.size_out());
    measure(state, moving(p.size_in() + p.size_out()), [&] { average_pool<float>(p.shape, x.data(), y.data()); });
}
BENCHMARK(pool_values)->Name("pooling/values/forward")->Apply(at_pooled_maps);

void pool_gradient(benchmark::State& state) {
    Pooled p(state);
    const auto dy = random_values(p.arena, p.size_out()), dx = random_values(p.arena, p.size_in());
    measure(state, moving(p.size_in() + p.size_out()),
            [&] { average_pool_gradient<float>(p.shape, dy.data(), dx.data()); });
}
BENCHMARK(pool_gradient)->Name("pooling/gradient")->Apply(at_pooled_maps);

double rate_of(const benchmark::State& state) { return static_cast<double>(state.range(2)) / 1000.0; }

void pool_spikes(benchmark::State& state) {
    Pooled p(state);
    const Spikes x = random_spikes(p.arena, p.extents(), rate_of(state));
    const auto y = random_values(p.arena, p.size_out());
    Work work = moving(p.size_out());
    work.bytes += static_cast<double>(x.words() * 8);
    measure(state, work, [&] { average_pool<float>(p.shape, x.data(), y.data()); });
}
BENCHMARK(pool_spikes)->Name("pooling/spikes/forward")->Apply(at_pooled_maps_and_rates);

/// Adds spikes to a map, as the identity path of a residual block does.
void sum_of_spikes(benchmark::State& state) {
    Pooled p(state);
    const Spikes x = random_spikes(p.arena, p.extents(), rate_of(state));
    const auto y = random_values(p.arena, p.size_in());
    Work work = moving(2 * p.size_in());
    work.bytes += static_cast<double>(x.words() * 8);
    measure(state, work,
            [&] { add_spikes<float>(p.shape.images, p.shape.map_in(), p.shape.channels, x.data(), y.data()); });
}
BENCHMARK(sum_of_spikes)->Name("maps/add_spikes")->Apply(at_pooled_maps_and_rates);

}  // namespace
