// SPDX-License-Identifier: MIT
// From bits to lists: the channels that spike, pixel by pixel. Made once, used by every tap of a convolution.
#pragma once

#include <cstdint>

#include "staa/core/spikes.hpp"

namespace staa::inline STAA_ABI {

/// For every pixel the channels that spike, ascending: channels[begin[pixel]] .. channels[begin[pixel] + count[pixel]).
/// Pixels of one image lie together; each image has room for all its neurons, so images are listed independently.
struct ActiveChannels {
    std::int64_t* begin;      // [pixels]
    std::int32_t* count;      // [pixels]
    std::uint16_t* channels;  // [images][map_pixels · channels]
};

/// Fills `active` from bits [images · map_pixels][words_for(channels)]. channels must be below 65,536.
inline void list_active_channels(const std::uint64_t* words, Index images, Index map_pixels, Index channels,
                                 const ActiveChannels& active) {
    const Index words_per_pixel = words_for(channels);
    parallel_for(images, map_pixels * channels / 4, [&](Index image) {
        std::int64_t next = image * map_pixels * channels;
        for (Index pixel = image * map_pixels; pixel < (image + 1) * map_pixels; ++pixel) {
            active.begin[pixel] = next;
            for_active_channels(words + pixel * words_per_pixel, words_per_pixel,
                                [&](Index channel) { active.channels[next++] = static_cast<std::uint16_t>(channel); });
            active.count[pixel] = static_cast<std::int32_t>(next - active.begin[pixel]);
        }
    });
}

}  // namespace staa::inline STAA_ABI
