// SPDX-License-Identifier: MIT
// Maps cut into tiles that stay in the first cache with a border of zeros: every neighbour of a pixel lies at a fixed
// distance from it, inside the map or not.
#pragma once

#include <algorithm>
#include <limits>

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

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

}  // namespace STAA_ABI
}  // namespace staa
