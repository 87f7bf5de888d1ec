// SPDX-License-Identifier: MIT
// Lists of the pixels that spike, channel by channel, in the tiles of map_tiles.hpp.
#pragma once

#include <algorithm>
#include <cstdint>

#include "staa/core/bit_positions.hpp"
#include "staa/core/scratch.hpp"
#include "staa/core/spikes.hpp"
#include "staa/kernels/convolution/active_channels.hpp"
#include "staa/kernels/convolution/map_tiles.hpp"

namespace staa {
inline namespace STAA_ABI {

/// For every tile and channel the pixels whose bit is set, as positions in the tile with its border. The positions of
/// tile i begin at positions[i · room]. Counted from there, those of channel c are numbers begin[i · (channels + 1) +
/// c] up to begin[i · (channels + 1) + c + 1].
struct ActivePixels {
    Index channels, room;
    std::int32_t* begin;       // [tiles][channels + 1]
    std::uint16_t* positions;  // [tiles][room]

    /// Positions for which a tile has room: 64 more than neurons, because words of bits are listed whole and kernels
    /// read ahead.
    static Index room_of(const MapTiles& tiles, Index channels) { return tiles.pixels() * channels + 64; }

    const std::uint16_t* first(Index tile, Index channel) const {
        return positions + tile * room + begin[tile * (channels + 1) + channel];
    }
    Index count(Index tile, Index channel) const {
        const std::int32_t* at = begin + tile * (channels + 1) + channel;
        return at[1] - at[0];
    }
    Index count(Index tile) const { return begin[tile * (channels + 1) + channels]; }
};

/// The same for an analog map that is mostly 0, such as pooled spikes. Position positions[e] has the value values[e].
template <class Scalar>
struct ActivePixelValues : ActivePixels {
    Scalar* values;  // [tiles][room]

    const Scalar* first_value(Index tile, Index channel) const { return values + (first(tile, channel) - positions); }
};

namespace detail {

/// Transposes a square of 64 x 64 bits: bit r of word c becomes bit c of word r. Two squares of 32 x 32 bits change
/// places, then two of 16 x 16 in each quarter, and so on down to single bits.
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

/// The pixels of a tile in groups of up to eight neighbours of a line. The bits of a group are one byte of a word.
struct TileBytes {
    static constexpr Index capacity = (MapTiles::capacity + 7) / 8 * 8;
    Index count = 0;
    Index pixel[capacity], pixels[capacity];  ///< number of the first pixel through all images, and how many
    std::uint16_t places[8 * capacity] = {};  ///< of each pixel, in the tile with its border

    TileBytes(const MapTiles& tiles, const MapTiles::Tile& tile) {
        tiles.for_lines(tile, [&](Index first, Index position) {
            for (Index x = 0; x < tile.width; x += 8, ++count) {
                pixel[count] = first + x;
                pixels[count] = std::min<Index>(8, tile.width - x);
                for (Index k = 0; k < pixels[count]; ++k) {
                    places[8 * count + k] = static_cast<std::uint16_t>(position + x + k);
                }
            }
        });
    }
    /// Squares of 64 pixels.
    Index squares() const { return (count + 7) / 8; }
};

/// Fills squares[i] with one word per channel, whose bits are the pixels of eight groups. word_at(pixel) gives the bits
/// of 64 channels at a pixel.
template <class WordAt>
void gather_bits(const TileBytes& bytes, std::uint64_t (*squares)[64], const WordAt& word_at) {
    for (Index i = 0; i < bytes.squares(); ++i) {
        std::uint64_t(&square)[64] = squares[i];
        std::fill(square, square + 64, std::uint64_t{0});
        for (Index byte = 8 * i; byte < std::min(bytes.count, 8 * i + 8); ++byte) {
            for (Index k = 0; k < bytes.pixels[byte]; ++k) {
                square[byte % 8 * 8 + k] = word_at(bytes.pixel[byte] + k);
            }
        }
        transpose_bits(square);
    }
}

/// Makes the lists of one tile. word_at(pixel, word) gives the bits of 64 channels at a pixel.
template <class WordAt>
void list_tile(const MapTiles& tiles, Index tile, const ActivePixels& active, const WordAt& word_at) {
    const TileBytes bytes(tiles, tiles.tile(tile));
    std::int32_t* begin = active.begin + tile * (active.channels + 1);
    std::uint16_t* const positions = active.positions + tile * active.room;
    std::uint16_t* to = positions;
    std::uint64_t squares[words_for(8 * TileBytes::capacity)][64];
    for (Index channel = 0; channel < active.channels; ++channel) {
        if (channel % 64 == 0) {
            gather_bits(bytes, squares, [&](Index pixel) STAA_INLINE_LAMBDA { return word_at(pixel, channel / 64); });
        }
        begin[channel] = static_cast<std::int32_t>(to - positions);
        for (Index i = 0; i < bytes.squares(); ++i) {
            to += list_word(squares[i][channel % 64], 64, bytes.places + 64 * i, 0, to);
        }
    }
    begin[active.channels] = static_cast<std::int32_t>(to - positions);
}

/// For each position of a tile the offset of its pixel in a map of `channels` channels.
struct TileOffsets {
    Index offset[MapTiles::capacity];

    TileOffsets(const MapTiles& tiles, Index tile, Index channels) {
        tiles.for_pixels(tiles.tile(tile), [&](Index pixel, Index position) { offset[position] = pixel * channels; });
    }
};

}  // namespace detail

/// Fills `active` from bits [pixels][words_for(channels)].
inline void list_active_pixels(const MapTiles& tiles, const std::uint64_t* bits, const ActivePixels& active) {
    const Index words = words_for(active.channels);
    parallel_for(tiles.count(), active.room / 4, [&](Index tile) {
        detail::list_tile(tiles, tile, active,
                          [&](Index pixel, Index word) STAA_INLINE_LAMBDA { return bits[pixel * words + word]; });
    });
}

/// Fills `active` from x [pixels, channels].
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void list_active_pixel_values(const MapTiles& tiles, const Scalar* x,
                                          const ActivePixelValues<Scalar>& active) {
    const Index channels = active.channels;
    parallel_for(tiles.count(), active.room, [&](Index tile) {
        detail::list_tile(tiles, tile, active, [&](Index pixel, Index word) STAA_INLINE_LAMBDA {
            return detail::bits_of_values<Scalar, Arch>(x + pixel * channels + 64 * word,
                                                        channels_of_word(word, channels));
        });
        const detail::TileOffsets at(tiles, tile, channels);
        for (Index c = 0; c < channels; ++c) {
            const std::uint16_t* position = active.first(tile, c);
            Scalar* values = active.values + (position - active.positions);
            for (Index i = 0; i < active.count(tile, c); ++i) {
                values[i] = x[at.offset[position[i]] + c];
            }
        }
    });
}

/// Memory in an arena for the active pixels of `channels` channels in tiles.
class ActivePixelsMemory {
 public:
    ActivePixelsMemory(Arena& arena, const MapTiles& tiles, Index channels)
        : tiles_(tiles),
          begin_(arena, tiles.count() * (channels + 1)),
          positions_(arena, tiles.count() * ActivePixels::room_of(tiles, channels)),
          active_{channels, ActivePixels::room_of(tiles, channels), begin_.data(), positions_.data()} {}

    const MapTiles& tiles() const { return tiles_; }
    /// The lists without making them: before a call of `list` they hold anything.
    const ActivePixels& lists() const { return active_; }

    /// Makes the lists of bits [pixels][words_for(channels)]. They live as long as this object.
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

/// The same with the values of an analog map.
template <class Scalar>
class ActivePixelValuesMemory {
 public:
    ActivePixelValuesMemory(Arena& arena, const MapTiles& tiles, Index channels)
        : pixels_(arena, tiles, channels),
          values_(arena, tiles.count() * pixels_.lists().room),
          active_{pixels_.lists(), values_.data()} {}

    const MapTiles& tiles() const { return pixels_.tiles(); }

    /// Makes the lists of x [pixels, channels]. They live as long as this object.
    const ActivePixelValues<Scalar>& list(const Scalar* x) const {
        list_active_pixel_values<Scalar>(tiles(), x, active_);
        return active_;
    }

 private:
    ActivePixelsMemory pixels_;
    Scratch<Scalar> values_;
    ActivePixelValues<Scalar> active_;
};

}  // namespace STAA_ABI
}  // namespace staa
