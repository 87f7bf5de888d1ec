// SPDX-License-Identifier: MIT
// Both gradients of a convolution of spikes from lists of pixels, the lists' making with them. For the weights' the
// share is that of neurons that fired, for the input's that of neurons inside the surrogate's window.
#include "staa/kernels/spike_gradients.hpp"

#include <benchmark/benchmark.h>

#include "support/convolutions.hpp"

namespace {

using namespace staa;
using namespace staa_bench;

/// Memory for the list of the pixels whose bit is set.
struct List {
    List(Arena& arena, const ConvolutionShape& s)
        : tiles(s.images, s.in_height, s.in_width, s.padding),
          channels(s.in_channels),
          begin(arena, tiles.count() * (channels + 1)),
          positions(arena, tiles.count() * tiles.pixels() * channels) {}

    ActivePixels fill(const Spikes& bits) const {
        const ActivePixels active{channels, tiles.pixels() * channels, begin.data(), positions.data()};
        list_active_pixels(tiles, bits.data(), active);
        return active;
    }

    MapTiles tiles;
    Index channels;
    Scratch<std::int32_t> begin;
    Scratch<std::uint16_t> positions;
};

void list_alone(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes bits = o.spikes(share_of(state));
    const List list(o.arena, o.shape);
    const auto bytes =
        static_cast<double>(bits.words() * 8 + bits.count() * 2 + list.tiles.count() * (list.channels + 1) * 4);
    measure(state, {.bytes = bytes}, [&] { benchmark::DoNotOptimize(list.fill(bits)); });
}

void weight_gradient(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes fired = o.spikes(share_of(state));
    const List list(o.arena, o.shape);
    measure(state, o.work_on_spikes(), [&] {
        spike_weight_gradient<3, float>(o.arena, list.tiles, list.fill(fired), o.shape.out_channels, o.y.data(),
                                        o.weight.data());
    });
}

void input_gradient(benchmark::State& state) {
    Operands o(shape_of(state));
    const Spikes wanted = o.spikes(share_of(state));
    const List list(o.arena, o.shape);
    measure(state, o.work_on_marked_values(), [&] {
        windowed_input_gradient<3, float>(o.arena, list.tiles, list.fill(wanted), o.shape.out_channels, o.y.data(),
                                          o.weight.data(), o.x.data());
    });
}

void at_layers_of_stride_1(benchmark::internal::Benchmark* b) {
    at_rates(b, [](const Layer& layer) { return layer.takes_spikes && layer.kernel == 3 && layer.stride == 1; });
}

BENCHMARK(list_alone)->Name("convolution/pixels/list")->Apply(at_layers_of_stride_1);
BENCHMARK(weight_gradient)->Name("convolution/pixels/weight_gradient")->Apply(at_layers_of_stride_1);
BENCHMARK(input_gradient)->Name("convolution/pixels/input_gradient")->Apply(at_layers_of_stride_1);

}  // namespace
