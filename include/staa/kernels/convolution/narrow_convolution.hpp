// SPDX-License-Identifier: MIT
// Dense convolution with few weights, to few channels or from few: the weights of a block lie in the first cache, and
// the sums of some neighbours stay in registers over all taps. A task copies the lines that it reads, with a border of
// zeros, so that the values that an output pixel reads of a line lie in a row. Plain loops: plain/convolution.hpp.
#pragma once

#include <algorithm>

#include "staa/kernels/convolution/output_tiles.hpp"
#include "staa/kernels/convolution/packed_weights.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Scalars for which a task has room in its lines.
inline constexpr Index narrow_capacity = 8 * 1024;

/// Neighbours whose sums of `vectors` vectors stay in registers. A multiply-add waits for the one before it in the same
/// sum, so at least eight sums must be under way. With one vector, each multiply-add loads a value, so twice as many
/// neighbours are taken as with two.
template <class Blocking>
constexpr Index narrow_pixels(Index vectors) {
    constexpr Index most = Blocking::most_vectors, of_most = Blocking::pixels(most);
    return vectors == 1 && Blocking::has_32_registers ? 16 : vectors * 8 <= most * of_most ? 8 : of_most;
}

/// Where the values that an output pixel reads lie in the copied lines, and in which order their weights lie.
struct ReadOrder {
    Index lines;       ///< lines of taps
    Index runs, run;   ///< runs of a line of taps whose weights are in order, and rows of weights of each
    Index line, step;  ///< from a copied line to the next, and from the values of a pixel to those of its neighbour
    bool are_turned;   ///< whether the runs are in reverse order, as in an input gradient
};

/// Copies the lines of an image that its output lines [first, last) read, with a border of zeros.
template <class Scalar>
void copy_lines(const ConvolutionShape& s, const Scalar* image, Index first, Index last, Scalar* to) {
    const Index line = padded_width(s) * s.in_channels, size = s.in_width * s.in_channels;
    std::fill_n(to, lines_read(s, last - first) * line, Scalar(0));
    for_lines_read(s, first, last, [&](Index y, Index i) {
        std::copy_n(image + y * size, size, to + i * line + s.padding * s.in_channels);
    });
}

/// Writes the sums of `Pixels` neighbours, the first of which reads from `at` on. Two addresses reach all of them, each
/// with the next seven at fixed distances: an address per neighbour would not fit the registers. `begin` is what the
/// sums begin with.
template <class V, Index Vectors, Index Pixels, class Scalar>
STAA_INLINE void multiply_neighbours(const ReadOrder& w, const Scalar* at, const Scalar* weights, const Scalar* begin,
                                     const UsedColumns<Scalar> to) {
    constexpr Index columns = Vectors * lanes_of<V>;
    V sums[Pixels][Vectors];
    unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA { sums[p][v] = V::load_aligned(begin + v * lanes_of<V>); });
    });
    const Index runs = w.lines * w.runs;
    for (Index ky = 0, number = 0; ky < w.lines; ++ky, at += w.line) {
        for (Index run = 0; run < w.runs; ++run, ++number) {
            const Scalar* slab = weights + (w.are_turned ? runs - 1 - number : number) * w.run * columns;
            const Scalar* from[2] = {at + run * w.run, at + run * w.run + (Pixels > 8 ? 8 : 0) * w.step};
            for (Index row = 0; row < w.run; ++row, slab += columns) {
                V weight[Vectors];
                unroll<Vectors>([&](auto v)
                                    STAA_INLINE_LAMBDA { weight[v] = V::load_aligned(slab + v * lanes_of<V>); });
                unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
                    const V value(from[p / 8][row + p % 8 * w.step]);
                    unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA { sums[p][v] = fma(value, weight[v], sums[p][v]); });
                });
            }
        }
    }
    unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA { store_used(sums[p], to.used, to.y + p * to.stride); });
}

/// One output line of one block, `pixels` pixels.
template <class V, Index Vectors, Index Pixels, class Scalar>
STAA_NOINLINE void multiply_narrow_line(const ReadOrder w, Index pixels, const Scalar* at, const Scalar* weights,
                                        const Scalar* begin, const UsedColumns<Scalar> to) {
    Index x = 0;
    const auto multiply = [&](auto count) STAA_INLINE_LAMBDA {
        for (; x + count <= pixels; x += count) {
            multiply_neighbours<V, Vectors, count>(w, at + x * w.step, weights, begin, to.from(x));
        }
    };
    multiply(std::integral_constant<Index, Pixels>{});
    if constexpr (Pixels > 8) {
        multiply(std::integral_constant<Index, 8>{});
    }
    multiply(std::integral_constant<Index, 2>{});
    multiply(std::integral_constant<Index, 1>{});
}

/// `dense_convolution` of a shape that `is_narrow`. The weights of a block are [tap][in][columns], with the taps in
/// order or in reverse order.
template <class Arch, class Scalar>
void narrow_convolution(const ConvolutionShape& s, const Scalar* x, const Scalar* packed, bool are_turned,
                        const Scalar* bias, Scalar* y) {
    using B = Blocking<Scalar, Arch>;
    const Index line = padded_width(s) * s.in_channels, rows = s.taps() * s.in_channels;
    const LineTasks tasks(s, 256, narrow_capacity / line);
    const ReadOrder order{.lines = s.kernel,
                          .runs = are_turned ? s.kernel : 1,
                          .run = are_turned ? s.in_channels : s.kernel * s.in_channels,
                          .line = line,
                          .step = s.stride * s.in_channels,
                          .are_turned = are_turned};
    parallel_for(tasks.count() * B::blocks(s.out_channels), tasks.lines() * s.out_width * rows, [&](Index task) {
        const Index block = task / tasks.count(), column = block * B::width;
        const Index vectors = B::vectors(block, s.out_channels);
        const Index used = std::min(vectors * B::lanes, s.out_channels - column);
        alignas(64) Scalar lines[narrow_capacity], begin[B::width] = {};
        if (bias != nullptr) {
            std::copy_n(bias + column, used, begin);
        }
        const Scalar* weights = packed + B::block_offset(block, rows);
        tasks.for_images(task % tasks.count(), [&](Index image, Index first, Index last) {
            copy_lines(s, x + image * s.in_height * s.in_width * s.in_channels, first, last, lines);
            Scalar* to = y + (image * s.out_height + first) * s.out_width * s.out_channels + column;
            for (Index i = 0; i < last - first; ++i, to += s.out_width * s.out_channels) {
                with_vectors<B::most_vectors>(vectors, [&](auto count) {
                    constexpr Index pixels = narrow_pixels<B>(count);
                    multiply_narrow_line<Vector<Scalar, Arch>, count, pixels>(
                        order, s.out_width, lines + i * s.stride * line, weights, begin, {to, s.out_channels, used});
                });
            }
        });
    });
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
