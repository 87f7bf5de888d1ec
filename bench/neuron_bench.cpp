// SPDX-License-Identifier: MIT
// One step of neurons: the membrane, and the attention that gives its coefficients. The maps are those of ResNet-20,
// and once so many that they do not fit in the caches.
#include <benchmark/benchmark.h>

#include "staa/kernels/maps/attention.hpp"
#include "staa/kernels/neuron/membrane.hpp"
#include "support/machine.hpp"
#include "support/random_maps.hpp"

namespace {

using namespace staa;
using namespace staa_bench;

/// Makes arrays: maps [images, pixels, channels], scores [images, pixels] and rows [images, channels].
struct Maps {
    explicit Maps(const benchmark::State& state)
        : pixels(state.range(0) * state.range(0)), channels(state.range(1)), images(state.range(2)) {}

    Index map_size() const { return pixels * channels; }
    double values() const { return static_cast<double>(images * map_size()); }
    double words() const { return static_cast<double>(images * pixels * words_for(channels)); }
    /// The work of a kernel that reads or writes so many arrays of maps once, with so many FLOPs per value.
    Work work(double arrays, double flops = 0) const {
        return {flops * values(), arrays * values() * static_cast<double>(sizeof(float))};
    }

    Scratch<float> maps() { return random_values(arena, images * map_size()); }
    Scratch<float> scores() { return random_values(arena, images * pixels); }
    Scratch<float> rows() { return random_values(arena, images * channels); }

    /// Calls body(image) for all images in parallel, as a layer does.
    template <class Body>
    void for_images(Body&& body) const {
        parallel_for(images, map_size(), body);
    }

    Arena arena;
    Index pixels, channels, images;
};

void at_maps(benchmark::internal::Benchmark* b) {
    timed(b)->ArgNames({"side", "channels", "images"});
    for (const auto& [side, channels] : {std::pair{32, 64}, {16, 64}, {8, 128}, {4, 256}, {2, 512}, {16, 16}})
        b->Args({side, channels, 16});
    b->Args({32, 64, 512});
}

Membrane<float> membrane_of(const Maps& m) { return {m.pixels, m.channels, {0.5f, 1.0f, 1.0f}, false}; }

/// One step forward. Multiply-adds with decay and weight, and the reset, are six operations per neuron; comparisons are
/// none. Attention and position encoding give each image coefficients and a shift of its own, and need the sum of H.
template <bool WithAttention>
void membrane_step(benchmark::State& state) {
    Maps m(state);
    const auto coefficients = m.rows(), shift = m.rows(), carried_sum = m.rows();
    const auto current = m.maps(), previous = m.maps(), potential = m.maps();
    Spikes spikes;
    spikes.resize(m.arena, {1, m.images, m.pixels, 1, m.channels});
    Work work = m.work(3, WithAttention ? 7 : 6);
    work.bytes += m.words() * 8;
    measure(state, work, [&] {
        m.for_images([&](Index image) {
            const Index at = image * m.map_size(), row = WithAttention ? image * m.channels : 0;
            membrane_forward<Firing<>, float>(
                membrane_of(m),
                {coefficients.data() + row, coefficients.data() + row, WithAttention ? shift.data() + row : nullptr,
                 current.data() + at, previous.data() + at, potential.data() + at, spikes.map(image), nullptr, nullptr,
                 WithAttention ? carried_sum.data() + row : nullptr});
        });
    });
    state.counters["firing_rate"] = spikes.firing_rate();
    if (!(spikes.firing_rate() > 0)) {
        state.SkipWithError("no neuron fires");
    }
}
BENCHMARK(membrane_step<false>)->Name("membrane/forward")->Apply(at_maps);
BENCHMARK(membrane_step<true>)->Name("membrane/forward_with_attention")->Apply(at_maps);

/// One step back. The distance to the threshold, dS · dS/dU, and two multiply-adds each for dH and for its part of dU:
/// ten operations per neuron.
void membrane_step_back(benchmark::State& state) {
    Maps m(state);
    const auto scale = m.rows(), potential = m.maps(), d_spikes = m.maps(), d_next = m.maps(), d_potential = m.maps();
    measure(state, m.work(4, 10), [&] {
        m.for_images([&](Index image) {
            const Index at = image * m.map_size();
            membrane_backward<Firing<>, float>(
                membrane_of(m), {potential.data() + at, d_spikes.data() + at, d_next.data() + at, scale.data(), nullptr,
                                 d_potential.data() + at, nullptr, nullptr, nullptr, nullptr, nullptr});
        });
    });
}
BENCHMARK(membrane_step_back)->Name("membrane/backward")->Apply(at_maps);

/// The same, with the three sums per channel that trained coefficients and attention need.
void membrane_step_back_with_sums(benchmark::State& state) {
    Maps m(state);
    const auto scale = m.rows(), potential = m.maps(), d_spikes = m.maps(), d_next = m.maps(), d_potential = m.maps();
    const auto previous = m.maps(), current = m.maps(), sum = m.rows(), carried = m.rows(), by_current = m.rows();
    measure(state, m.work(6, 17), [&] {
        m.for_images([&](Index image) {
            const Index at = image * m.map_size(), row = image * m.channels;
            membrane_backward<Firing<>, float>(
                membrane_of(m), {potential.data() + at, d_spikes.data() + at, d_next.data() + at, scale.data(), nullptr,
                                 d_potential.data() + at, previous.data() + at, current.data() + at, sum.data() + row,
                                 carried.data() + row, by_current.data() + row});
        });
    });
}
BENCHMARK(membrane_step_back_with_sums)->Name("membrane/backward_with_sums")->Apply(at_maps);

void leak_by_neuron(benchmark::State& state) {
    Maps m(state);
    const auto scale = m.rows(), shift = m.rows(), du = m.maps(), previous = m.maps(), d_leak = m.maps();
    measure(state, m.work(4), [&] {
        m.for_images([&](Index image) {
            const Index at = image * m.map_size();
            leak_gradient<Firing<>, float>(membrane_of(m), scale.data(), shift.data(), du.data() + at,
                                           previous.data() + at, d_leak.data() + at);
        });
    });
}
BENCHMARK(leak_by_neuron)->Name("membrane/leak_gradient")->Apply(at_maps);

void scores_of_pixels(benchmark::State& state) {
    Maps m(state);
    const auto x = m.maps(), weight = m.rows(), scores = m.scores();
    measure(state, m.work(1, 2), [&] {
        m.for_images([&](Index image) {
            score_pixels<float>(m.pixels, m.channels, x.data() + image * m.map_size(), weight.data(),
                                scores.data() + image * m.pixels);
        });
    });
}
BENCHMARK(scores_of_pixels)->Name("attention/score_pixels")->Apply(at_maps);

/// In place: each call takes the softmax of the result before.
void softmax_of_scores(benchmark::State& state) {
    Maps m(state);
    const auto scores = m.scores();
    const double bytes = 2.0 * static_cast<double>(m.images * m.pixels) * sizeof(float);
    measure(state, {.bytes = bytes},
            [&] { m.for_images([&](Index image) { softmax<float>(m.pixels, scores.data() + image * m.pixels); }); });
}
BENCHMARK(softmax_of_scores)->Name("attention/softmax")->Apply(at_maps);

void pooled_by_attention(benchmark::State& state) {
    Maps m(state);
    const auto x = m.maps(), scores = m.scores(), weighted = m.rows(), mean = m.rows();
    measure(state, m.work(1, 3), [&] {
        m.for_images([&](Index image) {
            const Index row = image * m.channels;
            pool_pixels<float>(m.pixels, m.channels, x.data() + image * m.map_size(), scores.data() + image * m.pixels,
                               weighted.data() + row, mean.data() + row);
        });
    });
}
BENCHMARK(pooled_by_attention)->Name("attention/pool_pixels")->Apply(at_maps);

void mean_of_pixels(benchmark::State& state) {
    Maps m(state);
    const auto x = m.maps(), mean = m.rows();
    measure(state, m.work(1, 1), [&] {
        m.for_images([&](Index image) {
            mean_pixels<float>(m.pixels, m.channels, x.data() + image * m.map_size(), mean.data() + image * m.channels);
        });
    });
}
BENCHMARK(mean_of_pixels)->Name("attention/mean_pixels")->Apply(at_maps);

/// One value per channel: the smallest of these kernels by far.
void gates(benchmark::State& state) {
    Maps m(state);
    const auto v = m.rows(), gate = m.rows();
    const double bytes = 2.0 * static_cast<double>(m.images * m.channels) * sizeof(float);
    measure(state, {.bytes = bytes}, [&] { sigmoid_gate<float>(m.images * m.channels, 2.0f, v.data(), gate.data()); });
}
BENCHMARK(gates)->Name("attention/sigmoid_gate")->Apply(at_maps);

void gates_gradient(benchmark::State& state) {
    Maps m(state);
    const auto gate = m.rows(), d_gate = m.rows(), dv = m.rows();
    const double bytes = 3.0 * static_cast<double>(m.images * m.channels) * sizeof(float);
    measure(state, {.bytes = bytes},
            [&] { sigmoid_gate_gradient<float>(m.images * m.channels, 2.0f, gate.data(), d_gate.data(), dv.data()); });
}
BENCHMARK(gates_gradient)->Name("attention/sigmoid_gate_gradient")->Apply(at_maps);

void gradient_of_scores(benchmark::State& state) {
    Maps m(state);
    const auto x = m.maps(), attention = m.scores(), context = m.rows(), d_context = m.rows(), d_scores = m.scores();
    measure(state, m.work(1, 2), [&] {
        m.for_images([&](Index image) {
            const Index row = image * m.channels;
            score_gradient<float>(m.pixels, m.channels, x.data() + image * m.map_size(),
                                  attention.data() + image * m.pixels, context.data() + row, d_context.data() + row,
                                  d_scores.data() + image * m.pixels);
        });
    });
}
BENCHMARK(gradient_of_scores)->Name("attention/score_gradient")->Apply(at_maps);

/// All paths to the current: scale and shift of the membrane, and global context.
void gradient_of_currents(benchmark::State& state) {
    Maps m(state);
    const auto scale = m.rows(), shift = m.rows(), d_context = m.rows(), key = m.rows(), d_key = m.rows();
    const auto attention = m.scores(), d_scores = m.scores(), du = m.maps(), x = m.maps(), dx = m.maps();
    measure(state, m.work(3, 8), [&] {
        m.for_images([&](Index image) {
            const Index at = image * m.map_size(), row = image * m.channels, pixel = image * m.pixels;
            const CurrentGradient<float> g{
                scale.data() + row,      shift.data() + row,     du.data() + at, attention.data() + pixel,
                d_scores.data() + pixel, d_context.data() + row, key.data(),     x.data() + at,
                d_key.data() + row,      dx.data() + at,         false};
            current_gradient<float>(m.pixels, m.channels, g);
        });
    });
}
BENCHMARK(gradient_of_currents)->Name("attention/current_gradient")->Apply(at_maps);

void scaled_channels(benchmark::State& state) {
    Maps m(state);
    const auto x = m.maps(), scale = m.rows(), y = m.maps();
    measure(state, m.work(2, 2), [&] {
        m.for_images([&](Index image) {
            const Index at = image * m.map_size();
            scale_channels<float>(m.pixels, m.channels, x.data() + at, scale.data() + image * m.channels, nullptr,
                                  y.data() + at);
        });
    });
}
BENCHMARK(scaled_channels)->Name("attention/scale_channels")->Apply(at_maps);

void products_of_channels(benchmark::State& state) {
    Maps m(state);
    const auto a = m.maps(), b = m.maps(), sums = m.rows();
    measure(state, m.work(2, 2), [&] {
        m.for_images([&](Index image) {
            const Index at = image * m.map_size();
            channel_products<float>(m.pixels, m.channels, a.data() + at, b.data() + at,
                                    sums.data() + image * m.channels);
        });
    });
}
BENCHMARK(products_of_channels)->Name("attention/channel_products")->Apply(at_maps);

}  // namespace
