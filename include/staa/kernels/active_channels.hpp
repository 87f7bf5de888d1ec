// SPDX-License-Identifier: MIT
// From bits to lists: the channels that spike, pixel by pixel. Made once, used by every tap of a convolution.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "staa/core/simd.hpp"
#include "staa/core/spikes.hpp"
#include "staa/core/tensor.hpp"

namespace staa::inline STAA_ABI {

/// Channels are listed word by word: the 64 channels, fewer in the last word, that share a word of bits. A convolution's
/// weights of one line of taps and one word are what its kernel keeps in the cache.
constexpr Index channels_of_word(Index word, Index channels) { return std::min<Index>(64, channels - 64 * word); }

/// For every image, word and pixel the channels that spike, ascending. An entry is x · channels_of_word + channel, x being
/// the pixel's column: so neighbours in a line are one list, and an entry says which of them it belongs to. The entries of
/// pixel p of an image's word lie from begin[p] to begin[p + 1]. Each image has room for all its neurons.
struct ActiveChannels {
    Index width, map_pixels, channels;
    std::int32_t* begin;     // [images][words][map_pixels + 1]
    std::uint16_t* entries;  // [images][map_pixels · channels]

    static constexpr Index begin_size(Index images, Index map_pixels, Index channels) {
        return images * words_for(channels) * (map_pixels + 1);
    }
    /// Whether an entry can hold what a line of the map needs.
    static constexpr bool holds(Index width, Index channels) { return width * std::min<Index>(64, channels) <= 65536; }

    std::int32_t* begins(Index image, Index word) const {
        return begin + (image * words_for(channels) + word) * (map_pixels + 1);
    }
    std::uint16_t* entries_of(Index image) const { return entries + image * map_pixels * channels; }

    /// The lists from image `first` on.
    ActiveChannels from(Index first) const {
        return {width, map_pixels, channels, begins(first, 0), entries_of(first)};
    }
};

/// The same of an analog map of which much is 0, such as spikes after a pooling: entry e stands for values[e].
template <class Scalar>
struct ActiveValues : ActiveChannels {
    Scalar* values;  // [images][map_pixels · channels]

    const Scalar* values_of(Index image) const { return values + image * map_pixels * channels; }
    ActiveValues from(Index first) const {
        return {ActiveChannels::from(first), values + first * map_pixels * channels};
    }
};

namespace detail {

/// For every image and word, pixel by pixel: the pixel's begin, and an entry for each channel in bits_of(pixel, word);
/// listed(entry's number, pixel, channel) is called beside it.
template <class BitsOf, class Listed>
void list_image(const ActiveChannels& active, Index image, const BitsOf& bits_of, const Listed& listed) {
    std::uint16_t* entries = active.entries_of(image);
    std::int32_t next = 0;
    for (Index word = 0; word < words_for(active.channels); ++word) {
        const Index rows = channels_of_word(word, active.channels);
        std::int32_t* begin = active.begins(image, word);
        for (Index pixel = 0, x = 0; pixel < active.map_pixels; ++pixel) {
            begin[pixel] = next;
            const std::uint64_t bits = bits_of(image * active.map_pixels + pixel, word);
            for_active_channels(&bits, 1, [&](Index channel) {
                listed(next, image * active.map_pixels + pixel, 64 * word + channel);
                entries[next++] = static_cast<std::uint16_t>(x * rows + channel);
            });
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
        detail::list_image(
            active, image, [&](Index pixel, Index word) { return bits[pixel * words + word]; },
            [](Index, Index, Index) {});
    });
}

/// Fills `active` from x [images, map_pixels, channels].
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void list_active_values(const Scalar* x, Index images, const ActiveValues<Scalar>& active) {
    const Index channels = active.channels;
    parallel_for(images, active.map_pixels * channels, [&](Index image) {
        Scalar* values = active.values + image * active.map_pixels * channels;
        detail::list_image(
            active, image,
            [&](Index pixel, Index word) {
                return detail::bits_of_values<Scalar, Arch>(x + pixel * channels + 64 * word,
                                                            channels_of_word(word, channels));
            },
            [&](Index entry, Index pixel, Index channel) { values[entry] = x[pixel * channels + channel]; });
    });
}

/// Share of values that are not 0.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL double active_share(const Scalar* x, Index size) {
    Index active = 0;
    for (Index first = 0; first < size; first += 64) {
        active += std::popcount(detail::bits_of_values<Scalar, Arch>(x + first, std::min<Index>(64, size - first)));
    }
    return size == 0 ? 0.0 : static_cast<double>(active) / static_cast<double>(size);
}

/// Memory of an arena for the active channels of maps [images, map_pixels, channels] of lines as long as `width`.
class ActiveChannelsMemory {
 public:
    ActiveChannelsMemory(Arena& arena, Index images, Index width, Index map_pixels, Index channels)
        : images_(images),
          begin_(arena, ActiveChannels::begin_size(images, map_pixels, channels)),
          entries_(arena, images * map_pixels * channels),
          active_{width, map_pixels, channels, begin_.data(), entries_.data()} {}

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
        : images_(images),
          begin_(arena, ActiveChannels::begin_size(images, map_pixels, channels)),
          entries_(arena, images * map_pixels * channels),
          values_(arena, images * map_pixels * channels),
          active_{{width, map_pixels, channels, begin_.data(), entries_.data()}, values_.data()} {}

    /// The lists of x [images, map_pixels, channels]; they are as short-lived as this object.
    const ActiveValues<Scalar>& list(const Scalar* x) const {
        list_active_values<Scalar>(x, images_, active_);
        return active_;
    }

 private:
    Index images_;
    Scratch<std::int32_t> begin_;
    Scratch<std::uint16_t> entries_;
    Scratch<Scalar> values_;
    ActiveValues<Scalar> active_;
};

}  // namespace staa::inline STAA_ABI
