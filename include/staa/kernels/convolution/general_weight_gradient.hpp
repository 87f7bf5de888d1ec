// SPDX-License-Identifier: MIT
// The weights' gradient for every shape, and the frame that it shares with the gradient over lists of channels. The
// sums of some rows of weights stay in registers while they walk over a tile of dy. Plain loops: plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include "staa/core/cache.hpp"
#include "staa/kernels/convolution/convolution_geometry.hpp"
#include "staa/kernels/convolution/gradient_sums.hpp"
#include "staa/kernels/convolution/packed_weights.hpp"
#include "staa/kernels/convolution/pair_products.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// The next tile of a weights' gradient. While the kernel works on one tile, each of its calls prefetches a few pixels
/// of the next one, for shapes where that pays (`prefetches`). Without this it waits for the memory at the beginning of
/// every tile.
template <class Scalar>
class NextTile {
 public:
    /// The tile is output pixels [first, last) and columns [column, column + columns) of dy. `calls` is how often the
    /// kernel calls `prefetch_some` before it; 0: never.
    NextTile(const ConvolutionShape& s, Index first, Index last, const Scalar* dy, Index column, Index columns,
             Index calls)
        : dy_(dy),
          in_(s.in_channels),
          out_(s.out_channels),
          offset_(first * s.out_channels + column),
          columns_(columns),
          at_once_((last - first) / std::max<Index>(1, calls) + 1) {
        if (calls > 0 && prefetches(s)) {
            pairs_of_outputs(s, s.taps() / 2, first, last, pairs_);
        }
    }

    /// Prefetches some more pixels: `rows` channels of x from `x` on, and the columns of dy.
    void prefetch_some(const Scalar* x, Index rows) {
        for (const Index end = std::min(pairs_.count, prefetched_ + at_once_); prefetched_ < end; ++prefetched_) {
            prefetch(x + pairs_.source[prefetched_] * in_, rows);
            prefetch(dy_ + offset_ + pairs_.target[prefetched_] * out_, columns_);
        }
    }

 private:
    PixelPairs<convolution_tile> pairs_;
    const Scalar* dy_;
    Index in_, out_, offset_, columns_, at_once_, prefetched_ = 0;
};

/// gradient[channel + r] += sum over pairs of x[source][channel + r] · dy[first + target], for `Rows` row channels.
template <class V, Index Vectors, Index Rows, class Scalar, class Pairs>
STAA_NOINLINE void multiply_gradients(const Scalar* x, Index in, const Scalar* dy, Index out, const Pairs& pairs,
                                      Scalar* gradient) {
    GradientSums<V, Vectors, Rows, Scalar> sums(gradient, Vectors * lanes_of<V>);
    for (Index i = 0; i < pairs.count; ++i) {
        sums.add(x + pairs.source[i] * in, dy + pairs.target[i] * out);
    }
    sums.store();
}

/// One tap of one tile of output pixels: what one call adds to the weights' gradient.
template <class Scalar>
struct TapOfTile {
    const PixelPairs<convolution_tile>& pairs;  ///< of the tap
    const Scalar* dy;                           ///< the block's columns, from the tile's first pixel on
    Index dy_stride;                            ///< from pixel to pixel
    Index first, last;                          ///< row channels of the task
    Scalar* slab;                               ///< [row channels][columns of the block], added to
};

/// Adds one tap of one tile: `Rows` row channels at a time and, so that none are left over, sometimes one fewer.
template <class V, Index Vectors, Index Rows, class Scalar>
void multiply_gradient_rows(const Scalar* x, Index in, const TapOfTile<Scalar>& at, NextTile<Scalar>& next) {
    const Index first = at.first, last = at.last;
    Index row = first;
    const auto multiply = [&](auto rows) {
        next.prefetch_some(x + first, last - first);
        multiply_gradients<V, Vectors, rows>(x + row, in, at.dy, at.dy_stride, at.pairs,
                                             at.slab + row * Vectors * lanes_of<V>);
        row += rows;
    };
    const Index shorter = (Rows - (last - first) % Rows) % Rows;
    if (shorter * (Rows - 1) <= last - first) {
        for (Index i = 0; i < shorter; ++i) {
            multiply(std::integral_constant<Index, Rows - 1>{});
        }
    }
    while (row + Rows <= last) {
        multiply(std::integral_constant<Index, Rows>{});
    }
    while (row + 3 <= last) {
        multiply(std::integral_constant<Index, 3>{});
    }
    while (row < last) {
        multiply(std::integral_constant<Index, 1>{});
    }
}

/// How a weights' gradient is cut into tasks and tiles.
struct GradientShare {
    Index rows, taps;     ///< row channels and taps of a task
    Index pixels;         ///< of a tile of dy, at most convolution_tile; a tile stays in a cache while a task uses it
    Index rows_per_call;  ///< row channels that a call of the kernel takes, if it prefetches the next tile; else 0
};

/// The share of the dense kernel: enough tasks for the threads, each with as many taps as possible, because a task
/// reads x and dy from memory once for all its taps. A tile that is prefetched shares the first cache with the one
/// before it: with 128 row channels, tiles of 32 pixels were 1.15 times as fast as tiles of 64; tiles of 48 were slower
/// than those of 32 by 3 %.
template <class Blocking>
GradientShare gradient_share(const ConvolutionShape& s) {
    const Index blocks = Blocking::blocks(s.out_channels), enough = may_split() ? 2 * threads() : 1;
    const auto with_rows = [&](Index most, Index taps) {
        const Index parts = (s.in_channels + most - 1) / most, share = (s.in_channels + parts - 1) / parts;
        return std::pair{GradientShare{.rows = share,
                                       .taps = taps,
                                       .pixels = prefetches(s) && share > 96 ? 32 : 64,
                                       .rows_per_call = Blocking::rows(Blocking::vectors(0, s.out_channels))},
                         blocks * parts * s.taps() / taps};
    };
    const Index rows = std::max<Index>(16, 432 / s.taps());  // their sums, 64 columns wide, take 110 KB
    for (const auto& [share, tasks] :
         {with_rows(rows, s.taps()), with_rows(16, s.taps()), with_rows(48, s.kernel), with_rows(48, 1)}) {
        if (tasks >= enough) {
            return share;
        }
    }
    return with_rows(16, 1).first;
}

/// The frame of the weights' gradient. A task owns some row channels of some taps of a block, and walks over all pixels
/// in order: no two tasks write to one place, and the order of the sum never changes. accumulate(vectors constant,
/// TapOfTile, NextTile) adds one tap of one tile.
template <class Arch, class Scalar, class Accumulate>
void weight_gradient_tasks(const ConvolutionShape& s, const Scalar* dy, GradientShare share, Scalar* packed,
                           const Accumulate& accumulate) {
    using B = Blocking<Scalar, Arch>;
    const Index blocks = B::blocks(s.out_channels), groups = s.taps() / share.taps;
    const Index parts = (s.in_channels + share.rows - 1) / share.rows;
    const Index cost = s.out_pixels() * std::min(s.in_channels, share.rows) * share.taps;
    const Index calls = share.rows_per_call > 0 ? (share.rows + share.rows_per_call - 1) / share.rows_per_call : 0;
    parallel_for(blocks * groups * parts, cost, [&](Index task) {
        const Index part = task % parts, first_tap = task / parts % groups * share.taps, block = task / parts / groups;
        const Index first_row = part * share.rows, last_row = std::min(s.in_channels, first_row + share.rows);
        const Index vectors = B::vectors(block, s.out_channels), width = vectors * B::lanes;
        const Index used = std::min(width, s.out_channels - block * B::width);
        Scalar* const of_block = packed + B::block_offset(block, s.taps() * s.in_channels);
        const auto slab = [&](Index tap) { return of_block + tap * s.in_channels * width; };
        for (Index tap = first_tap; tap < first_tap + share.taps; ++tap) {
            std::fill(slab(tap) + first_row * width, slab(tap) + last_row * width, Scalar(0));
        }
        alignas(64) Scalar tile[convolution_tile * B::width];
        PixelPairs<convolution_tile> pairs;
        for (Index first = 0; first < s.out_pixels(); first += share.pixels) {
            const Index last = std::min(s.out_pixels(), first + share.pixels);
            const Scalar* dy_tile = dy + first * s.out_channels + block * B::width;
            Index stride = s.out_channels;
            if (used != width) {
                load_tile(dy_tile, s.out_channels, used, last - first, width, tile);
                dy_tile = tile;
                stride = width;
            }
            NextTile<Scalar> next(s, last, std::min(s.out_pixels(), last + share.pixels), dy, block * B::width, used,
                                  calls * share.taps);
            for (Index tap = first_tap; tap < first_tap + share.taps; ++tap) {
                pairs_of_outputs(s, tap, first, last, pairs);
                with_vectors<B::most_vectors>(vectors, [&](auto count) {
                    accumulate(count, TapOfTile<Scalar>{pairs, dy_tile, stride, first_row, last_row, slab(tap)}, next);
                });
            }
        }
    });
}

/// `dense_convolution_weight_gradient` of any shape.
template <class Arch, class Scalar>
void general_weight_gradient(const ConvolutionShape& s, const Scalar* x, const Scalar* dy, Scalar* packed) {
    using B = Blocking<Scalar, Arch>;
    weight_gradient_tasks<Arch>(
        s, dy, gradient_share<B>(s), packed, [&](auto vectors, const TapOfTile<Scalar>& at, NextTile<Scalar>& next) {
            multiply_gradient_rows<Vector<Scalar, Arch>, vectors, B::rows(vectors)>(x, s.in_channels, at, next);
        });
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
