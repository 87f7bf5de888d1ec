// SPDX-License-Identifier: MIT
#include "staa/kernels/active_channels.hpp"

#include "kernels/cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;

TEST_CASE("Active channels are listed pixel by pixel, ascending, and read back as the same spikes", "[kernels]") {
    constexpr Index images = 3;
    staa::Random random(1);
    for (const Index channels : odd_channels) {
        for (const Index map_pixels : odd_pixels) {
            for (const double rate : firing_rates) {
                INFO("channels " << channels << ", pixels " << map_pixels << ", rate " << rate);
                const Index pixels = images * map_pixels;
                const auto bits = random_spikes(random, pixels, channels, rate);
                auto begin = unwritten<std::int64_t>(pixels);
                auto count = unwritten<std::int32_t>(pixels);
                auto listed = unwritten<std::uint16_t>(pixels * channels);
                staa::list_active_channels(bits.data(), images, map_pixels, channels,
                                           {begin.data(), count.data(), listed.data()});

                auto found = unwritten<double>(pixels * channels);
                std::fill(found.begin(), found.end(), 0);
                for (Index pixel = 0; pixel < pixels; ++pixel) {
                    const std::uint16_t* first = listed.data() + begin[pixel];
                    CHECK(std::is_sorted(first, first + count[pixel]));
                    for (Index i = 0; i < count[pixel]; ++i) {
                        found[pixel * channels + first[i]] += 1;
                    }
                }
                CHECK(mismatch(found, numbers_of(bits, pixels, channels), 0) == "");
                CHECK((begin.guards_survived() && count.guards_survived() && listed.guards_survived()));
            }
        }
    }
}

TEST_CASE("The lists of an image lie in its own room", "[kernels]") {
    constexpr Index images = 3, map_pixels = 4, channels = 65;
    staa::Random random(2);
    const auto bits = random_spikes(random, images * map_pixels, channels, 0.5);
    auto begin = unwritten<std::int64_t>(images * map_pixels);
    auto count = unwritten<std::int32_t>(images * map_pixels);
    auto listed = unwritten<std::uint16_t>(images * map_pixels * channels);
    staa::list_active_channels(bits.data(), images, map_pixels, channels, {begin.data(), count.data(), listed.data()});
    for (Index image = 0; image < images; ++image) {
        CHECK(begin[image * map_pixels] == image * map_pixels * channels);
        for (Index pixel = image * map_pixels; pixel + 1 < (image + 1) * map_pixels; ++pixel) {
            CHECK(begin[pixel + 1] == begin[pixel] + count[pixel]);
        }
    }
}

}  // namespace
