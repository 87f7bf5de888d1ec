// SPDX-License-Identifier: MIT
// Both gradients of a convolution of spikes from lists of pixels; the time includes the making of the lists. The rate
// is the share of neurons that fired for the weight gradient, and of neurons inside the surrogate's window for the
// input gradient.
#include "staa/kernels/convolution/spike_gradients.hpp"

#include <benchmark/benchmark.h>

#include "support/convolutions.hpp"

namespace {

using namespace staa;
using namespace staa_bench;

template <class Memory = ActivePixelsMemory>
Memory lists_of(Arena& arena, const ConvolutionShape& s) {
    return {arena, MapTiles(s.images, s.in_height, s.in_width, s.padding), s.in_channels};
}

void list_alone(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes bits = o.spikes(share_of(state));
    const ActivePixelsMemory lists = lists_of(o.arena, o.shape);
    const Index begins = lists.tiles().count() * (o.shape.in_channels + 1);
    const auto bytes = static_cast<double>(bits.words() * 8 + bits.count() * 2 + begins * 4);
    measure(state, {.bytes = bytes}, [&] { benchmark::DoNotOptimize(lists.list(bits.data())); });
}

void weight_gradient(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes fired = o.spikes(share_of(state));
    const ActivePixelsMemory lists = lists_of(o.arena, o.shape);
    measure(state, o.work_on_spikes(), [&] {
        spike_weight_gradient<3, float>(o.arena, lists.tiles(), lists.list(fired.data()), o.shape.out_channels,
                                        {o.y.data()}, o.weight.data());
    });
}

/// The input is an analog map; the rate is the share of its values that are not 0.
template <Index Kernel>
void weight_gradient_of_values(benchmark::State& state) {
    Operands o(shape_of(state));
    o.thin_out(share_of(state));
    const auto lists = lists_of<ActivePixelValuesMemory<float>>(o.arena, o.shape);
    measure(state, o.work_on_values(), [&] {
        spike_weight_gradient<Kernel, float>(o.arena, lists.tiles(), lists.list(o.x.data()), o.shape.out_channels,
                                             {o.y.data()}, o.weight.data());
    });
}

void input_gradient(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes wanted = o.spikes(share_of(state));
    const ActivePixelsMemory lists = lists_of(o.arena, o.shape);
    measure(state, o.work_on_marked_values(), [&] {
        windowed_input_gradient<3, float>(o.arena, lists.tiles(), lists.list(wanted.data()), o.shape.out_channels,
                                          {o.y.data()}, o.weight.data(), o.x.data());
    });
}

void at_layers_of_stride_1(benchmark::internal::Benchmark* b) {
    at_rates(b, [](const Layer& layer) { return layer.takes_spikes && layer.kernel == 3 && layer.stride == 1; });
}

template <std::int64_t Kernel>
void at_analog_layers(benchmark::internal::Benchmark* b) {
    at_rates(b, [](const Layer& layer) { return !layer.takes_spikes && layer.kernel == Kernel && layer.in > 3; });
}

BENCHMARK(list_alone)->Name("convolution/pixels/list")->Apply(at_layers_of_stride_1);
BENCHMARK(weight_gradient)->Name("convolution/pixels/weight_gradient")->Apply(at_layers_of_stride_1);
BENCHMARK(weight_gradient_of_values<3>)->Name("convolution/pixel_values/weight_gradient")->Apply(at_analog_layers<3>);
BENCHMARK(weight_gradient_of_values<1>)->Name("convolution/pixel_values/weight_gradient")->Apply(at_analog_layers<1>);
BENCHMARK(input_gradient)->Name("convolution/pixels/input_gradient")->Apply(at_layers_of_stride_1);

}  // namespace
