// SPDX-License-Identifier: MIT
// The gradient of a convolution's output: a map, or the two maps that it is made of, and how a tile of it is loaded.
#pragma once

#include <algorithm>

#include "staa/kernels/convolution/map_tiles.hpp"
#include "staa/kernels/convolution/neighbourhoods.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The gradient [pixels, channels] of a convolution's output. Either `dy` is this gradient, and the other pointers are
/// null. Or batch norm follows the convolution: then `dy` is the gradient of batch norm's output, x is its input, and
/// the convolution's gradient is a · dy + b · x + shift, with a, b and shift [channels]. `combine_channels` makes a map
/// of it; kernels that read it tile by tile compute it as they load it.
template <class Scalar>
struct OutputGradient {
    const Scalar* dy;  ///< of the convolution's output, or of batch norm's
    const Scalar *a = nullptr, *x = nullptr, *b = nullptr, *shift = nullptr;
    /// Whether `dy` is the convolution's gradient.
    bool is_kept() const { return a == nullptr; }
};

namespace detail {

/// Computes one whole block of a gradient that is not kept, its columns from `first` on.
template <class V, Index Vectors, class Scalar>
class GradientBlock {
 public:
    GradientBlock(const OutputGradient<Scalar>& dy, Index first) : dy_(dy), first_(first) {
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            const Index c = first + v * lanes_of<V>;
            a_[v] = V::load_unaligned(dy.a + c);
            b_[v] = V::load_unaligned(dy.b + c);
            shift_[v] = V::load_unaligned(dy.shift + c);
        });
    }

    /// Writes the block of the pixel whose values begin at index `pixel`.
    STAA_INLINE void load(Index pixel, Scalar* to) const {
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            const Index i = pixel + first_ + v * lanes_of<V>;
            const V scaled = fma(a_[v], V::load_unaligned(dy_.dy + i), shift_[v]);
            fma(b_[v], V::load_unaligned(dy_.x + i), scaled).store_aligned(to + v * lanes_of<V>);
        });
    }

 private:
    const OutputGradient<Scalar> dy_;
    Index first_;
    V a_[Vectors], b_[Vectors], shift_[Vectors];
};

/// Calls load(index of the pixel's first value, to) for every position of a tile inside the maps; the others become
/// zeros.
template <class Scalar, class Load>
STAA_INLINE void load_rows(const MapTiles& tiles, Index tile, Index out, Index width, Scalar* map, const Load& load) {
    tiles.for_positions(tiles.tile(tile), [&](Index pixel, Index position) STAA_INLINE_LAMBDA {
        if (pixel >= 0) {
            load(pixel * out, map + position * width);
        } else {
            std::fill_n(map + position * width, width, Scalar(0));
        }
    });
}

/// Writes one block of the gradient, its columns [first, first + used) of `out`, to map [positions of the tile][width].
/// Outside the maps and beyond `used` it writes zeros.
template <Index Kernel, class Arch, class Scalar>
void load_block(const MapTiles& tiles, Index tile, const OutputGradient<Scalar>& dy, Index out, Index first, Index used,
                Scalar* map) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    using V = typename B::V;
    if (used < B::width) {
        load_rows(tiles, tile, out, B::width, map, [&](Index pixel, Scalar* to) STAA_INLINE_LAMBDA {
            for (Index c = first; c < first + used; ++c, ++to) {
                const Scalar value = dy.dy[pixel + c];
                *to = dy.is_kept() ? value : dy.a[c] * value + dy.shift[c] + dy.b[c] * dy.x[pixel + c];
            }
            std::fill_n(to, B::width - used, Scalar(0));
        });
    } else if (dy.is_kept()) {
        load_rows(tiles, tile, out, B::width, map, [&](Index pixel, Scalar* to) STAA_INLINE_LAMBDA {
            unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
                V::load_unaligned(dy.dy + pixel + first + v * lanes_of<V>).store_aligned(to + v * lanes_of<V>);
            });
        });
    } else {
        const GradientBlock<V, B::vectors, Scalar> block(dy, first);
        load_rows(tiles, tile, out, B::width, map,
                  [&](Index pixel, Scalar* to) STAA_INLINE_LAMBDA { block.load(pixel, to); });
    }
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
