// SPDX-License-Identifier: MIT
// Convolution with a kernel of one pixel: a matrix product of the pixels that it reads. The sums of some pixels stay in
// registers over up to 128 channels and go to y at once. Plain loops: plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <cassert>

#include "staa/core/cache.hpp"
#include "staa/kernels/convolution/packed_weights.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Channels that are summed at a time: their weights, 64 columns wide, take 32 KB.
inline constexpr Index pointwise_channels = 128;

template <class Scalar, class Arch>
constexpr bool is_pointwise(const ConvolutionShape& s, Index columns) {
    return s.kernel == 1 && s.padding == 0 && columns % Blocking<Scalar, Arch>::lanes == 0;
}

/// Whether it pays to ask for pixels before they are read. The machine foresees those that lie in a row and are read once; not
/// those of several taps, nor with a stride, where others lie between those that are read or those that are written.
constexpr bool asks_ahead(const ConvolutionShape& s) { return s.taps() > 1 || s.stride > 1; }

/// Some channels of an analog map: `channels` of every pixel from `values` on, `stride` from pixel to pixel, and whether
/// those of the next pixels are asked for.
template <class Scalar>
struct ChannelsOf {
    const Scalar* values;
    Index stride, channels;
    bool asks_ahead = false;
};

/// y[target] = begin[target] + x[source] · slab for `Pixels` pairs, with the sums in registers. slab [channels][Vectors · lanes]. The
/// strides are numbers or, which is a little faster, constants.
template <class V, Index Vectors, Index Pixels, class Scalar>
void multiply_pixels(const ChannelsOf<Scalar> x, const std::int32_t* source, const std::int32_t* target,
                     const Scalar* slab, const Scalar* begin, auto begin_stride, Scalar* y, auto y_stride) {
    V sums[Pixels][Vectors];
    const Scalar* from[Pixels];
    unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
        from[p] = x.values + source[p] * x.stride;
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            sums[p][v] = V::load_unaligned(begin + target[p] * begin_stride + v * lanes_of<V>);
        });
    });
    for (Index channel = 0; channel < x.channels; ++channel, slab += Vectors * lanes_of<V>) {
        V weights[Vectors];
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA { weights[v] = V::load_aligned(slab + v * lanes_of<V>); });
        unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
            const V value(from[p][channel]);
            unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA { sums[p][v] = fma(value, weights[v], sums[p][v]); });
        });
    }
    unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
        unroll<Vectors>(
            [&](auto v) STAA_INLINE_LAMBDA { sums[p][v].store_unaligned(y + target[p] * y_stride + v * lanes_of<V>); });
    });
}

/// All pairs, as many at a time as the registers hold.
template <class V, Index Vectors, Index Pixels, class Scalar, class Pairs>
void multiply_pairs(const ChannelsOf<Scalar>& x, const Pairs& pairs, const Scalar* slab, const Scalar* begin,
                    auto begin_stride, Scalar* y, auto y_stride) {
    Index i = 0;
    const auto multiply = [&](auto count) {
        for (; i + count <= pairs.count; i += count) {
            for (Index next = i + count; x.asks_ahead && next < std::min(pairs.count, i + 2 * count); ++next) {
                prefetch(x.values + pairs.source[next] * x.stride, x.channels);
            }
            multiply_pixels<V, Vectors, count>(x, pairs.source + i, pairs.target + i, slab, begin, begin_stride, y,
                                               y_stride);
        }
    };
    multiply(std::integral_constant<Index, Pixels>{});
    multiply(std::integral_constant<Index, 2>{});
    multiply(std::integral_constant<Index, 1>{});
}

/// Bytes of a map that the caches do not keep until somebody reads it.
inline constexpr Index size_past_caches = 16 * 1024 * 1024;

/// Zeros in the pixels of y [pixels, columns] that have no pair; those that have one are in order.
template <class Scalar, class Pairs>
void clear_others(const Pairs& pairs, Index pixels, Index columns, bool are_past_caches, Scalar* y) {
    const auto clear = [&](Index first, Index last) {
        if (are_past_caches) {
            zeros_past_caches(y + first * columns, (last - first) * columns);
        } else {
            std::fill(y + first * columns, y + last * columns, Scalar(0));
        }
    };
    Index first = 0;
    for (Index i = 0; i < pairs.count; ++i) {
        clear(first, pairs.target[i]);
        first = pairs.target[i] + 1;
    }
    clear(first, pixels);
    if (are_past_caches) {
        finish_past_caches();
    }
}

/// y [pixels, columns] = bias + x [.., channels] · packed, where `make_pairs(first pixel, end, pairs)` says what the pixels
/// of y read. Some may read nothing if there is no bias. A task has all blocks of columns of its pixels, which it then finds
/// in the caches, or one block, where there are few pixels.
template <class Arch, class Scalar, class MakePairs>
void pointwise_convolution(const ChannelsOf<Scalar>& x, Index pixels, Index columns, const Scalar* packed,
                           const std::type_identity_t<Scalar>* bias, Scalar* y, const MakePairs& make_pairs) {
    using B = Blocking<Scalar, Arch>;
    const Index blocks = B::blocks(columns), tiles = (pixels + convolution_tile - 1) / convolution_tile;
    const Index parts = may_split() && tiles < 4 * threads() ? blocks : 1, part = blocks / parts;
    const bool are_past_caches = pixels * columns * static_cast<Index>(sizeof(Scalar)) >= size_past_caches;
    parallel_for(tiles * parts, convolution_tile * x.channels * part, [&](Index task) {
        const Index first = task / parts * convolution_tile, last = std::min(pixels, first + convolution_tile);
        PixelPairs<convolution_tile> pairs;
        make_pairs(first, last, pairs);
        assert(bias == nullptr || pairs.count == last - first);
        if (pairs.count < last - first && task % parts == 0) {
            clear_others(pairs, last - first, columns, are_past_caches, y + first * columns);
        }
        for (Index block = task % parts * part; block < (task % parts + 1) * part; ++block) {
            const Index column = block * B::width, vectors = B::vectors(block, columns);
            Scalar begin[B::width] = {};
            if (bias != nullptr) {
                std::copy_n(bias + column, vectors * B::lanes, begin);
            }
            Scalar* const to = y + first * columns + column;
            const Scalar* slab = packed + B::block_offset(block, x.channels);
            for (Index channel = 0; channel < x.channels; channel += pointwise_channels) {
                const ChannelsOf<Scalar> some{x.values + channel, x.stride,
                                              std::min(pointwise_channels, x.channels - channel), x.asks_ahead};
                with_vectors<B::most_vectors>(vectors, [&](auto count) {
                    multiply_pairs<Vector<Scalar, Arch>, count, B::pixels(count)>(
                        some, pairs, slab + channel * count * B::lanes, channel == 0 ? begin : to,
                        channel == 0 ? 0 : columns, to, columns);
                });
            }
        }
    });
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
