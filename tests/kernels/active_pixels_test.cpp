// SPDX-License-Identifier: MIT
#include "staa/kernels/convolution/active_pixels.hpp"

#include <map>
#include <numeric>
#include <set>

#include "kernels/cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::MapTiles;

struct Maps {
    Index images, height, width, border;
};

/// Tiles of several maps, of one map, of some lines of a map, and of parts of lines.
const Maps all_maps[] = {{9, 1, 1, 0}, {5, 2, 2, 1}, {3, 7, 7, 1}, {2, 32, 32, 1}, {1, 5, 200, 1}};

TEST_CASE("For every channel the pixels are listed whose bit is set", "[kernels]") {
    staa::Random random(5);
    for (const Maps& m : all_maps) {
        for (const Index channels : odd_channels) {
            INFO(m.images << " maps " << m.height << "x" << m.width << ", " << channels << " channels");
            const Index pixels = m.images * m.height * m.width, words = staa::words_for(channels);
            const auto bits = random_spikes(random, pixels, channels, 0.2);
            const MapTiles tiles(m.images, m.height, m.width, m.border);
            const Index room = staa::ActivePixels::room_of(tiles, channels);
            auto begin = unwritten<std::int32_t>(tiles.count() * (channels + 1));
            auto positions = unwritten<std::uint16_t>(tiles.count() * room);
            const staa::ActivePixels active{channels, room, begin.data(), positions.data()};
            staa::list_active_pixels(tiles, bits.data(), active);
            Index listed = 0, wrong = 0;
            for (Index i = 0; i < tiles.count(); ++i) {
                std::map<Index, Index> pixel_at;
                tiles.for_pixels(tiles.tile(i), [&](Index pixel, Index position) { pixel_at[position] = pixel; });
                Index of_tile = 0;
                for (Index c = 0; c < channels; ++c) {
                    std::set<Index> positions_of_channel(active.first(i, c), active.first(i, c) + active.count(i, c));
                    wrong += active.count(i, c) - static_cast<Index>(positions_of_channel.size());
                    for (const Index position : positions_of_channel) {
                        const Index pixel = pixel_at.at(position);
                        wrong += (bits.data()[pixel * words + c / 64] >> (c % 64) & 1) == 0;
                    }
                    of_tile += active.count(i, c);
                }
                CHECK(active.count(i) == of_tile);
                listed += of_tile;
            }
            const auto numbers = numbers_of(bits, pixels, channels);
            CHECK(static_cast<double>(listed) == std::accumulate(numbers.begin(), numbers.end(), 0.0));
            CHECK(wrong == 0);
            CHECK((begin.guards_survived() && positions.guards_survived()));
        }
    }
}

}  // namespace
