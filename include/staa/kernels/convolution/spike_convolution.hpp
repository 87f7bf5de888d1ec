// SPDX-License-Identifier: MIT
// Convolution of spikes over lists of channels: it only adds weights, and only where there is a spike. Plain loops:
// plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "staa/kernels/convolution/active_channels.hpp"
#include "staa/kernels/convolution/convolution_geometry.hpp"
#include "staa/kernels/convolution/output_tiles.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// Pixels of a task whose sums lie in y. The weights of a line of taps fill the first cache, and each task reads them
/// again; so tasks are large, but every thread gets a few. Tiles of 3 · convolution_tile pixels were up to 10 % faster
/// than smaller ones.
inline Index spike_tile(Index pixels, Index blocks) {
    constexpr Index largest = 3 * convolution_tile;
    const Index most =
        may_split() ? std::clamp<Index>(pixels * blocks / (4 * threads()), convolution_tile, largest) : largest;
    const Index tiles = std::max<Index>(1, (pixels + most - 1) / most);
    return std::max<Index>(1, (pixels + tiles - 1) / tiles);
}

/// The beginning of a list, with its first entries. They are loaded before the kernel works on the list before it: the
/// address of a row of weights comes from an entry, and additions that waited for entries took 10 % of the time. One
/// load brings a word of four entries, because it takes as long as the load of a vector of weights, and the machine
/// does two loads per cycle.
struct ListAhead {
    static constexpr Index words = ActiveChannels::read_ahead / 4;
    const std::uint16_t* first;
    std::uint64_t word[words];

    STAA_INLINE explicit ListAhead(const std::uint16_t* list) : first(list) {
        unroll<words>([&](auto i) STAA_INLINE_LAMBDA { word[i] = load(list + 4 * i); });
    }
    STAA_INLINE static std::uint64_t load(const std::uint16_t* entries) {
        std::uint64_t four;
        std::memcpy(&four, entries, sizeof four);
        return four;
    }
};

/// Calls visit(entry) for the first `Count` of the four entries of a word.
template <Index Count, class Visit>
STAA_INLINE void for_entries_of(std::uint64_t word, Visit&& visit) {
    unroll<Count>([&](auto i) STAA_INLINE_LAMBDA {
        constexpr Index place = std::endian::native == std::endian::little ? i : 3 - i;
        visit(static_cast<Index>(word >> (16 * place) & 0xFFFF));
    });
}

/// Calls visit(entry) for the entries of a list that ends at `end`. It reads up to ActiveChannels::read_ahead entries
/// more.
template <class Visit>
STAA_INLINE void for_entries(ListAhead list, const std::uint16_t* end, Visit&& visit) {
    const std::uint16_t* entry = list.first;
    for (; end - entry >= 4; entry += 4) {
        const std::uint64_t word = list.word[0];
        unroll<ListAhead::words - 1>([&](auto i) STAA_INLINE_LAMBDA { list.word[i] = list.word[i + 1]; });
        list.word[ListAhead::words - 1] = ListAhead::load(entry + ActiveChannels::read_ahead);
        for_entries_of<4>(word, visit);
    }
    if (end - entry >= 2) {
        for_entries_of<2>(list.word[0], visit);
        entry += 2;
    }
    if (entry < end) {
        visit(Index{*entry});
    }
}

/// sums = begin + the rows of the weights that the entries of a list name, each times the value of its entry if there
/// are values. `rows` is the address that the row of entry 0 would have. It is a number and not a pointer, because it
/// may lie before the weights.
template <class V, Index Vectors, class Scalar>
STAA_INLINE void add_rows(const ListAhead& list, const std::uint16_t* end, [[maybe_unused]] const Scalar* values,
                          bool has_values, std::uintptr_t rows, const Scalar* begin, Scalar* sums) {
    constexpr std::uintptr_t row_bytes = Vectors * lanes_of<V> * sizeof(Scalar);
    V sum[Vectors];
    unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA { sum[v] = V::load_aligned(begin + v * lanes_of<V>); });
    for_entries(list, end, [&](Index entry) STAA_INLINE_LAMBDA {
        const auto* row = reinterpret_cast<const Scalar*>(rows + static_cast<std::uintptr_t>(entry) * row_bytes);
        if (has_values) {
            const V value(*values++);
            unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA {
                sum[v] = fma(value, V::load_aligned(row + v * lanes_of<V>), sum[v]);
            });
        } else {
            unroll<Vectors>([&](auto v)
                                STAA_INLINE_LAMBDA { sum[v] = sum[v] + V::load_aligned(row + v * lanes_of<V>); });
        }
    });
    unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA { sum[v].store_aligned(sums + v * lanes_of<V>); });
}

/// Adds one line of taps and one word of channels to the sums of a tile; with `Begins` it begins the sums. What a pixel
/// reads is one piece of a list: the entries of its neighbours in the line. slab [kernel][channels of the word][Vectors
/// · lanes]. Sizes, lists and the tile are copies: after the store of a vector the compiler reads everything else from
/// memory again.
template <class V, Index Vectors, bool Begins, class Active, class Scalar>
STAA_NOINLINE void add_line_of_taps(const ConvolutionShape s, const Active active, Index ky, Index word,
                                    const Scalar* slab, const Tile<Scalar> tile) {
    constexpr bool has_values = !std::is_same_v<Active, ActiveChannels>;
    const Index tap_bytes =
        channels_of_word(word, s.in_channels) * Vectors * lanes_of<V> * static_cast<Index>(sizeof(Scalar));
    const auto weights = reinterpret_cast<std::uintptr_t>(slab);
    const Index first = tile.first, last = tile.last;
    Index x = first % s.out_width, y = first / s.out_width % s.out_height, image = first / s.out_width / s.out_height;
    for (Index pixel = first; pixel < last;) {
        const Index end_x = std::min(s.out_width, x + last - pixel), in_y = y * s.stride + ky - s.padding;
        const bool is_inside = in_y >= 0 && in_y < s.in_height;
        if (is_inside || Begins) {
            const std::int32_t* begin = active.begins(image, word) + (is_inside ? in_y * s.in_width : 0);
            const std::uint16_t* entries = active.entries_of(image);
            const Scalar* values = nullptr;
            if constexpr (has_values) {
                values = active.values_of(image);
            }
            Scalar* sums = tile.sums + (pixel - first) * tile.stride;
            const Index in_width = is_inside ? s.in_width : 0;  // a line outside has no entries
            const auto first_of = [&](Index left) { return entries + begin[std::clamp<Index>(left, 0, in_width)]; };
            Index left = x * s.stride - s.padding;
            ListAhead next(first_of(left));
            for (Index out_x = x; out_x < end_x; ++out_x, sums += tile.stride) {
                const ListAhead list = next;
                next = ListAhead(first_of(left + s.stride));
                const std::uint16_t* end = first_of(left + s.kernel);
                add_rows<V, Vectors>(list, end, has_values ? values + (list.first - entries) : nullptr, has_values,
                                     weights - static_cast<std::uintptr_t>(left * tap_bytes),
                                     Begins ? tile.begin : sums, sums);
                left += s.stride;
            }
        }
        pixel += end_x - x;
        x = 0;
        y = y + 1 == s.out_height ? 0 : y + 1;
        image += y == 0 ? 1 : 0;
    }
}

}  // namespace detail

/// `dense_convolution` where x is 0 except at the active channels: there it is 1 (ActiveChannels), or the value of the
/// entry (ActiveValues). If the weights are finite, both give the same bits.
template <class Scalar, class Arch = DefaultArch, class Active>
STAA_KERNEL void spike_convolution(const ConvolutionShape& s, const Active& active, const Scalar* packed,
                                   const std::type_identity_t<Scalar>* bias, Scalar* y) {
    const Index tile_pixels = detail::fits_in_place<Arch>(detail::InPlace::anywhere, s.out_channels, y)
                                  ? detail::spike_tile(s.out_pixels(), Blocking<Scalar, Arch>::blocks(s.out_channels))
                                  : convolution_tile;
    detail::for_tiles<Arch, detail::InPlace::anywhere, Scalar>(
        tile_pixels, {s.out_pixels(), s.out_channels, bias, y}, s.taps() * s.in_channels, packed,
        [&](auto vectors, const Scalar* slab, const detail::Tile<Scalar>& tile) {
            using V = Vector<Scalar, Arch>;
            for (Index ky = 0; ky < s.kernel; ++ky) {
                for (Index word = 0; word < words_for(s.in_channels); ++word) {
                    if (ky == 0 && word == 0) {
                        detail::add_line_of_taps<V, vectors, true>(s, active, ky, word, slab, tile);
                    } else {
                        detail::add_line_of_taps<V, vectors, false>(s, active, ky, word, slab, tile);
                    }
                    slab += s.kernel * channels_of_word(word, s.in_channels) * vectors * lanes_of<V>;
                }
            }
        });
}

}  // namespace STAA_ABI
}  // namespace staa
