// SPDX-License-Identifier: MIT
// Products of input pixels with the weights of one tap, added to the output pixels that they meet: the innermost loops
// of the general and the pointwise convolution.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "staa/core/cache.hpp"
#include "staa/core/simd.hpp"
#include "staa/kernels/convolution/convolution_geometry.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Whether it pays to prefetch pixels. The machine foresees pixels that lie in a row and are read once. It does not
/// foresee those of several taps, nor those of a stride, where others lie between the pixels that are read or written.
constexpr bool prefetches(const ConvolutionShape& s) { return s.taps() > 1 || s.stride > 1; }

/// Some channels of an analog map.
template <class Scalar>
struct ChannelsOf {
    const Scalar* values;     ///< of the first pixel
    Index stride, channels;   ///< from pixel to pixel; how many are read of each
    bool prefetches = false;  ///< whether those of the next pixels are prefetched
};

/// Rows of values, one per pixel of a range. The stride from row to row is an Index or, which is a little faster, an
/// integral constant; 0: every pixel has the same row.
template <class Scalar, class Stride>
struct PixelRows {
    Scalar* values;
    Stride stride;
};
template <class Scalar, class Stride>
PixelRows(Scalar*, Stride) -> PixelRows<Scalar, Stride>;

/// y[target] = begin[target] + x[source] · slab for `Pixels` pairs, with the sums in registers. slab [channels][Vectors
/// · lanes]. `begin` and `y` are PixelRows.
template <class V, Index Vectors, Index Pixels, class Scalar>
void multiply_pixels(const ChannelsOf<Scalar> x, const std::int32_t* source, const std::int32_t* target,
                     const Scalar* slab, auto begin, auto y) {
    V sums[Pixels][Vectors];
    const Scalar* from[Pixels];
    unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
        from[p] = x.values + source[p] * x.stride;
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            sums[p][v] = V::load_unaligned(begin.values + target[p] * begin.stride + v * lanes_of<V>);
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
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
            sums[p][v].store_unaligned(y.values + target[p] * y.stride + v * lanes_of<V>);
        });
    });
}

/// The same for all pairs of a list, as many at a time as the registers hold: at most `Pixels`.
template <class V, Index Vectors, Index Pixels, class Scalar, class Pairs>
void multiply_pairs(const ChannelsOf<Scalar>& x, const Pairs& pairs, const Scalar* slab, auto begin, auto y) {
    Index i = 0;
    const auto multiply = [&](auto count) {
        for (; i + count <= pairs.count; i += count) {
            for (Index next = i + count; x.prefetches && next < std::min(pairs.count, i + 2 * count); ++next) {
                prefetch(x.values + pairs.source[next] * x.stride, x.channels);
            }
            multiply_pixels<V, Vectors, count>(x, pairs.source + i, pairs.target + i, slab, begin, y);
        }
    };
    multiply(std::integral_constant<Index, Pixels>{});
    multiply(std::integral_constant<Index, 2>{});
    multiply(std::integral_constant<Index, 1>{});
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
