// SPDX-License-Identifier: MIT
// Convolution of spikes: it only adds, and only where there is a spike. Plain loops: plain/convolution.hpp.
#pragma once

#include "staa/kernels/active_channels.hpp"
#include "staa/kernels/dense_convolution.hpp"

namespace staa::inline STAA_ABI {

namespace detail {

/// tile[row] += the sum of the slab's rows that are active at `source`. Two sets of sums hide the latency of the adds.
template <class V, Index Vectors, class Scalar, class Pairs>
void add_active_rows(const ActiveChannels& active, const Pairs& pairs, const Scalar* slab, Scalar* tile) {
    constexpr Index columns = Vectors * lanes_of<V>;
    for (Index i = 0; i < pairs.count; ++i) {
        const std::uint16_t* channel = active.channels + active.begin[pairs.source[i]];
        const std::uint16_t* end = channel + active.count[pairs.source[i]];
        Scalar* sums = tile + pairs.row[i] * columns;
        V even[Vectors], odd[Vectors];
        unroll<Vectors>([&](auto v) {
            even[v] = V::load_aligned(sums + v * lanes_of<V>);
            odd[v] = V(Scalar(0));
        });
        for (; channel + 1 < end; channel += 2) {
            const Scalar* a = slab + channel[0] * columns;
            const Scalar* b = slab + channel[1] * columns;
            unroll<Vectors>([&](auto v) {
                even[v] = even[v] + V::load_aligned(a + v * lanes_of<V>);
                odd[v] = odd[v] + V::load_aligned(b + v * lanes_of<V>);
            });
        }
        if (channel < end) {
            const Scalar* a = slab + channel[0] * columns;
            unroll<Vectors>([&](auto v) { even[v] = even[v] + V::load_aligned(a + v * lanes_of<V>); });
        }
        unroll<Vectors>([&](auto v) { (even[v] + odd[v]).store_aligned(sums + v * lanes_of<V>); });
    }
}

/// slab[channel] += dy[row] for every channel that is active at `source`.
template <class V, Index Vectors, class Scalar, class Pairs>
void add_to_active_rows(const ActiveChannels& active, const Pairs& pairs, const Scalar* dy, Index stride,
                        Scalar* slab) {
    constexpr Index columns = Vectors * lanes_of<V>;
    for (Index i = 0; i < pairs.count; ++i) {
        const std::uint16_t* channel = active.channels + active.begin[pairs.source[i]];
        const std::uint16_t* end = channel + active.count[pairs.source[i]];
        const Scalar* slopes = dy + pairs.row[i] * stride;
        V slope[Vectors];
        unroll<Vectors>([&](auto v) { slope[v] = V::load_unaligned(slopes + v * lanes_of<V>); });
        for (; channel < end; ++channel) {
            Scalar* row = slab + *channel * columns;
            unroll<Vectors>([&](auto v) {
                (V::load_aligned(row + v * lanes_of<V>) + slope[v]).store_aligned(row + v * lanes_of<V>);
            });
        }
    }
}

}  // namespace detail

/// `dense_convolution` where x is 1 at the active channels and 0 elsewhere. The same result up to rounding.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void spike_convolution(const ConvolutionShape& s, const ActiveChannels& active, const Scalar* packed,
                                   Scalar* y) {
    detail::convolve_tiles<Arch>(
        s.out_pixels(), s.taps(), s.in_channels, s.out_channels, packed, y,
        [&](Index tap, Index first, Index last, auto& pairs) { pairs_of_outputs(s, tap, first, last, pairs); },
        [&](auto vectors, const auto& pairs, const Scalar* slab, Scalar* tile) {
            detail::add_active_rows<Vector<Scalar, Arch>, vectors>(active, pairs, slab, tile);
        });
}

/// `dense_convolution_weight_gradient` where x is 1 at the active channels and 0 elsewhere.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void spike_convolution_weight_gradient(const ConvolutionShape& s, const ActiveChannels& active,
                                                   const Scalar* dy, Scalar* packed) {
    detail::weight_gradient_tasks<Arch>(
        s, dy, s.in_channels, packed,
        [&](auto vectors, const auto& pairs, const Scalar* slopes, Index stride, Index, Index, Scalar* slab) {
            detail::add_to_active_rows<Vector<Scalar, Arch>, vectors>(active, pairs, slopes, stride, slab);
        });
}

}  // namespace staa::inline STAA_ABI
