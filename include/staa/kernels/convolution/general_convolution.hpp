// SPDX-License-Identifier: MIT
// The dense convolution for every shape, and its input gradient. A task has a tile of output pixels, and adds one tap
// after the other. For each tap a list says which input pixel meets which output pixel. Plain loops:
// plain/convolution.hpp.
#pragma once

#include "staa/kernels/convolution/convolution_geometry.hpp"
#include "staa/kernels/convolution/output_tiles.hpp"
#include "staa/kernels/convolution/pair_products.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Adds x · slab, the weights of one tap, to the sums of a tile.
template <class Arch, Index Vectors, class Scalar, class Pairs>
void add_pairs(const ChannelsOf<Scalar>& x, const Pairs& pairs, const Scalar* slab, Scalar* sums) {
    constexpr std::integral_constant<Index, Vectors * Blocking<Scalar, Arch>::lanes> columns;
    multiply_pairs<Vector<Scalar, Arch>, Vectors, Blocking<Scalar, Arch>::pixels(Vectors)>(
        x, pairs, slab, PixelRows{sums, columns}, PixelRows{sums, columns});
}

/// `dense_convolution` of any shape.
template <class Arch, class Scalar>
void general_convolution(const ConvolutionShape& s, const Scalar* x, const Scalar* packed, const Scalar* bias,
                         Scalar* y) {
    using B = Blocking<Scalar, Arch>;
    for_tiles<Arch, InPlace::alone, Scalar>(
        convolution_tile, {s.out_pixels(), s.out_channels, bias, y}, s.taps() * s.in_channels, packed,
        [&](auto vectors, const Scalar* slab, const Tile<Scalar>& tile) {
            begin_tile(tile, vectors * B::lanes);
            PixelPairs<convolution_tile> pairs;
            for (Index ky = 0; ky < s.kernel; ++ky) {
                for (Index word = 0; word < words_for(s.in_channels); ++word) {
                    const Index rows = channels_of_word(word, s.in_channels);
                    for (Index kx = 0; kx < s.kernel; ++kx, slab += rows * vectors * B::lanes) {
                        pairs_of_outputs(s, ky * s.kernel + kx, tile.first, tile.last, pairs);
                        add_pairs<Arch, vectors, Scalar>({x + 64 * word, s.in_channels, rows}, pairs, slab, tile.sums);
                    }
                }
            }
        });
}

/// `dense_convolution_input_gradient` of any shape. The pixels of a tile are those of dx.
template <class Arch, class Scalar>
void general_input_gradient(const ConvolutionShape& s, const Scalar* dy, const Scalar* packed, Scalar* dx) {
    using B = Blocking<Scalar, Arch>;
    for_tiles<Arch, InPlace::alone, Scalar>(
        convolution_tile, {s.in_pixels(), s.in_channels, nullptr, dx}, s.taps() * s.out_channels, packed,
        [&](auto vectors, const Scalar* slab, const Tile<Scalar>& tile) {
            begin_tile(tile, vectors * B::lanes);
            PixelPairs<convolution_tile> pairs;
            for (Index tap = 0; tap < s.taps(); ++tap, slab += s.out_channels * vectors * B::lanes) {
                pairs_of_inputs(s, tap, tile.first, tile.last, pairs);
                add_pairs<Arch, vectors, Scalar>({dy, s.out_channels, s.out_channels}, pairs, slab, tile.sums);
            }
        });
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
