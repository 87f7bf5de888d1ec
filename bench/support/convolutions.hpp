// SPDX-License-Identifier: MIT
// The convolutions of the networks (networks/resnet.hpp and vgg.hpp) at 16 images and 4 steps, with random operands.
#pragma once

#include <initializer_list>

#include "staa/kernels/convolution/packed_weights.hpp"
#include "support/machine.hpp"
#include "support/random_maps.hpp"

namespace staa_bench {

/// A convolution as a benchmark's arguments give it: the side of its input, its channels, its kernel and its stride.
struct Layer {
    std::int64_t side, in, out, kernel, stride;
    bool takes_spikes;  ///< false: an image, or spikes that were averaged
};

inline constexpr std::initializer_list<Layer> layers{
    {32, 3, 64, 3, 1, false},    // the first of ResNet-20 and VGG-13, width 64; an image is the same at every step
    {32, 64, 64, 3, 1, true},    // ResNet-20's stem, VGG-13's first pair
    {16, 64, 64, 3, 1, true},    // ResNet-20's four stages
    {8, 128, 128, 3, 1, true},   //
    {4, 256, 256, 3, 1, true},   //
    {2, 512, 512, 3, 1, true},   // and VGG-13's last pair
    {16, 64, 128, 3, 2, true},   // ResNet-20, from stage to stage
    {8, 128, 256, 3, 2, true},   //
    {4, 256, 512, 3, 2, true},   //
    {8, 64, 128, 1, 1, false},   // and its shortcuts
    {4, 128, 256, 1, 1, false},  //
    {2, 256, 512, 1, 1, false},  //
    {32, 16, 16, 3, 1, true},    // ResNet-20 at width 16: its stem
    {16, 16, 16, 3, 1, true},    // and first stages
    {8, 32, 32, 3, 1, true},     //
    {16, 64, 128, 3, 1, false},  // VGG-13, the first of each pair
    {8, 128, 256, 3, 1, false},  //
    {4, 256, 512, 3, 1, false},  //
    {16, 128, 128, 3, 1, true},  // and the second
    {8, 256, 256, 3, 1, true},   //
    {4, 512, 512, 3, 1, true},   //
    {32, 128, 256, 1, 2, true},  // ResNet-19, the first shortcut that halves the map
};

/// Registers the layers for which `wanted` is true.
template <class Wanted>
void at(benchmark::internal::Benchmark* b, const Wanted& wanted) {
    timed(b)->ArgNames({"side", "in", "out", "kernel", "stride"});
    for (const Layer& l : layers) {
        if (wanted(l))
            b->Args({l.side, l.in, l.out, l.kernel, l.stride});
    }
}
inline void at_layers(benchmark::internal::Benchmark* b) {
    at(b, [](const Layer&) { return true; });
}

/// The same, once per firing rate.
template <class Wanted>
void at_rates(benchmark::internal::Benchmark* b, const Wanted& wanted) {
    timed(b)->ArgNames({"side", "in", "out", "kernel", "stride", "permille"});
    for (const Layer& l : layers) {
        for (const std::int64_t rate : rates) {
            if (wanted(l))
                b->Args({l.side, l.in, l.out, l.kernel, l.stride, rate});
        }
    }
}

/// The convolution that a benchmark's arguments describe.
inline staa::ConvolutionShape shape_of(const benchmark::State& state) {
    const Index side = state.range(0), kernel = state.range(3), stride = state.range(4), out = (side - 1) / stride + 1;
    const Index images = state.range(1) == 3 ? 16 : 64;
    return {images, side, side, state.range(1), out, out, state.range(2), kernel, stride, kernel / 2};
}

/// The firing rate that a benchmark's last argument gives.
inline double share_of(const benchmark::State& state) { return static_cast<double>(state.range(5)) / 1000.0; }

/// The operands of a convolution, all random, so that each kernel finds its inputs filled.
struct Operands {
    explicit Operands(const staa::ConvolutionShape& s)
        : shape(s),
          x(random_values(arena, s.in_pixels() * s.in_channels)),
          y(random_values(arena, s.out_pixels() * s.out_channels)),
          weight(random_values(arena, rows() * s.out_channels)),
          packed(random_values(arena, Packing::packed_size(rows(), s.out_channels))),
          transposed(random_values(arena, Packing::packed_size(s.taps() * s.out_channels, s.in_channels))) {}

    using Packing = staa::Blocking<float, staa::DefaultArch>;
    Index rows() const { return shape.taps() * shape.in_channels; }

    staa::Spikes spikes(double share) {
        return random_spikes(arena, {1, shape.images, shape.in_height, shape.in_width, shape.in_channels}, share);
    }

    /// Keeps a share of the values of x and sets the others to 0.
    void thin_out(double share) {
        const staa::Spikes active = spikes(share);
        for (Index i = 0; i < shape.in_pixels() * shape.in_channels; ++i) {
            if (!active.test(i / shape.in_channels, i % shape.in_channels))
                x.data()[i] = 0;
        }
    }

    /// The effective FLOPs are the multiply-adds of a dense convolution, those with the padding too.
    Work work(double input_bits) const {
        const auto products = static_cast<double>(rows() * shape.out_channels * shape.out_pixels());
        const auto inputs = static_cast<double>(shape.in_pixels() * shape.in_channels);
        const auto others = static_cast<double>(rows() * shape.out_channels + shape.out_pixels() * shape.out_channels);
        return {2.0 * products, inputs * input_bits / 8.0 + others * sizeof(float)};
    }
    Work work_on_values() const { return work(32); }
    Work work_on_spikes() const { return work(1); }
    /// For an input gradient that is computed only where a bit is set.
    Work work_on_marked_values() const { return work(33); }

    staa::Arena arena;
    staa::ConvolutionShape shape;
    staa::Scratch<float> x, y, weight, packed, transposed;
};

}  // namespace staa_bench
