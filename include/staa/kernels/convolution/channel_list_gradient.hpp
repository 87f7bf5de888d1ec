// SPDX-License-Identifier: MIT
// The weights' gradient of a convolution of spikes over lists of channels, for any kernel size and stride: a gradient
// of an output pixel is added to the rows of weights of the channels that fired. Plain loops: plain/convolution.hpp.
#pragma once

#include "staa/kernels/convolution/active_channels.hpp"
#include "staa/kernels/convolution/general_weight_gradient.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// slab[channel] += dy[target] for every channel of a word that is active at the pixel `source`.
template <class V, Index Vectors, class Scalar>
void add_to_active_rows(const ActiveChannels& active, Index word, const TapOfTile<Scalar>& at) {
    constexpr Index columns = Vectors * lanes_of<V>;
    const PixelPairs<convolution_tile>& pairs = at.pairs;
    Scalar* const slab = at.slab;
    const Scalar* const dy = at.dy;
    const Index stride = at.dy_stride, channels = channels_of_word(word, active.channels);
    for (Index i = 0; i < pairs.count; ++i) {
        const Index image = pairs.source[i] / active.map_pixels, pixel = pairs.source[i] % active.map_pixels;
        const std::int32_t* begin = active.begins(image, word) + pixel;
        const std::uint16_t* entry = active.entries_of(image) + begin[0];
        const std::uint16_t* end = active.entries_of(image) + begin[1];
        const Scalar* from = dy + pairs.target[i] * stride;
        const Index first = pixel % active.width * channels - 64 * word;
        V values[Vectors];
        unroll<Vectors>([&](auto v) { values[v] = V::load_unaligned(from + v * lanes_of<V>); });
        for (; entry < end; ++entry) {
            Scalar* row = slab + (Index{*entry} - first) * columns;
            unroll<Vectors>([&](auto v) {
                (V::load_aligned(row + v * lanes_of<V>) + values[v]).store_aligned(row + v * lanes_of<V>);
            });
        }
    }
}

}  // namespace detail

/// `dense_convolution_weight_gradient` where x is 1 at the active channels and 0 elsewhere.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void spike_convolution_weight_gradient(const ConvolutionShape& s, const ActiveChannels& active,
                                                   const Scalar* dy, Scalar* packed) {
    const detail::GradientShare share{.rows = s.in_channels, .taps = 1, .pixels = convolution_tile, .rows_per_call = 0};
    detail::weight_gradient_tasks<Arch>(
        s, dy, share, packed, [&](auto vectors, const detail::TapOfTile<Scalar>& at, auto&) {
            for (Index word = 0; word < words_for(s.in_channels); ++word) {
                detail::add_to_active_rows<Vector<Scalar, Arch>, vectors>(active, word, at);
            }
        });
}

}  // namespace STAA_ABI
}  // namespace staa
