// SPDX-License-Identifier: MIT
// Spikes: one bit per neuron and step, packed along the channels.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "staa/core/scratch.hpp"
#include "staa/core/shape.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Words of 64 bits that hold `channels` bits.
constexpr Index words_for(Index channels) { return (channels + 63) / 64; }

/// Binary maps [T, N, H, W, C]. Bit c % 64 of word c / 64 of a pixel is channel c; bits beyond the last channel are 0.
/// In training, spikes may carry a second plane of bits, the window: the neurons whose surrogate slope is not 0. The
/// layer that reads the spikes need not compute the gradient of the others, because it is multiplied by 0.
class Spikes {
 public:
    /// The extents [T, N, H, W, C].
    const Extents& extents() const { return extents_; }
    /// Words of 64 bits per pixel.
    Index words_per_pixel() const { return words_for(extents_.channels); }
    /// Words of all pixels.
    Index words() const { return extents_.pixels() * words_per_pixel(); }

    /// The first word.
    std::uint64_t* data() { return static_cast<std::uint64_t*>(block_.address()); }
    /// The first word.
    const std::uint64_t* data() const { return static_cast<const std::uint64_t*>(block_.address()); }

    /// The words of image `image` = step · batch + n.
    std::uint64_t* map(Index image) { return data() + image * extents_.map_pixels() * words_per_pixel(); }
    /// The words of image `image` = step · batch + n.
    const std::uint64_t* map(Index image) const { return data() + image * extents_.map_pixels() * words_per_pixel(); }

    /// The window, with the same layout as `data`; null if the spikes carry none.
    std::uint64_t* window() { return static_cast<std::uint64_t*>(window_.address()); }
    /// The words of the window.
    const std::uint64_t* window() const { return static_cast<const std::uint64_t*>(window_.address()); }
    /// The window of image `image`; null if the spikes carry none.
    std::uint64_t* window_map(Index image) {
        return window() == nullptr ? nullptr : window() + image * extents_.map_pixels() * words_per_pixel();
    }

    /// Takes the extents; all bits become 0 and there is no window. Keeps its memory if that is large enough.
    void resize(Arena& arena, const Extents& extents) {
        extents_ = extents;
        window_.release();
        make_zeros(arena, block_);
    }

    /// Adds a window, with all bits 0.
    void add_window(Arena& arena) { make_zeros(arena, window_); }

    /// Gives the memory back to its arena.
    void release() {
        extents_ = {};
        block_.release();
        window_.release();
    }

    /// Whether the bit of a channel is set; `pixel` counts through all images.
    bool test(Index pixel, Index channel) const {
        return (data()[pixel * words_per_pixel() + channel / 64] >> (channel % 64) & 1u) != 0;
    }
    /// Sets it.
    void set(Index pixel, Index channel) {
        data()[pixel * words_per_pixel() + channel / 64] |= std::uint64_t{1} << (channel % 64);
    }

    /// How many bits are set.
    Index count() const { return count(data()); }

    /// Share of neurons and steps that fire, in [0, 1].
    double firing_rate() const { return share(data()); }
    /// Share of neurons and steps inside the surrogate's window; 1 if the spikes carry none.
    double window_share() const { return window() == nullptr ? 1.0 : share(window()); }

 private:
    Index count(const std::uint64_t* bits) const {
        Index total = 0;
        for (Index i = 0; i < words(); ++i) {
            total += std::popcount(bits[i]);
        }
        return total;
    }
    double share(const std::uint64_t* bits) const {
        return extents_.size() == 0 ? 0.0 : static_cast<double>(count(bits)) / static_cast<double>(extents_.size());
    }
    void make_zeros(Arena& arena, Arena::Block& block) {
        const Index count =
            detail::checked_product(extents_.steps, extents_.batch, extents_.height, extents_.width, words_per_pixel());
        const std::size_t bytes = detail::bytes_of<std::uint64_t>(count);
        if (block.capacity() < bytes) {
            block.release();
            block = arena.take(bytes);
        }
        std::fill_n(static_cast<std::uint64_t*>(block.address()), words(), std::uint64_t{0});
    }

    Extents extents_;
    Arena::Block block_, window_;
};

/// Calls visit(channel) for each set bit of `count` words, in ascending order.
template <class Visit>
void for_active_channels(const std::uint64_t* words, Index count, Visit&& visit) {
    for (Index i = 0; i < count; ++i) {
        for (std::uint64_t rest = words[i]; rest != 0; rest &= rest - 1) {
            visit(64 * i + std::countr_zero(rest));
        }
    }
}

}  // namespace STAA_ABI
}  // namespace staa
