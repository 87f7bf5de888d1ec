// SPDX-License-Identifier: MIT
// Convolution kernels at the shapes of the networks. Where the input is spikes, they are timed at several firing rates.
#include "support/convolutions.hpp"

#include <benchmark/benchmark.h>

#include "staa/kernels/convolution/convolution.hpp"

namespace {

using namespace staa;
using namespace staa_bench;

void dense_forward(benchmark::State& state) {
    Operands o(shape_of(state));
    measure(state, o.work_on_values(),
            [&] { dense_convolution<float>(o.shape, o.x.data(), o.packed.data(), nullptr, o.y.data()); });
}

void dense_input_gradient(benchmark::State& state) {
    Operands o(shape_of(state));
    measure(state, o.work_on_values(),
            [&] { dense_convolution_input_gradient<float>(o.shape, o.y.data(), o.transposed.data(), o.x.data()); });
}

void dense_weight_gradient(benchmark::State& state) {
    Operands o(shape_of(state));
    measure(state, o.work_on_values(),
            [&] { dense_convolution_weight_gradient<float>(o.shape, o.x.data(), o.y.data(), o.packed.data()); });
}

ActiveChannelsMemory lists_of(Arena& arena, const ConvolutionShape& s) {
    return {arena, s.images, s.in_width, s.in_height * s.in_width, s.in_channels};
}

/// The making of the list alone. In a training step the two kernels below share one list; here each makes its own.
void spikes_list(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes spikes = o.spikes(share_of(state));
    const ActiveChannelsMemory lists = lists_of(o.arena, o.shape);
    const auto bytes = static_cast<double>(spikes.words() * 8 + spikes.count() * 2 + o.shape.in_pixels() * 4);
    measure(state, {.bytes = bytes}, [&] { benchmark::DoNotOptimize(lists.list(spikes.data())); });
}

void spikes_forward(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes spikes = o.spikes(share_of(state));
    const ActiveChannelsMemory lists = lists_of(o.arena, o.shape);
    measure(state, o.work_on_spikes(), [&] {
        spike_convolution<float>(o.shape, lists.list(spikes.data()), o.packed.data(), nullptr, o.y.data());
    });
}

/// Tables take the same time at every firing rate, so there is one rate.
void tables_forward(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes spikes = o.spikes(0.125);
    const ConvolutionShape& s = o.shape;
    const Scratch<float> tables(o.arena, WeightTables<float>::size(s.kernel, s.in_channels, s.out_channels));
    make_weight_tables<float>(s.kernel, s.in_channels, s.out_channels, o.weight.data(), nullptr, tables.data());
    measure(state, o.work_on_spikes(),
            [&] { table_convolution<float>(s, spikes.data(), tables.data(), nullptr, o.y.data()); });
}

/// The input is an analog map that is mostly 0, such as pooled spikes.
void values_forward(benchmark::State& state) {
    Operands o(shape_of(state));
    o.thin_out(share_of(state));
    const ActiveValuesMemory<float> lists(o.arena, o.shape.images, o.shape.in_width,
                                          o.shape.in_height * o.shape.in_width, o.shape.in_channels);
    measure(state, o.work_on_values(),
            [&] { spike_convolution<float>(o.shape, lists.list(o.x.data()), o.packed.data(), nullptr, o.y.data()); });
}

void spikes_weight_gradient(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes spikes = o.spikes(share_of(state));
    const ActiveChannelsMemory lists = lists_of(o.arena, o.shape);
    measure(state, o.work_on_spikes(), [&] {
        spike_convolution_weight_gradient<float>(o.shape, lists.list(spikes.data()), o.y.data(), o.packed.data());
    });
}

void at_spiking_layers(benchmark::internal::Benchmark* b) {
    at_rates(b, [](const Layer& layer) { return layer.takes_spikes; });
}

void at_analog_layers(benchmark::internal::Benchmark* b) {
    at_rates(b, [](const Layer& layer) { return !layer.takes_spikes; });
}

void at_narrow_layers(benchmark::internal::Benchmark* b) {
    at(b, [](const Layer& layer) { return layer.takes_spikes && layer.out <= 32; });
}

BENCHMARK(dense_forward)->Name("convolution/dense/forward")->Apply(at_layers);
BENCHMARK(dense_input_gradient)->Name("convolution/dense/input_gradient")->Apply(at_layers);
BENCHMARK(dense_weight_gradient)->Name("convolution/dense/weight_gradient")->Apply(at_layers);
BENCHMARK(spikes_list)->Name("convolution/spikes/list")->Apply(at_spiking_layers);
BENCHMARK(spikes_forward)->Name("convolution/spikes/forward")->Apply(at_spiking_layers);
BENCHMARK(tables_forward)->Name("convolution/tables/forward")->Apply(at_narrow_layers);
BENCHMARK(values_forward)->Name("convolution/values/forward")->Apply(at_analog_layers);
BENCHMARK(spikes_weight_gradient)->Name("convolution/spikes/weight_gradient")->Apply(at_spiking_layers);

}  // namespace
