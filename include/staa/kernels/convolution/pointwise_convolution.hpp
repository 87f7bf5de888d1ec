// SPDX-License-Identifier: MIT
// Dense convolution with a kernel of one pixel: a matrix product of the pixels that it reads. The sums of some pixels
// stay in registers over up to 128 channels and then go to y. Plain loops: plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <cassert>

#include "staa/core/cache.hpp"
#include "staa/kernels/convolution/output_tiles.hpp"
#include "staa/kernels/convolution/packed_weights.hpp"
#include "staa/kernels/convolution/pair_products.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Channels that are summed at a time: their weights, 64 columns wide, take 32 KB.
inline constexpr Index pointwise_channels = 128;

/// A map of so many bytes does not stay in the caches until it is read.
inline constexpr Index size_past_caches = 16 * 1024 * 1024;

/// Writes zeros to the pixels of y [pixels, columns] that have no pair.
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

/// y = bias + x · packed, where make_pairs(first pixel, end, pairs) lists which pixel of x each pixel of y reads.
/// Without a bias some pixels of y may read none; they become 0. A task has all blocks of columns of its pixels, which
/// it then finds in the caches, or, if there are few pixels, one block.
template <class Arch, class Scalar, class MakePairs>
void pointwise_convolution(const ChannelsOf<Scalar>& x, const ConvolutionOutput<Scalar>& out, const Scalar* packed,
                           const MakePairs& make_pairs) {
    const Index pixels = out.pixels, columns = out.columns;
    const Scalar* const bias = out.bias;
    Scalar* const y = out.y;
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
                                              std::min(pointwise_channels, x.channels - channel), x.prefetches};
                with_vectors<B::most_vectors>(vectors, [&](auto count) {
                    const PixelRows before = channel == 0 ? PixelRows<const Scalar, Index>{begin, 0}
                                                          : PixelRows<const Scalar, Index>{to, columns};
                    multiply_pairs<Vector<Scalar, Arch>, count, B::pixels(count)>(
                        some, pairs, slab + channel * count * B::lanes, before, PixelRows{to, columns});
                });
            }
        }
    });
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
