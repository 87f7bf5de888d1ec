// SPDX-License-Identifier: MIT
// Maps cut into tiles. A tile stays in the first cache, with a border of zeros: so every neighbour of a pixel lies at a
// fixed distance from it, whether it is inside the map or not.
#pragma once

#include <algorithm>
#include <limits>

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The tiles of maps [images, height, width] for a kernel of `2 · border + 1` pixels. A tile is a part of one map or,
/// if maps are small, several whole maps. With its border it has at most `capacity` positions.
class MapTiles {
 public:
    /// With 32 channels of float a tile takes 22 KB: a first cache of 32 KB has room for the weights beside it.
    static constexpr Index capacity = 184;

    MapTiles(Index images, Index height, Index width, Index border)
        : images_(images), height_(height), width_(width), border_(border) {
        Index fewest = std::numeric_limits<Index>::max();
        for (Index across = 1; across <= width; ++across) {  // takes the width with the fewest positions in all
            const Index tile_width = parts(width, across), lines = lines_of(tile_width);
            if (lines > 0) {
                const Index padded = (lines + 2 * border) * (tile_width + 2 * border);
                const Index positions = parts(height, lines) * parts(width, tile_width) * padded;
                if (positions < fewest) {
                    fewest = positions;
                    tile_width_ = tile_width;
                    tile_lines_ = lines;
                }
            }
        }
        const Index padded = (tile_lines_ + 2 * border) * padded_width();
        group_ = tile_lines_ == height && tile_width_ == width ? std::clamp<Index>(capacity / padded, 1, images) : 1;
    }

    /// Where a tile lies: maps [image, image + images), lines [y, y + lines), pixels [x, x + width) of each line.
    struct Tile {
        Index image, images, y, lines, x, width;
    };

    Index count() const { return parts(images_, group_) * parts(height_, tile_lines_) * parts(width_, tile_width_); }
    /// Pixels of the largest tile, without its border.
    Index pixels() const { return group_ * tile_lines_ * tile_width_; }
    /// From a pixel to the one below it, in a tile with its border.
    Index padded_width() const { return tile_width_ + 2 * border_; }

    /// Tile i < count().
    Tile tile(Index i) const {
        const Index across = parts(width_, tile_width_), down = parts(height_, tile_lines_);
        const Index x = i % across * tile_width_, y = i / across % down * tile_lines_,
                    image = i / (across * down) * group_;
        return {image, std::min(group_, images_ - image), y, std::min(tile_lines_, height_ - y),
                x,     std::min(tile_width_, width_ - x)};
    }

    /// Calls visit(pixel, position) for the first pixel of every line: its number through all images, and its position
    /// in the tile with its border.
    template <class Visit>
    void for_lines(const Tile& t, Visit&& visit) const {
        for (Index image = 0; image < t.images; ++image) {
            for (Index y = 0; y < t.lines; ++y) {
                visit(((t.image + image) * height_ + t.y + y) * width_ + t.x,
                      (image * padded_lines() + y + border_) * padded_width() + border_);
            }
        }
    }

    /// The same for every pixel.
    template <class Visit>
    void for_pixels(const Tile& t, Visit&& visit) const {
        for_lines(t, [&](Index pixel, Index position) {
            for (Index x = 0; x < t.width; ++x) {
                visit(pixel + x, position + x);
            }
        });
    }

    /// Calls visit(pixel, position) for every position of the tile and its border, in order; pixel is -1 outside the
    /// map.
    template <class Visit>
    void for_positions(const Tile& t, Visit&& visit) const {
        Index position = 0;
        for (Index image = t.image; image < t.image + t.images; ++image) {
            for (Index y = t.y - border_; y < t.y - border_ + padded_lines(); ++y) {
                const bool is_line = y >= 0 && y < height_;
                for (Index x = t.x - border_; x < t.x - border_ + padded_width(); ++x, ++position) {
                    visit(is_line && x >= 0 && x < width_ ? (image * height_ + y) * width_ + x : -1, position);
                }
            }
        }
    }

 private:
    static constexpr Index parts(Index size, Index part) { return (size + part - 1) / part; }
    /// Lines of a tile of lines of `tile_width` pixels; below 1 if not even one line fits.
    Index lines_of(Index tile_width) const {
        return std::min(height_, capacity / (tile_width + 2 * border_) - 2 * border_);
    }
    Index padded_lines() const { return tile_lines_ + 2 * border_; }
    Index images_, height_, width_, border_, tile_width_ = 1, tile_lines_ = 1, group_;
};

}  // namespace STAA_ABI
}  // namespace staa
