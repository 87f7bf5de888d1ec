// SPDX-License-Identifier: MIT
// From bits to lists: the channels that spike, pixel by pixel. Made once, used by every tap of a convolution.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>

#include "staa/core/bit_positions.hpp"
#include "staa/core/scratch.hpp"
#include "staa/core/simd.hpp"
#include "staa/core/spikes.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Channels are listed word by word: the 64 channels, fewer in the last word, that share a word of bits. A convolution's
/// weights of one line of taps and one word are what its kernel keeps in the cache.
constexpr Index channels_of_word(Index word, Index channels) { return std::min<Index>(64, channels - 64 * word); }

/// For every image, word and pixel the channels that spike, ascending. An entry is x · channels_of_word + channel, x being
/// the pixel's column: so neighbours in a line are one list, and an entry says which of them it belongs to. The entries of
/// pixel p of an image's word lie from begin[p] to begin[p + 1]. Each image has room for all its neurons, in whole bytes of
/// bits; behind the last one is room that kernels read ahead, whatever it holds.
struct ActiveChannels {
    Index width, map_pixels, channels;
    std::int32_t* begin;     // [images][words][map_pixels + 1]
    std::uint16_t* entries;  // [images][map_pixels · channels, rounded up to bytes], and read_ahead more

    /// Entries that kernels read behind a list.
    static constexpr Index read_ahead = 8;
    /// Entries that an image has room for.
    static constexpr Index room_of(Index map_pixels, Index channels) { return map_pixels * ((channels + 7) / 8 * 8); }
    static constexpr Index begin_size(Index images, Index map_pixels, Index channels) {
        return images * words_for(channels) * (map_pixels + 1);
    }
    static constexpr Index entries_size(Index images, Index map_pixels, Index channels) {
        return images * room_of(map_pixels, channels) + read_ahead;
    }
    /// Whether an entry can hold what a line of the map needs.
    static constexpr bool holds(Index width, Index channels) { return width * std::min<Index>(64, channels) <= 65536; }

    std::int32_t* begins(Index image, Index word) const {
        return begin + (image * words_for(channels) + word) * (map_pixels + 1);
    }
    std::uint16_t* entries_of(Index image) const { return entries + image * room_of(map_pixels, channels); }

    /// The lists from image `first` on.
    ActiveChannels from(Index first) const {
        return {width, map_pixels, channels, begins(first, 0), entries_of(first)};
    }
};

/// The same of an analog map of which much is 0, such as spikes after a pooling: entry e stands for values[e].
template <class Scalar>
struct ActiveValues : ActiveChannels {
    Scalar* values;  // as many as entries

    Scalar* values_of(Index image) const { return values + image * room_of(map_pixels, channels); }
    ActiveValues from(Index first) const { return {ActiveChannels::from(first), values_of(first)}; }
};

namespace detail {

/// Lists image `image`, word by word and pixel by pixel, where list_word(pixel of all, word, entry of its channel 0,
/// number of the next entry) writes the entries of one word and gives how many.
template <class ListWord>
void list_image(const ActiveChannels& active, Index image, const ListWord& list_word) {
    std::int32_t next = 0;
    for (Index word = 0; word < words_for(active.channels); ++word) {
        const Index channels = channels_of_word(word, active.channels);
        std::int32_t* begin = active.begins(image, word);
        for (Index pixel = 0, x = 0; pixel < active.map_pixels; ++pixel) {
            begin[pixel] = next;
            next += static_cast<std::int32_t>(
                list_word(image * active.map_pixels + pixel, word, x * channels, Index{next}));
            x = x + 1 == active.width ? 0 : x + 1;
        }
        begin[active.map_pixels] = next;
    }
}

/// Which of `count` <= 64 values are not 0; what is no number is not 0.
template <class Scalar, class Arch>
std::uint64_t bits_of_values(const Scalar* values, Index count) {
    std::uint64_t bits = 0;
    for_lanes<Scalar, Arch>(count, [&](auto lanes, Index first) {
        using V = typename decltype(lanes)::type;
        const std::uint64_t zeros = mask_bits(V::load_unaligned(values + first) == V(Scalar(0)));
        bits |= (~zeros & (~std::uint64_t{0} >> (64 - lanes_of<V>))) << first;
    });
    return bits;
}

}  // namespace detail

/// Fills `active` from bits [images · map_pixels][words_for(channels)].
inline void list_active_channels(const std::uint64_t* bits, Index images, const ActiveChannels& active) {
    const Index words = words_for(active.channels);
    parallel_for(images, active.map_pixels * active.channels / 4, [&](Index image) {
        std::uint16_t* entries = active.entries_of(image);
        detail::list_image(active, image, [&](Index pixel, Index word, Index first, Index next) {
            return detail::list_word(bits[pixel * words + word], channels_of_word(word, active.channels),
                                     detail::positions_of_word.data(), first, entries + next);
        });
    });
}

/// Fills `active` from x [images, map_pixels, channels].
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void list_active_values(const Scalar* x, Index images, const ActiveValues<Scalar>& active) {
    const Index channels = active.channels;
    parallel_for(images, active.map_pixels * channels, [&](Index image) {
        std::uint16_t* entries = active.entries_of(image);
        Scalar* values = active.values_of(image);
        detail::list_image(active, image, [&](Index pixel, Index word, Index first, Index next) {
            const Scalar* from = x + pixel * channels + 64 * word;
            const std::uint64_t of_word = detail::bits_of_values<Scalar, Arch>(from, channels_of_word(word, channels));
            Index count = next;
            for_active_channels(&of_word, 1, [&](Index channel) {
                entries[count] = static_cast<std::uint16_t>(first + channel);
                values[count++] = from[channel];
            });
            return count - next;
        });
    });
}

/// Share of values that are not 0.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL double active_share(const Scalar* x, Index size) {
    std::atomic<Index> active{0};
    for_parts(size, [&](Index begin, Index end) {
        Index found = 0;
        for (Index first = begin; first < end; first += 64) {
            found += std::popcount(detail::bits_of_values<Scalar, Arch>(x + first, std::min<Index>(64, end - first)));
        }
        active += found;
    });
    return size == 0 ? 0.0 : static_cast<double>(active) / static_cast<double>(size);
}

/// Memory of an arena for the active channels of maps [images, map_pixels, channels] of lines as long as `width`.
class ActiveChannelsMemory {
 public:
    ActiveChannelsMemory(Arena& arena, Index images, Index width, Index map_pixels, Index channels)
        : images_(images),
          begin_(arena, ActiveChannels::begin_size(images, map_pixels, channels)),
          entries_(arena, ActiveChannels::entries_size(images, map_pixels, channels)),
          active_{width, map_pixels, channels, begin_.data(), entries_.data()} {}

    Index images() const { return images_; }
    /// The lists as they are: before `list` whatever the memory held.
    const ActiveChannels& lists() const { return active_; }

    /// The lists of bits [images · map_pixels][words_for(channels)]; they are as short-lived as this object.
    const ActiveChannels& list(const std::uint64_t* bits) const {
        list_active_channels(bits, images_, active_);
        return active_;
    }

 private:
    Index images_;
    Scratch<std::int32_t> begin_;
    Scratch<std::uint16_t> entries_;
    ActiveChannels active_;
};

/// The same for active values.
template <class Scalar>
class ActiveValuesMemory {
 public:
    ActiveValuesMemory(Arena& arena, Index images, Index width, Index map_pixels, Index channels)
        : channels_(arena, images, width, map_pixels, channels),
          values_(arena, ActiveChannels::entries_size(images, map_pixels, channels)),
          active_{channels_.lists(), values_.data()} {}

    /// The lists of x [images, map_pixels, channels]; they are as short-lived as this object.
    const ActiveValues<Scalar>& list(const Scalar* x) const {
        list_active_values<Scalar>(x, channels_.images(), active_);
        return active_;
    }

 private:
    ActiveChannelsMemory channels_;
    Scratch<Scalar> values_;
    ActiveValues<Scalar> active_;
};

}  // namespace STAA_ABI
}  // namespace staa
