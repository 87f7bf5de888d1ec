// SPDX-License-Identifier: MIT
// Convolution of spikes: it only adds, and only where there is a spike. Plain loops: plain/convolution.hpp.
#pragma once

#include "staa/kernels/active_channels.hpp"
#include "staa/kernels/dense_convolution.hpp"

namespace staa::inline STAA_ABI {

namespace detail {

/// sums += the rows of the weights that entries [from, to) of an image name; entry `first` is row 0.
template <class V, Index Vectors, class Scalar>
void add_rows(const ActiveChannels& active, Index image, Index from, Index to, Index first, const Scalar* rows,
              Scalar* sums) {
    constexpr Index columns = Vectors * lanes_of<V>;
    const std::uint16_t* entry = active.entries_of(image) + from;
    const std::uint16_t* end = active.entries_of(image) + to;
    V sum[Vectors];
    unroll<Vectors>([&](auto v) { sum[v] = V::load_aligned(sums + v * lanes_of<V>); });
    for (; entry < end; ++entry) {
        const Scalar* row = rows + (Index{*entry} * columns - first * columns);
        unroll<Vectors>([&](auto v) { sum[v] = sum[v] + V::load_aligned(row + v * lanes_of<V>); });
    }
    unroll<Vectors>([&](auto v) { sum[v].store_aligned(sums + v * lanes_of<V>); });
}

/// The same, each row times the entry's value.
template <class V, Index Vectors, class Scalar>
void add_rows(const ActiveValues<Scalar>& active, Index image, Index from, Index to, Index first, const Scalar* rows,
              Scalar* sums) {
    constexpr Index columns = Vectors * lanes_of<V>;
    const std::uint16_t* entries = active.entries_of(image);
    const Scalar* values = active.values_of(image);
    V sum[Vectors];
    unroll<Vectors>([&](auto v) { sum[v] = V::load_aligned(sums + v * lanes_of<V>); });
    for (Index i = from; i < to; ++i) {
        const Scalar* row = rows + (Index{entries[i]} * columns - first * columns);
        const V value(values[i]);
        unroll<Vectors>([&](auto v) { sum[v] = fma(value, V::load_aligned(row + v * lanes_of<V>), sum[v]); });
    }
    unroll<Vectors>([&](auto v) { sum[v].store_aligned(sums + v * lanes_of<V>); });
}

/// Adds one line of taps and one word of channels to the sums of output pixels [first, last). What a pixel reads is one
/// piece of a list: the entries of its neighbours in the line. slab [kernel][channels of the word][Vectors · lanes].
template <class V, Index Vectors, class Active, class Scalar>
void add_line_of_taps(const ConvolutionShape& s, const Active& active, Index ky, Index word, Index first, Index last,
                      const Scalar* slab, Scalar* tile) {
    constexpr Index columns = Vectors * lanes_of<V>;
    const Index channels = channels_of_word(word, s.in_channels);
    for (Index pixel = first; pixel < last;) {
        const Index line = pixel / s.out_width, x = pixel % s.out_width;
        const Index end_x = std::min(s.out_width, x + last - pixel);
        const Index image = line / s.out_height, in_y = line % s.out_height * s.stride + ky - s.padding;
        if (in_y >= 0 && in_y < s.in_height) {
            const std::int32_t* begin = active.begins(image, word) + in_y * s.in_width;
            for (Index out_x = x; out_x < end_x; ++out_x) {
                const Index left = out_x * s.stride - s.padding;
                const Index from = std::clamp<Index>(left, 0, s.in_width);
                const Index to = std::clamp<Index>(left + s.kernel, from, s.in_width);
                add_rows<V, Vectors>(active, image, begin[from], begin[to], left * channels, slab,
                                     tile + (pixel - first + out_x - x) * columns);
            }
        }
        pixel += end_x - x;
    }
}

/// slab[channel] += dy[row] for every channel of a word that is active at `source`.
template <class V, Index Vectors, class Scalar, class Pairs>
void add_to_active_rows(const ActiveChannels& active, Index word, const Pairs& pairs, const Scalar* dy, Index stride,
                        Scalar* slab) {
    constexpr Index columns = Vectors * lanes_of<V>;
    const Index channels = channels_of_word(word, active.channels);
    for (Index i = 0; i < pairs.count; ++i) {
        const Index image = pairs.source[i] / active.map_pixels, pixel = pairs.source[i] % active.map_pixels;
        const std::int32_t* begin = active.begins(image, word) + pixel;
        const std::uint16_t* entry = active.entries_of(image) + begin[0];
        const std::uint16_t* end = active.entries_of(image) + begin[1];
        const Scalar* slopes = dy + pairs.row[i] * stride;
        const Index first = pixel % active.width * channels - 64 * word;
        V slope[Vectors];
        unroll<Vectors>([&](auto v) { slope[v] = V::load_unaligned(slopes + v * lanes_of<V>); });
        for (; entry < end; ++entry) {
            Scalar* row = slab + (Index{*entry} - first) * columns;
            unroll<Vectors>([&](auto v) {
                (V::load_aligned(row + v * lanes_of<V>) + slope[v]).store_aligned(row + v * lanes_of<V>);
            });
        }
    }
}

}  // namespace detail

/// `dense_convolution` where x is 1 at the active channels, or what ActiveValues gives them, and 0 elsewhere. The same bits.
template <class Scalar, class Arch = DefaultArch, class Active>
STAA_KERNEL void spike_convolution(const ConvolutionShape& s, const Active& active, const Scalar* packed,
                                   const std::type_identity_t<Scalar>* bias, Scalar* y) {
    detail::for_tiles<Arch>(
        s.out_pixels(), s.taps() * s.in_channels, s.out_channels, packed, bias, y,
        [&](Index first, Index last, auto vectors, const Scalar* slab, Scalar* tile) {
            using V = Vector<Scalar, Arch>;
            for (Index ky = 0; ky < s.kernel; ++ky) {
                for (Index word = 0; word < words_for(s.in_channels); ++word) {
                    detail::add_line_of_taps<V, vectors>(s, active, ky, word, first, last, slab, tile);
                    slab += s.kernel * channels_of_word(word, s.in_channels) * vectors * lanes_of<V>;
                }
            }
        });
}

/// `dense_convolution_weight_gradient` where x is 1 at the active channels and 0 elsewhere.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void spike_convolution_weight_gradient(const ConvolutionShape& s, const ActiveChannels& active,
                                                   const Scalar* dy, Scalar* packed) {
    detail::weight_gradient_tasks<Arch>(
        s, dy, s.in_channels, packed,
        [&](auto vectors, const auto& pairs, const Scalar* slopes, Index stride, Index, Index, Scalar* slab) {
            for (Index word = 0; word < words_for(s.in_channels); ++word) {
                detail::add_to_active_rows<Vector<Scalar, Arch>, vectors>(active, word, pairs, slopes, stride, slab);
            }
        });
}

}  // namespace staa::inline STAA_ABI
