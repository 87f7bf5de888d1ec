// SPDX-License-Identifier: MIT
// From bits to lists: the channels that spike, pixel by pixel. Made once, used by every tap of a convolution.
#pragma once

#include <cstdint>

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

/// Fills `active` from bits [images · map_pixels][words_for(channels)].
inline void list_active_channels(const std::uint64_t* bits, Index images, const ActiveChannels& active) {
    const Index words = words_for(active.channels), pixels = active.map_pixels;
    parallel_for(images, pixels * active.channels / 4, [&](Index image) {
        std::uint16_t* entries = active.entries_of(image);
        std::int32_t next = 0;
        for (Index word = 0; word < words; ++word) {
            const Index rows = channels_of_word(word, active.channels);
            std::int32_t* begin = active.begins(image, word);
            const std::uint64_t* at = bits + image * pixels * words + word;
            for (Index pixel = 0, x = 0; pixel < pixels; ++pixel, at += words) {
                begin[pixel] = next;
                for_active_channels(
                    at, 1, [&](Index channel) { entries[next++] = static_cast<std::uint16_t>(x * rows + channel); });
                x = x + 1 == active.width ? 0 : x + 1;
            }
            begin[pixels] = next;
        }
    });
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

}  // namespace staa::inline STAA_ABI
