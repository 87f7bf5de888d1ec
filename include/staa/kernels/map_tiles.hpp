// SPDX-License-Identifier: MIT
// Maps cut into tiles that stay in the first cache with a border of zeros: every neighbour of a pixel lies at a fixed
// distance from it, inside the map or not.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "staa/core/bit_positions.hpp"
#include "staa/core/spikes.hpp"
#include "staa/core/tensor.hpp"
#include "staa/kernels/convolution_geometry.hpp"

namespace staa::inline STAA_ABI {

/// The tiles of maps [images, height, width] for a kernel of `2 · border + 1` pixels. A tile is a part of one map, or, of
/// small maps, several whole maps; with their borders its pixels number at most `capacity`.
class MapTiles {
 public:
    /// With 32 channels of float 22 KB, which leaves a first cache of 32 KB room for the weights.
    static constexpr Index capacity = 184;

    MapTiles(Index images, Index height, Index width, Index border)
        : images_(images), height_(height), width_(width), border_(border) {
        Index fewest = std::numeric_limits<Index>::max();
        for (Index across = 1; across <= width; ++across) {  // as wide as needs the fewest positions in all
            const Index columns = parts(width, across), rows = rows_of(columns);
            if (rows > 0) {
                const Index padded = (rows + 2 * border) * (columns + 2 * border);
                const Index positions = parts(height, rows) * parts(width, columns) * padded;
                if (positions < fewest) {
                    fewest = positions;
                    columns_ = columns;
                    rows_ = rows;
                }
            }
        }
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

    /// Calls visit(pixel, position) for the first pixel of every line: its number among all pixels, and its place in the
    /// tile with border.
    template <class Visit>
    void for_lines(const Tile& t, Visit&& visit) const {
        for (Index image = 0; image < t.images; ++image) {
            for (Index y = 0; y < t.rows; ++y) {
                visit(((t.image + image) * height_ + t.y + y) * width_ + t.x,
                      (image * padded_rows() + y + border_) * padded_columns() + border_);
            }
        }
    }

    /// The same for every pixel.
    template <class Visit>
    void for_pixels(const Tile& t, Visit&& visit) const {
        for_lines(t, [&](Index pixel, Index position) {
            for (Index x = 0; x < t.columns; ++x) {
                visit(pixel + x, position + x);
            }
        });
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
    /// Rows of a tile of so many columns; below 1 if it holds none.
    Index rows_of(Index columns) const { return std::min(height_, capacity / (columns + 2 * border_) - 2 * border_); }
    Index padded_rows() const { return rows_ + 2 * border_; }
    Index images_, height_, width_, border_, columns_ = 1, rows_ = 1, group_;
};

/// For every tile and channel the pixels whose bit is set, as places in the tile: ActiveChannels turned round. Tile i has
/// its places in positions[i · room] on, those of channel c from begin[i · (channels + 1) + c] to the next one's begin.
struct ActivePixels {
    Index channels, room;
    std::int32_t* begin;       // [tiles][channels + 1]
    std::uint16_t* positions;  // [tiles][room]

    /// The bits of a byte are listed whole, so the last ones need some places more.
    static Index room_of(const MapTiles& tiles, Index channels) { return tiles.pixels() * channels + 8; }

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
        for (int first = 0; first < 64; first += 2 * half) {
            for (int row = first; row < first + half; ++row) {
                const std::uint64_t change = (square[row] >> half ^ square[row + half]) & low;
                square[row + half] ^= change;
                square[row] ^= change << half;
            }
        }
    }
}

/// The pixels of a tile, eight of a line at a time: their bits make a byte, and their places follow each other.
struct TileBytes {
    static constexpr Index capacity = (MapTiles::capacity + 7) / 8 * 8;
    Index count = 0;
    Index pixel[capacity], pixels[capacity];  ///< the first one's number among all, and how many
    std::uint64_t positions[capacity] = {};   ///< four times the first one's place in the tile

    TileBytes(const MapTiles& tiles, const MapTiles::Tile& tile) {
        tiles.for_lines(tile, [&](Index first, Index position) {
            for (Index x = 0; x < tile.columns; x += 8, ++count) {
                pixel[count] = first + x;
                pixels[count] = std::min<Index>(8, tile.columns - x);
                positions[count] = four_times(position + x);
            }
        });
    }
    Index squares() const { return (count + 7) / 8; }
};

/// Turns the bits of one word of 64 channels at all pixels into words of eight bytes of pixels a channel.
inline void gather_bits(const std::uint64_t* bits, Index words, const TileBytes& bytes, std::uint64_t (*squares)[64]) {
    for (Index i = 0; i < bytes.squares(); ++i) {
        std::uint64_t(&square)[64] = squares[i];
        std::fill(square, square + 64, std::uint64_t{0});
        for (Index byte = 8 * i; byte < std::min(bytes.count, 8 * i + 8); ++byte) {
            for (Index k = 0; k < bytes.pixels[byte]; ++k) {
                square[byte % 8 * 8 + k] = bits[(bytes.pixel[byte] + k) * words];
            }
        }
        transpose_bits(square);
    }
}

}  // namespace detail

/// Fills `active` from bits [pixels][words_for(channels)].
inline void list_active_pixels(const MapTiles& tiles, const std::uint64_t* bits, const ActivePixels& active) {
    const Index words = words_for(active.channels);
    parallel_for(tiles.count(), active.room / 4, [&](Index tile) {
        const detail::TileBytes bytes(tiles, tiles.tile(tile));
        std::int32_t* begin = active.begin + tile * (active.channels + 1);
        std::uint16_t* const positions = active.positions + tile * active.room;
        std::uint16_t* to = positions;
        std::uint64_t squares[words_for(8 * detail::TileBytes::capacity)][64];
        for (Index channel = 0; channel < active.channels; ++channel) {
            if (channel % 64 == 0) {
                detail::gather_bits(bits + channel / 64, words, bytes, squares);
            }
            begin[channel] = static_cast<std::int32_t>(to - positions);
            for (Index i = 0; i < bytes.squares(); ++i) {
                const std::uint64_t of_channel = squares[i][channel % 64];
                for (Index byte = 0; byte < 8; ++byte) {
                    to += detail::list_byte(of_channel >> (8 * byte), bytes.positions[8 * i + byte], to);
                }
            }
        }
        begin[active.channels] = static_cast<std::int32_t>(to - positions);
    });
}

/// Memory of an arena for the active pixels of `channels` in tiles.
class ActivePixelsMemory {
 public:
    ActivePixelsMemory(Arena& arena, const MapTiles& tiles, Index channels)
        : tiles_(tiles),
          begin_(arena, tiles.count() * (channels + 1)),
          positions_(arena, tiles.count() * ActivePixels::room_of(tiles, channels)),
          active_{channels, ActivePixels::room_of(tiles, channels), begin_.data(), positions_.data()} {}

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
