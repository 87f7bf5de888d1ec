// SPDX-License-Identifier: MIT
#include "staa/core/spikes.hpp"

#include <algorithm>
#include <vector>

#include "staa/core/random.hpp"
#include "support/catch.hpp"

namespace {

using staa::Arena;
using staa::Extents;
using staa::Index;
using staa::Spikes;
using staa_tests::WithinRel;

constexpr Index odd_channels[] = {1, 3, 63, 64, 65, 130};

static_assert(staa::words_for(1) == 1 && staa::words_for(64) == 1 && staa::words_for(65) == 2);
static_assert(staa::words_for(128) == 2 && staa::words_for(130) == 3);

TEST_CASE("A spike that was set is there, and no other", "[core]") {
    Arena arena;
    for (const Index channels : odd_channels) {
        INFO(channels << " channels");
        const Extents extents{2, 3, 1, 2, channels};
        Spikes spikes;
        spikes.resize(arena, extents);
        staa::Random random(1);
        std::vector<bool> expected(static_cast<std::size_t>(extents.size()));
        for (Index i = 0; i < extents.size(); ++i) {
            if (random.uniform() < 0.2) {
                expected[static_cast<std::size_t>(i)] = true;
                spikes.set(i / channels, i % channels);
            }
        }
        std::vector<bool> found;
        for (Index i = 0; i < extents.size(); ++i) {
            found.push_back(spikes.test(i / channels, i % channels));
        }
        CHECK(found == expected);
        CHECK(spikes.count() == std::count(expected.begin(), expected.end(), true));
    }
}

TEST_CASE("Channel c of a pixel is bit c % 64 of its word c / 64", "[core]") {
    Arena arena;
    Spikes spikes;
    spikes.resize(arena, {1, 1, 1, 2, 130});
    spikes.set(1, 0);
    spikes.set(1, 65);
    spikes.set(1, 129);
    const std::vector<std::uint64_t> words(spikes.data(), spikes.data() + spikes.words());
    CHECK(words == std::vector<std::uint64_t>{0, 0, 0, 1, 2, 2});
}

TEST_CASE("Bits beyond the last channel are 0 when every neuron fires", "[core]") {
    Arena arena;
    for (const Index channels : odd_channels) {
        INFO(channels << " channels");
        Spikes spikes;
        spikes.resize(arena, {1, 1, 1, 3, channels});
        for (Index i = 0; i < 3 * channels; ++i) {
            spikes.set(i / channels, i % channels);
        }
        CHECK(spikes.count() == 3 * channels);
        CHECK(spikes.firing_rate() == 1.0);
        for (Index pixel = 0; pixel < 3; ++pixel) {
            const std::uint64_t last = spikes.data()[(pixel + 1) * spikes.words_per_pixel() - 1];
            CHECK(std::popcount(last) == channels - 64 * (spikes.words_per_pixel() - 1));
            CHECK(std::countr_one(last) == std::popcount(last));
        }
    }
}

TEST_CASE("The firing rate is the share of neurons and steps that fire", "[core]") {
    Arena arena;
    Spikes spikes;
    CHECK(spikes.firing_rate() == 0.0);
    spikes.resize(arena, {2, 1, 1, 5, 65});
    CHECK(spikes.firing_rate() == 0.0);
    for (Index pixel = 0; pixel < 10; ++pixel) {
        spikes.set(pixel, 64);
    }
    CHECK_THAT(spikes.firing_rate(), WithinRel(1.0 / 65, 1e-15));
}

TEST_CASE("resize clears every spike, also in memory that was used before", "[core]") {
    Arena arena;
    Spikes spikes;
    spikes.resize(arena, {1, 2, 3, 3, 65});
    for (Index pixel = 0; pixel < 18; ++pixel) {
        spikes.set(pixel, 64);
    }
    const std::uint64_t* memory = spikes.data();
    spikes.resize(arena, {1, 2, 3, 3, 33});
    CHECK(spikes.data() == memory);
    CHECK(spikes.count() == 0);
    CHECK(spikes.extents() == Extents{1, 2, 3, 3, 33});
}

TEST_CASE("A map begins after the words of the images before it", "[core]") {
    Arena arena;
    Spikes spikes;
    spikes.resize(arena, {2, 3, 2, 2, 65});
    spikes.set(4 * 5, 1);  // step 1, image 2 of 3: the sixth map of four pixels
    CHECK(spikes.map(5)[0] == 2);
    CHECK(spikes.map(5) - spikes.map(0) == 5 * 4 * 2);
}

TEST_CASE("Released spikes have no extents and give their memory back", "[core]") {
    Arena arena;
    Spikes spikes, others;
    spikes.resize(arena, {1, 1, 4, 4, 64});
    const std::uint64_t* memory = spikes.data();
    spikes.release();
    CHECK(spikes.extents() == Extents{});
    CHECK(spikes.count() == 0);
    others.resize(arena, {1, 1, 4, 4, 64});
    CHECK(others.data() == memory);
}

TEST_CASE("Active channels are visited once, in ascending order, across words", "[core]") {
    const std::uint64_t words[] = {std::uint64_t{1} << 63 | 5, 0, 2};
    std::vector<Index> visited;
    staa::for_active_channels(words, 3, [&](Index channel) { visited.push_back(channel); });
    CHECK(visited == std::vector<Index>{0, 2, 63, 129});
}

}  // namespace
