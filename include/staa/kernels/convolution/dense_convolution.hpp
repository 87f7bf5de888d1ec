// SPDX-License-Identifier: MIT
// Convolution of analog maps and both its gradients. The plain loops that define them: plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <cstdint>

#include "staa/kernels/convolution/narrow_convolution.hpp"
#include "staa/kernels/convolution/narrow_input_gradient.hpp"
#include "staa/kernels/convolution/narrow_weight_gradient.hpp"
#include "staa/kernels/convolution/packed_weights.hpp"
#include "staa/kernels/convolution/pointwise_convolution.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// The sums of a task's pixels, one block of columns wide.
template <class Scalar>
struct Tile {
    Scalar* sums;         ///< [pixels, stride]
    Index stride;         ///< from pixel to pixel
    const Scalar* begin;  ///< what the sums begin with: the bias of the columns, or 0
};

/// Copies the tile's used columns to y [pixels, columns of all blocks].
template <class Scalar>
void store_tile(const Scalar* tile, Index tile_columns, Index pixels, Index used, Scalar* y, Index y_columns) {
    for (Index pixel = 0; pixel < pixels; ++pixel) {
        std::copy(tile + pixel * tile_columns, tile + pixel * tile_columns + used, y + pixel * y_columns);
    }
}

/// Where the sums of a tile may lie in y itself, if its columns are whole vectors.
enum class InPlace {
    alone,     ///< where one block is all its columns
    anywhere,  ///< among the columns of other blocks, too
};

template <class Arch, class Scalar>
bool fits_in_place(InPlace place, Index columns, const Scalar* y) {
    using B = Blocking<Scalar, Arch>;
    return (place == InPlace::alone ? columns <= B::width && columns % B::lanes == 0 : columns % B::lanes == 0) &&
           reinterpret_cast<std::uintptr_t>(y) % 64 == 0;
}

/// The frame of every convolution: for every tile of the `pixels` and every block of `columns`, `sum_taps(first pixel, end,
/// vectors constant, weights of the block, tile)` makes the tile's sums, which go to y. Where they do not lie in y,
/// `tile_pixels` is at most convolution_tile.
template <class Arch, InPlace Place, class Scalar, class SumTaps>
void for_tiles(Index tile_pixels, Index pixels, Index rows, Index columns, const Scalar* packed,
               const std::type_identity_t<Scalar>* bias, Scalar* y, const SumTaps& sum_taps) {
    using B = Blocking<Scalar, Arch>;
    const Index tiles = (pixels + tile_pixels - 1) / tile_pixels;
    const bool in_place = fits_in_place<Arch>(Place, columns, y);
    parallel_for(tiles * B::blocks(columns), tile_pixels * rows, [&](Index task) {
        const Index block = task / tiles, first = task % tiles * tile_pixels;  // tiles that share weights follow
        const Index last = std::min(pixels, first + tile_pixels);
        const Index vectors = B::vectors(block, columns), width = vectors * B::lanes;
        const Index column = block * B::width, used = std::min(width, columns - column);
        alignas(64) Scalar memory[convolution_tile * B::width], begin[B::width] = {};
        if (bias != nullptr) {
            std::copy_n(bias + column, used, begin);
        }
        Scalar* const to = y + first * columns + column;
        const Tile<Scalar> tile = in_place ? Tile<Scalar>{to, columns, begin} : Tile<Scalar>{memory, width, begin};
        const Scalar* weights = packed + B::block_offset(block, rows);
        with_vectors<B::most_vectors>(vectors, [&](auto count) { sum_taps(first, last, count, weights, tile); });
        if (!in_place) {
            store_tile(memory, width, last - first, used, to, columns);
        }
    });
}

/// Adds x · slab to the sums of a tile.
template <class Arch, Index Vectors, class Scalar, class Pairs>
void add_pairs(const ChannelsOf<Scalar>& x, const Pairs& pairs, const Scalar* slab, Scalar* sums) {
    constexpr std::integral_constant<Index, Vectors * Blocking<Scalar, Arch>::lanes> columns;
    multiply_pairs<Vector<Scalar, Arch>, Vectors, Blocking<Scalar, Arch>::pixels(Vectors)>(x, pairs, slab, sums,
                                                                                           columns, sums, columns);
}

/// Begins the sums of all pixels of a tile.
template <class Scalar>
void begin_tile(const Tile<Scalar>& tile, Index pixels, Index width) {
    for (Index pixel = 0; pixel < pixels; ++pixel) {
        std::copy_n(tile.begin, width, tile.sums + pixel * tile.stride);
    }
}

}  // namespace detail

/// y[n, oy, ox, o] = sum over ky, kx, i of x[n, oy·stride + ky - padding, ox·stride + kx - padding, i] · w[ky, kx, i, o]
/// + bias[o]. x [images, in_height, in_width, in]; packed by `pack_convolution_weights`, aligned to 64 bytes; bias [out],
/// or null; y overwritten. The sum's order is that of `spike_convolution`: of spikes both give the same bits.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void dense_convolution(const ConvolutionShape& s, const Scalar* x, const Scalar* packed,
                                   const std::type_identity_t<Scalar>* bias, Scalar* y) {
    using B = Blocking<Scalar, Arch>;
    if (detail::is_narrow<Scalar, Arch>(s)) {
        detail::narrow_convolution<Arch>(s, x, packed, false, bias, y);
        return;
    }
    if (detail::is_pointwise<Scalar, Arch>(s, s.out_channels)) {
        detail::pointwise_convolution<Arch>(
            detail::ChannelsOf<Scalar>{x, s.in_channels, s.in_channels, detail::asks_ahead(s)}, s.out_pixels(),
            s.out_channels, packed, bias, y,
            [&](Index first, Index last, auto& pairs) { pairs_of_outputs(s, 0, first, last, pairs); });
        return;
    }
    detail::for_tiles<Arch, detail::InPlace::alone>(
        convolution_tile, s.out_pixels(), s.taps() * s.in_channels, s.out_channels, packed, bias, y,
        [&](Index first, Index last, auto vectors, const Scalar* slab, const detail::Tile<Scalar>& tile) {
            detail::begin_tile(tile, last - first, vectors * B::lanes);
            PixelPairs<convolution_tile> pairs;
            for (Index ky = 0; ky < s.kernel; ++ky) {
                for (Index word = 0; word < words_for(s.in_channels); ++word) {
                    const Index rows = channels_of_word(word, s.in_channels);
                    for (Index kx = 0; kx < s.kernel; ++kx, slab += rows * vectors * B::lanes) {
                        pairs_of_outputs(s, ky * s.kernel + kx, first, last, pairs);
                        detail::add_pairs<Arch, vectors, Scalar>({x + 64 * word, s.in_channels, rows}, pairs, slab,
                                                                 tile.sums);
                    }
                }
            }
        });
}

/// Packs weights [kernel, kernel, in, out] for `dense_convolution_input_gradient` of the same sizes and architecture, into at
/// most as many scalars as `pack_transposed_weights` takes.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void pack_input_gradient_weights(const ConvolutionShape& s, const Scalar* weight, Scalar* packed) {
    const Index taps = detail::has_narrow_input_gradient<Scalar, Arch>(s) ? 1 : s.taps();
    pack_transposed_weights<Scalar, Arch>(taps, s.taps() / taps * s.in_channels, s.out_channels, weight, packed);
}

/// The transpose: dx[n, iy, ix, i] = sum over the outputs that read the pixel, and o, of dy[.., o] · w[ky, kx, i, o].
/// packed by `pack_input_gradient_weights`, aligned to 64 bytes; dx [images, in_height, in_width, in] overwritten.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void dense_convolution_input_gradient(const ConvolutionShape& s, const Scalar* dy, const Scalar* packed,
                                                  Scalar* dx) {
    using B = Blocking<Scalar, Arch>;
    if (detail::has_narrow_input_gradient<Scalar, Arch>(s)) {
        detail::narrow_input_gradient<Arch>(s, dy, packed, dx);
        return;
    }
    if (s.stride == 1) {  // then it is a convolution of dy, with the taps in reverse order
        const ConvolutionShape turned{
            s.images,      s.out_height, s.out_width, s.out_channels,          s.in_height, s.in_width,
            s.in_channels, s.kernel,     1,           s.kernel - 1 - s.padding};
        if (turned.padding >= 0 && detail::is_narrow<Scalar, Arch>(turned)) {
            detail::narrow_convolution<Arch, Scalar>(turned, dy, packed, true, nullptr, dx);
            return;
        }
    }
    if (detail::is_pointwise<Scalar, Arch>(s, s.in_channels)) {
        detail::pointwise_convolution<Arch>(
            detail::ChannelsOf<Scalar>{dy, s.out_channels, s.out_channels, detail::asks_ahead(s)}, s.in_pixels(),
            s.in_channels, packed, nullptr, dx,
            [&](Index first, Index last, auto& pairs) { pairs_of_inputs(s, 0, first, last, pairs); });
        return;
    }
    detail::for_tiles<Arch, detail::InPlace::alone>(
        convolution_tile, s.in_pixels(), s.taps() * s.out_channels, s.in_channels, packed, nullptr, dx,
        [&](Index first, Index last, auto vectors, const Scalar* slab, const detail::Tile<Scalar>& tile) {
            detail::begin_tile(tile, last - first, vectors * B::lanes);
            PixelPairs<convolution_tile> pairs;
            for (Index tap = 0; tap < s.taps(); ++tap, slab += s.out_channels * vectors * B::lanes) {
                pairs_of_inputs(s, tap, first, last, pairs);
                detail::add_pairs<Arch, vectors, Scalar>({dy, s.out_channels, s.out_channels}, pairs, slab, tile.sums);
            }
        });
}

namespace detail {

/// The next tile of a weights' gradient: while the kernel is busy with one tile, what it needs for the next is asked for, a
/// few pixels at every call, where it `asks_ahead`. Without this it waits for the memory at the beginning of every tile.
template <class Scalar>
class NextTile {
 public:
    /// Output pixels [first, last), of which dy's columns [column, column + columns) are read. `calls` of the kernel have
    /// time to ask for them; 0: none asks.
    NextTile(const ConvolutionShape& s, Index first, Index last, const Scalar* dy, Index column, Index columns,
             Index calls)
        : dy_(dy),
          in_(s.in_channels),
          out_(s.out_channels),
          offset_(first * s.out_channels + column),
          columns_(columns),
          at_once_((last - first) / std::max<Index>(1, calls) + 1) {
        if (calls > 0 && asks_ahead(s)) {
            pairs_of_outputs(s, s.taps() / 2, first, last, pairs_);
        }
    }

    /// Some more pixels, with `rows` channels of x.
    void ask(const Scalar* x, Index rows) {
        for (const Index end = std::min(pairs_.count, asked_ + at_once_); asked_ < end; ++asked_) {
            prefetch(x + pairs_.source[asked_] * in_, rows);
            prefetch(dy_ + offset_ + pairs_.target[asked_] * out_, columns_);
        }
    }

 private:
    PixelPairs<convolution_tile> pairs_;
    const Scalar* dy_;
    Index in_, out_, offset_, columns_, at_once_, asked_ = 0;
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

/// Row channels [first, last) of one slab: `Rows` at a time and, so that none are left over, some times one fewer.
template <class V, Index Vectors, Index Rows, class Scalar, class Pairs>
void multiply_gradient_rows(const Scalar* x, Index in, const Scalar* dy, Index out, const Pairs& pairs, Index first,
                            Index last, Scalar* slab, NextTile<Scalar>& next) {
    Index row = first;
    const auto multiply = [&](auto rows) {
        next.ask(x + first, last - first);
        multiply_gradients<V, Vectors, rows>(x + row, in, dy, out, pairs, slab + row * Vectors * lanes_of<V>);
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

/// How the weights' gradient is shared out.
struct GradientShare {
    Index rows, taps;  ///< row channels and taps of a task
    Index pixels;  ///< of dy, at most convolution_tile, that stay in a cache while the row channels of x pass over them
    Index rows_a_call;  ///< of the kernel, if that asks for the next tile, else 0
};

/// Of the dense kernel: enough tasks for the threads, of as many taps as possible, for what a task reads comes from memory once
/// for all its taps. Where the next tile is asked for, it shares the first cache with this one: of 128 row channels tiles of 32
/// pixels were 1.15 times as fast as of 64, of 48 slower by a thirtieth.
template <class Blocking>
GradientShare gradient_share(const ConvolutionShape& s) {
    const Index blocks = Blocking::blocks(s.out_channels), enough = may_split() ? 2 * threads() : 1;
    const auto with_rows = [&](Index most, Index taps) {
        const Index parts = (s.in_channels + most - 1) / most, share = (s.in_channels + parts - 1) / parts;
        return std::pair{GradientShare{.rows = share,
                                       .taps = taps,
                                       .pixels = asks_ahead(s) && share > 96 ? 32 : 64,
                                       .rows_a_call = Blocking::rows(Blocking::vectors(0, s.out_channels))},
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

/// The loop that both weight gradients share. A task owns some row channels of some taps of a block, and walks over all
/// pixels in order: no two tasks write to one place, and the order of the sum never changes.
/// `accumulate(vectors constant, pairs, dy rows of the tile, tile width, first row, last row, slab, next tile)`.
template <class Arch, class Scalar, class Accumulate>
void weight_gradient_tasks(const ConvolutionShape& s, const Scalar* dy, GradientShare share, Scalar* packed,
                           const Accumulate& accumulate) {
    using B = Blocking<Scalar, Arch>;
    const Index blocks = B::blocks(s.out_channels), groups = s.taps() / share.taps;
    const Index parts = (s.in_channels + share.rows - 1) / share.rows;
    const Index cost = s.out_pixels() * std::min(s.in_channels, share.rows) * share.taps;
    const Index calls = share.rows_a_call > 0 ? (share.rows + share.rows_a_call - 1) / share.rows_a_call : 0;
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
                    accumulate(count, pairs, dy_tile, stride, first_row, last_row, slab(tap), next);
                });
            }
        }
    });
}

}  // namespace detail

/// dw[ky, kx, i, o] = sum over n, oy, ox of x[n, oy·stride + ky - padding, .., i] · dy[n, oy, ox, o]
/// packed: overwritten, laid out as by `pack_weights`, aligned to 64 bytes; `add_packed_weights` adds it to a gradient.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void dense_convolution_weight_gradient(const ConvolutionShape& s, const Scalar* x, const Scalar* dy,
                                                   Scalar* packed) {
    using B = Blocking<Scalar, Arch>;
    if (detail::has_narrow_gradient(s)) {
        detail::narrow_weight_gradient<Arch>(s, x, dy, packed);
        return;
    }
    const detail::GradientShare share = detail::gradient_share<B>(s);
    detail::weight_gradient_tasks<Arch>(
        s, dy, share, packed,
        [&](auto vectors, const auto& pairs, const Scalar* dy_tile, Index stride, Index first, Index last, Scalar* slab,
            detail::NextTile<Scalar>& next) {
            detail::multiply_gradient_rows<Vector<Scalar, Arch>, vectors, B::rows(vectors)>(
                x, s.in_channels, dy_tile, stride, pairs, first, last, slab, next);
        });
}

}  // namespace STAA_ABI
}  // namespace staa
