// SPDX-License-Identifier: MIT
// Lists of the channels that spike, pixel by pixel. A convolution makes them once, and every tap reads them.
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

/// Number of channels that share word `word` of bits: 64, or fewer in the last word. Channels are listed word by word,
/// because a convolution keeps the weights of one line of taps and one word in the cache.
constexpr Index channels_of_word(Index word, Index channels) { return std::min<Index>(64, channels - 64 * word); }

/// For every image, word and pixel the channels that spike, in ascending order. An entry is x · channels_of_word +
/// channel (within the word), where x is the place of the pixel in its line. So the lists of neighbours in a line can
/// be read as one list, and an entry says to which pixel it belongs. In one image and word, the entries of pixel p are
/// entries[begin[p]] up to entries[begin[p + 1]]. Each image has room for all its neurons, in whole bytes of bits.
/// Kernels read some entries behind the last image; these may hold anything.
struct ActiveChannels {
    Index width, map_pixels, channels;  // width: pixels of a line
    std::int32_t* begin;                // [images][words][map_pixels + 1]
    std::uint16_t* entries;             // [images][map_pixels · channels, rounded up to bytes], and read_ahead more

    /// Number of entries that kernels read behind a list.
    static constexpr Index read_ahead = 8;
    /// Number of entries for which an image has room.
    static constexpr Index room_of(Index map_pixels, Index channels) { return map_pixels * ((channels + 7) / 8 * 8); }
    static constexpr Index begin_size(Index images, Index map_pixels, Index channels) {
        return images * words_for(channels) * (map_pixels + 1);
    }
    static constexpr Index entries_size(Index images, Index map_pixels, Index channels) {
        return images * room_of(map_pixels, channels) + read_ahead;
    }
    /// Whether an entry, a number of 16 bits, can name every pixel and channel of a line.
    static constexpr bool holds(Index width, Index channels) { return width * std::min<Index>(64, channels) <= 65536; }

    std::int32_t* begins(Index image, Index word) const {
        return begin + (image * words_for(channels) + word) * (map_pixels + 1);
    }
    std::uint16_t* entries_of(Index image) const { return entries + image * room_of(map_pixels, channels); }

    /// The lists of image `first` and those after it.
    ActiveChannels from(Index first) const {
        return {width, map_pixels, channels, begins(first, 0), entries_of(first)};
    }
};

/// The same for an analog map that is mostly 0, such as pooled spikes. Entry e has the value values[e].
template <class Scalar>
struct ActiveValues : ActiveChannels {
    Scalar* values;  // as many as entries

    Scalar* values_of(Index image) const { return values + image * room_of(map_pixels, channels); }
    ActiveValues from(Index first) const { return {ActiveChannels::from(first), values_of(first)}; }
};

namespace detail {

/// Makes the lists of one image, word by word and pixel by pixel. list_word(pixel, word, entry of its channel 0, number
/// of the next entry) writes the entries of one pixel and word, and returns how many; `pixel` counts through all
/// images.
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

/// One bit for each of `count` <= 64 values: whether it is not 0. NaN is not 0.
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

/// Memory in an arena for the active channels of maps [images, map_pixels, channels] with lines of `width` pixels.
class ActiveChannelsMemory {
 public:
    ActiveChannelsMemory(Arena& arena, Index images, Index width, Index map_pixels, Index channels)
        : images_(images),
          begin_(arena, ActiveChannels::begin_size(images, map_pixels, channels)),
          entries_(arena, ActiveChannels::entries_size(images, map_pixels, channels)),
          active_{width, map_pixels, channels, begin_.data(), entries_.data()} {}

    Index images() const { return images_; }
    /// The lists without making them: before a call of `list` they hold anything.
    const ActiveChannels& lists() const { return active_; }

    /// Makes the lists of bits [images · map_pixels][words_for(channels)]. They live as long as this object.
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

    /// Makes the lists of x [images, map_pixels, channels]. They live as long as this object.
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
