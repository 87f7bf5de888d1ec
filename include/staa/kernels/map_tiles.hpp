// SPDX-License-Identifier: MIT
// Maps cut into tiles that stay in the first cache with a border of zeros: every neighbour of a pixel lies at a fixed
// distance from it, inside the map or not.
#pragma once

#include <algorithm>
#include <cstdint>

#include "staa/core/spikes.hpp"
#include "staa/core/tensor.hpp"
#include "staa/kernels/convolution_geometry.hpp"

namespace staa::inline STAA_ABI {

/// The tiles of maps [images, height, width] for a kernel of `2 · border + 1` pixels. A tile is a band of one map, or, of
/// small maps, several whole maps; with their borders its pixels number at most `capacity`.
class MapTiles {
 public:
    /// With 32 channels of float 22 KB, which leaves a first cache of 32 KB room for the weights.
    static constexpr Index capacity = 184;

    MapTiles(Index images, Index height, Index width, Index border)
        : images_(images), height_(height), width_(width), border_(border) {
        columns_ = std::min(width, std::max<Index>(1, capacity / (1 + 2 * border) - 2 * border));
        rows_ = std::clamp<Index>(capacity / padded_columns() - 2 * border, 1, height);
        const Index padded = (rows_ + 2 * border) * padded_columns();
        group_ = rows_ == height && columns_ == width ? std::clamp<Index>(capacity / padded, 1, images) : 1;
    }

    /// Where a tile lies: maps [image, image + images), rows [y, y + rows), columns [x, x + columns).
    struct Tile {
        Index image, images, y, rows, x, columns;
    };

    Index count() const { return parts(images_, group_) * parts(height_, rows_) * parts(width_, columns_); }
    /// Pixels of the largest tile, without border.
    Index pixels() const { return group_ * rows_ * columns_; }
    /// From a pixel to the one below it, in a tile with its border.
    Index padded_columns() const { return columns_ + 2 * border_; }

    Tile tile(Index i) const {
        const Index across = parts(width_, columns_), down = parts(height_, rows_);
        const Index x = i % across * columns_, y = i / across % down * rows_, image = i / (across * down) * group_;
        return {image, std::min(group_, images_ - image), y, std::min(rows_, height_ - y),
                x,     std::min(columns_, width_ - x)};
    }

    /// Calls visit(pixel, position): its number among all pixels, and its place in the tile with border.
    template <class Visit>
    void for_pixels(const Tile& t, Visit&& visit) const {
        for (Index image = 0; image < t.images; ++image) {
            for (Index y = 0; y < t.rows; ++y) {
                const Index pixel = ((t.image + image) * height_ + t.y + y) * width_ + t.x;
                const Index position = (image * padded_rows() + y + border_) * padded_columns() + border_;
                for (Index x = 0; x < t.columns; ++x) {
                    visit(pixel + x, position + x);
                }
            }
        }
    }

    /// Calls visit(pixel, position) for every position of the tile and its border, in order; pixel is -1 outside the map.
    template <class Visit>
    void for_positions(const Tile& t, Visit&& visit) const {
        Index position = 0;
        for (Index image = t.image; image < t.image + t.images; ++image) {
            for (Index y = t.y - border_; y < t.y - border_ + padded_rows(); ++y) {
                const bool is_row = y >= 0 && y < height_;
                for (Index x = t.x - border_; x < t.x - border_ + padded_columns(); ++x, ++position) {
                    visit(is_row && x >= 0 && x < width_ ? (image * height_ + y) * width_ + x : -1, position);
                }
            }
        }
    }

 private:
    static constexpr Index parts(Index size, Index part) { return (size + part - 1) / part; }
    Index padded_rows() const { return rows_ + 2 * border_; }
    Index images_, height_, width_, border_, columns_, rows_, group_;
};

/// For every tile and channel the pixels whose bit is set, as places in the tile: ActiveChannels turned round. Tile i has
/// its places in positions[i · room] on, those of channel c from begin[i · (channels + 1) + c] to the next one's begin.
struct ActivePixels {
    Index channels, room;
    std::int32_t* begin;       // [tiles][channels + 1]
    std::uint16_t* positions;  // [tiles][room], room = pixels of the largest tile · channels

    const std::uint16_t* first(Index tile, Index channel) const {
        return positions + tile * room + begin[tile * (channels + 1) + channel];
    }
    Index count(Index tile, Index channel) const {
        const std::int32_t* at = begin + tile * (channels + 1) + channel;
        return at[1] - at[0];
    }
    Index count(Index tile) const { return begin[tile * (channels + 1) + channels]; }
};

namespace detail {

/// A square of 64 x 64 bits turned round: bit r of word c becomes bit c of word r. By halves: 32 x 32 squares change
/// places, then the 16 x 16 squares in each, down to single bits.
inline void transpose_bits(std::uint64_t (&square)[64]) {
    std::uint64_t low = 0x00000000FFFFFFFF;
    for (int half = 32; half != 0; half /= 2, low ^= low << half) {
        for (int row = 0; row < 64; row = (row + half + 1) & ~half) {
            const std::uint64_t change = (square[row] >> half ^ square[row + half]) & low;
            square[row + half] ^= change;
            square[row] ^= change << half;
        }
    }
}

/// The bits of one word of 64 channels at `count` pixels, as words of 64 pixels a channel; zeros fill up the last ones.
template <Index Squares>
void gather_bits(const std::uint64_t* bits, Index words, const Index* pixels, Index count,
                 std::uint64_t (&squares)[Squares][64]) {
    for (Index first = 0; first < count; first += 64) {
        std::uint64_t(&square)[64] = squares[first / 64];
        std::fill(square, square + 64, std::uint64_t{0});
        for (Index i = first; i < std::min(count, first + 64); ++i) {
            square[i - first] = bits[pixels[i] * words];
        }
        transpose_bits(square);
    }
}

}  // namespace detail

/// Fills `active` from bits [pixels][words_for(channels)].
inline void list_active_pixels(const MapTiles& tiles, const std::uint64_t* bits, const ActivePixels& active) {
    const Index words = words_for(active.channels);
    parallel_for(tiles.count(), active.room / 4, [&](Index tile) {
        Index pixels[MapTiles::capacity], count = 0;
        std::uint16_t places[MapTiles::capacity];
        tiles.for_pixels(tiles.tile(tile), [&](Index pixel, Index position) {
            pixels[count] = pixel;
            places[count++] = static_cast<std::uint16_t>(position);
        });
        std::int32_t* begin = active.begin + tile * (active.channels + 1);
        std::uint16_t* positions = active.positions + tile * active.room;
        std::int32_t next = 0;
        std::uint64_t squares[words_for(MapTiles::capacity)][64];
        for (Index channel = 0; channel < active.channels; ++channel) {
            if (channel % 64 == 0) {
                detail::gather_bits(bits + channel / 64, words, pixels, count, squares);
            }
            begin[channel] = next;
            for (Index first = 0; first < count; first += 64) {
                for_active_channels(&squares[first / 64][channel % 64], 1,
                                    [&](Index i) { positions[next++] = places[first + i]; });
            }
        }
        begin[active.channels] = next;
    });
}

/// Memory of an arena for the active pixels of `channels` in tiles.
class ActivePixelsMemory {
 public:
    ActivePixelsMemory(Arena& arena, const MapTiles& tiles, Index channels)
        : tiles_(tiles),
          begin_(arena, tiles.count() * (channels + 1)),
          positions_(arena, tiles.count() * tiles.pixels() * channels),
          active_{channels, tiles.pixels() * channels, begin_.data(), positions_.data()} {}

    const MapTiles& tiles() const { return tiles_; }

    /// The lists of bits [pixels][words_for(channels)]; they are as short-lived as this object.
    const ActivePixels& list(const std::uint64_t* bits) const {
        list_active_pixels(tiles_, bits, active_);
        return active_;
    }

 private:
    MapTiles tiles_;
    Scratch<std::int32_t> begin_;
    Scratch<std::uint16_t> positions_;
    ActivePixels active_;
};

}  // namespace staa::inline STAA_ABI
