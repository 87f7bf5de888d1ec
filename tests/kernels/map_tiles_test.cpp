// SPDX-License-Identifier: MIT
#include "staa/kernels/convolution/map_tiles.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "kernels/cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::MapTiles;

struct Maps {
    Index images, height, width, border;
};

/// Tiles of several maps, of one map, of some lines of a map, and of parts of lines.
const Maps all_maps[] = {{9, 1, 1, 0},   {9, 1, 1, 1},   {5, 2, 2, 1},   {3, 7, 7, 1},   {2, 32, 32, 1},
                         {2, 32, 32, 0}, {1, 5, 200, 1}, {1, 3, 500, 0}, {2, 40, 90, 2}, {70, 4, 4, 1}};

TEST_CASE("Every pixel of the maps is in one tile", "[kernels]") {
    for (const Maps& m : all_maps) {
        INFO(m.images << " maps " << m.height << "x" << m.width << ", border " << m.border);
        const MapTiles tiles(m.images, m.height, m.width, m.border);
        std::vector<int> met(static_cast<std::size_t>(m.images * m.height * m.width));
        for (Index i = 0; i < tiles.count(); ++i) {
            Index pixels = 0;
            tiles.for_pixels(tiles.tile(i), [&](Index pixel, Index) {
                ++met.at(static_cast<std::size_t>(pixel));
                ++pixels;
            });
            CHECK(pixels <= tiles.pixels());
        }
        CHECK(std::all_of(met.begin(), met.end(), [](int times) { return times == 1; }));
    }
}

TEST_CASE("A pixel's neighbours lie at fixed distances in its tile, and those outside the map are -1", "[kernels]") {
    for (const Maps& m : all_maps) {
        INFO(m.images << " maps " << m.height << "x" << m.width << ", border " << m.border);
        const MapTiles tiles(m.images, m.height, m.width, m.border);
        for (Index i = 0; i < tiles.count(); ++i) {
            std::map<Index, Index> pixel_at;
            tiles.for_positions(tiles.tile(i), [&](Index pixel, Index position) {
                CHECK((position >= 0 && position < MapTiles::capacity));
                pixel_at[position] = pixel;
            });
            bool holds = true;
            tiles.for_pixels(tiles.tile(i), [&](Index pixel, Index position) {
                const Index y = pixel / m.width % m.height, x = pixel % m.width;
                for (Index dy = -m.border; dy <= m.border; ++dy)
                    for (Index dx = -m.border; dx <= m.border; ++dx) {
                        const bool inside = y + dy >= 0 && y + dy < m.height && x + dx >= 0 && x + dx < m.width;
                        const auto neighbour = pixel_at.find(position + dy * tiles.padded_width() + dx);
                        holds = holds && neighbour != pixel_at.end() &&
                                neighbour->second == (inside ? pixel + dy * m.width + dx : -1);
                    }
            });
            CHECK(holds);
        }
    }
}

}  // namespace
