// SPDX-License-Identifier: MIT
#include "staa/kernels/convolution/active_channels.hpp"

#include <cstring>
#include <limits>

#include "kernels/cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::ActiveChannels;

constexpr Index images = 3, width = 3;

/// The lists of random spikes.
struct Listed {
    Listed(Index height, Index of_channels, double rate)
        : map_pixels(height * width),
          channels(of_channels),
          bits(random_spikes(random, images * map_pixels, channels, rate)),
          begin(unwritten<std::int32_t>(ActiveChannels::begin_size(images, map_pixels, channels))),
          entries(unwritten<std::uint16_t>(ActiveChannels::entries_size(images, map_pixels, channels))) {
        staa::list_active_channels(bits.data(), images, active());
    }
    ActiveChannels active() { return {width, map_pixels, channels, begin.data(), entries.data()}; }

    Index map_pixels, channels;
    staa::Random random{1};
    Array<std::uint64_t> bits;
    Array<std::int32_t> begin;
    Array<std::uint16_t> entries;
};

TEST_CASE("Active channels are listed word by word, pixel by pixel, and read back as the same spikes", "[kernels]") {
    for (const Index channels : odd_channels) {
        for (const Index height : {1, 5}) {
            for (const double rate : firing_rates) {
                INFO("channels " << channels << ", height " << height << ", rate " << rate);
                Listed listed(height, channels, rate);
                const ActiveChannels active = listed.active();
                auto found = zeros<double>(images * listed.map_pixels * channels);
                for (Index image = 0; image < images; ++image) {
                    for (Index word = 0; word < staa::words_for(channels); ++word) {
                        const Index of_word = staa::channels_of_word(word, channels);
                        for (Index pixel = 0; pixel < listed.map_pixels; ++pixel) {
                            const std::int32_t* begin = active.begins(image, word) + pixel;
                            const std::uint16_t* entries = active.entries_of(image);
                            CHECK(std::is_sorted(entries + begin[0], entries + begin[1]));
                            for (Index i = begin[0]; i < begin[1]; ++i) {
                                CHECK(entries[i] / of_word == pixel % width);
                                found[(image * listed.map_pixels + pixel) * channels + 64 * word +
                                      entries[i] % of_word] += 1;
                            }
                        }
                    }
                }
                CHECK(mismatch(found, numbers_of(listed.bits, images * listed.map_pixels, channels), 0) == "");
                CHECK((listed.begin.guards_survived() && listed.entries.guards_survived()));
            }
        }
    }
}

TEST_CASE("Active values are those that are not 0, in the order of the channels, and NaN is one of them", "[kernels]") {
    for (const Index channels : odd_channels) {
        const Index size = images * 2 * width * channels;
        staa::Random random{3};
        auto x = zeros<float>(size);
        for (Index i = 0; i < size; ++i)
            x[i] = random.uniform() < 0.3 ? static_cast<float>(random.uniform(-1.0, 1.0)) : 0.0f;
        x[size - 1] = std::numeric_limits<float>::quiet_NaN();
        staa::Arena arena;
        const staa::ActiveValuesMemory<float> memory(arena, images, width, 2 * width, channels);
        const staa::ActiveValues<float>& active = memory.list(x.data());
        auto found = zeros<float>(size);
        Index listed = 0;
        for (Index image = 0; image < images; ++image) {
            for (Index word = 0; word < staa::words_for(channels); ++word) {
                for (Index pixel = 0; pixel < 2 * width; ++pixel) {
                    const std::int32_t* begin = active.begins(image, word) + pixel;
                    for (Index i = begin[0]; i < begin[1]; ++i, ++listed) {
                        const Index of_word = staa::channels_of_word(word, channels);
                        const Index channel = 64 * word + active.entries_of(image)[i] % of_word;
                        found[(image * 2 * width + pixel) * channels + channel] = active.values_of(image)[i];
                    }
                }
            }
        }
        INFO("channels " << channels);
        CHECK(std::memcmp(found.begin(), x.begin(), static_cast<std::size_t>(size) * sizeof(float)) == 0);
        CHECK(staa::active_share(x.data(), size) == static_cast<double>(listed) / static_cast<double>(size));
        CHECK(listed < size / 2 + 1);
    }
}

TEST_CASE("The lists of neighbours in a line follow each other, so that they can be read as one", "[kernels]") {
    Listed listed(4, 65, 0.5);
    for (Index image = 0; image < images; ++image) {
        CHECK(listed.active().begins(image, 0)[0] == 0);
        CHECK(listed.active().begins(image, 1)[0] == listed.active().begins(image, 0)[listed.map_pixels]);
    }
}

}  // namespace
