// SPDX-License-Identifier: MIT
// The frame of the convolutions that work tile by tile. A tile is some output pixels and one block of output channels;
// its sums stay in the caches while one tap after the other is added.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "staa/kernels/convolution/packed_weights.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Where the sums of a convolution go: y [pixels, columns], overwritten, and what they begin with.
template <class Scalar>
struct ConvolutionOutput {
    Index pixels, columns;
    const Scalar* bias;  ///< [columns]; null: 0
    Scalar* y;
};

namespace detail {

/// Where sums that were in registers go: `used` columns per pixel, `stride` from pixel to pixel.
template <class Scalar>
struct UsedColumns {
    Scalar* y;
    Index stride, used;

    /// From pixel `x` on.
    STAA_INLINE UsedColumns from(Index x) const { return {y + x * stride, stride, used}; }
};

/// The sums of a task's pixels [first, last), one block of columns wide.
template <class Scalar>
struct Tile {
    Index first, last;
    Scalar* sums;         ///< [last - first, stride]
    Index stride;         ///< from pixel to pixel
    const Scalar* begin;  ///< what the sums of a pixel begin with: the bias of the columns, or 0
};

/// Writes what the sums of a tile begin with, `width` columns per pixel.
template <class Scalar>
void begin_tile(const Tile<Scalar>& tile, Index width) {
    for (Index pixel = 0; pixel < tile.last - tile.first; ++pixel) {
        std::copy_n(tile.begin, width, tile.sums + pixel * tile.stride);
    }
}

/// Copies the tile's used columns to y [pixels, columns of all blocks].
template <class Scalar>
void store_tile(const Scalar* tile, Index tile_columns, Index pixels, Index used, Scalar* y, Index y_columns) {
    for (Index pixel = 0; pixel < pixels; ++pixel) {
        std::copy(tile + pixel * tile_columns, tile + pixel * tile_columns + used, y + pixel * y_columns);
    }
}

/// When the sums of a tile may lie in y itself, if its columns are whole vectors.
enum class InPlace {
    alone,     ///< if y has one block of columns alone
    anywhere,  ///< among the columns of other blocks, too
};

/// Whether the sums may lie in y: its columns must fill whole vectors, and it must be aligned to 64 bytes.
template <class Arch, class Scalar>
bool fits_in_place(InPlace place, Index columns, const Scalar* y) {
    using B = Blocking<Scalar, Arch>;
    return (place == InPlace::alone ? columns <= B::width && columns % B::lanes == 0 : columns % B::lanes == 0) &&
           reinterpret_cast<std::uintptr_t>(y) % 64 == 0;
}

/// For every tile of `tile_pixels` pixels and one block of columns: sum_taps(vectors constant, weights of the block,
/// tile) makes the tile's sums, which go to y. `rows` are the rows of the weights, taps times channels. Where the sums
/// do not lie in y, `tile_pixels` is at most convolution_tile.
template <class Arch, InPlace Place, class Scalar, class SumTaps>
void for_tiles(Index tile_pixels, const ConvolutionOutput<Scalar>& out, Index rows, const Scalar* packed,
               const SumTaps& sum_taps) {
    using B = Blocking<Scalar, Arch>;
    const Index tiles = (out.pixels + tile_pixels - 1) / tile_pixels;
    const bool in_place = fits_in_place<Arch>(Place, out.columns, out.y);
    parallel_for(tiles * B::blocks(out.columns), tile_pixels * rows, [&](Index task) {
        const Index block = task / tiles, first = task % tiles * tile_pixels;  // tiles of the same weights in turn
        const Index last = std::min(out.pixels, first + tile_pixels);
        const Index vectors = B::vectors(block, out.columns), width = vectors * B::lanes;
        const Index column = block * B::width, used = std::min(width, out.columns - column);
        alignas(64) Scalar memory[convolution_tile * B::width], begin[B::width] = {};
        if (out.bias != nullptr) {
            std::copy_n(out.bias + column, used, begin);
        }
        Scalar* const to = out.y + first * out.columns + column;
        const Tile<Scalar> tile = in_place ? Tile<Scalar>{first, last, to, out.columns, begin}
                                           : Tile<Scalar>{first, last, memory, width, begin};
        const Scalar* weights = packed + B::block_offset(block, rows);
        with_vectors<B::most_vectors>(vectors, [&](auto count) { sum_taps(count, weights, tile); });
        if (!in_place) {
            store_tile(memory, width, last - first, used, to, out.columns);
        }
    });
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
