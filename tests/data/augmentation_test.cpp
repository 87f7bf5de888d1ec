// SPDX-License-Identifier: MIT
#include "staa/data/augmentation.hpp"

#include <array>
#include <cmath>
#include <cstdlib>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "support/catch.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Augmentation;
using staa::Index;
using staa::View;
using staa_tests::WithinRel;

constexpr staa::Normalisation cifar10{{.4914, .4822, .4465}, {.2023, .1994, .2010}};

/// Leaves the bytes as they are.
constexpr staa::Normalisation bytes{{0, 0, 0}, {1 / 255.0, 1 / 255.0, 1 / 255.0}};

/// A 2 x 3 image; its red values are
///     1  2  3
///     4  5  6
/// its green ones 10 times, its blue ones 20 times as much.
constexpr std::array<std::uint8_t, 18> image{1, 10, 20, 2, 20, 40, 3, 30, 60, 4, 40, 80, 5, 50, 100, 6, 60, 120};
constexpr Index height = 2, width = 3;

/// One channel of the view, as whole numbers.
std::vector<int> channel_of_view(const View& view, std::size_t channel) {
    const staa::NormalisationTable<double> table(bytes);
    std::array<double, image.size()> out{};
    staa::normalise_view(image.data(), height, width, view, table, out.data());
    std::vector<int> values;
    for (std::size_t i = channel; i < out.size(); i += 3) {
        values.push_back(static_cast<int>(std::lround(out[i])));
    }
    return values;
}

TEST_CASE("A view without shift or flip is the image", "[data]") {
    CHECK(channel_of_view({}, 0) == std::vector{1, 2, 3, 4, 5, 6});
    CHECK(channel_of_view({}, 1) == std::vector{10, 20, 30, 40, 50, 60});
    CHECK(channel_of_view({}, 2) == std::vector{20, 40, 60, 80, 100, 120});
}

TEST_CASE("A shifted view has the mean colour outside the image, which is 0 here", "[data]") {
    CHECK(channel_of_view({.down = 1, .right = 0}, 0) == std::vector{4, 5, 6, 0, 0, 0});
    CHECK(channel_of_view({.down = -1, .right = 0}, 0) == std::vector{0, 0, 0, 1, 2, 3});
    CHECK(channel_of_view({.down = 0, .right = 2}, 0) == std::vector{3, 0, 0, 6, 0, 0});
    CHECK(channel_of_view({.down = 0, .right = -1}, 0) == std::vector{0, 1, 2, 0, 4, 5});
    CHECK(channel_of_view({.down = 1, .right = -1}, 2) == std::vector{0, 80, 100, 0, 0, 0});
    CHECK(channel_of_view({.down = 2, .right = 0}, 0) == std::vector{0, 0, 0, 0, 0, 0});
}

TEST_CASE("A flipped view is mirrored left and right", "[data]") {
    CHECK(channel_of_view({.flipped = true}, 0) == std::vector{3, 2, 1, 6, 5, 4});
    CHECK(channel_of_view({.flipped = true}, 1) == std::vector{30, 20, 10, 60, 50, 40});
}

TEST_CASE("A view is shifted first and flipped afterwards", "[data]") {
    CHECK(channel_of_view({.down = 1, .right = 1, .flipped = true}, 0) == std::vector{0, 6, 5, 0, 0, 0});
}

TEMPLATE_TEST_CASE("Normalisation subtracts the mean of a channel and divides by its deviation", "[data]", float,
                   double) {
    const staa::NormalisationTable<TestType> table(cifar10);
    constexpr double tolerance = std::is_same_v<TestType, float> ? 1e-6 : 1e-14;
    CHECK_THAT(static_cast<double>(table(0, 0)), WithinRel(-0.4914 / 0.2023, tolerance));
    CHECK_THAT(static_cast<double>(table(255, 0)), WithinRel((1 - 0.4914) / 0.2023, tolerance));
    CHECK_THAT(static_cast<double>(table(51, 1)), WithinRel((0.2 - 0.4822) / 0.1994, tolerance));
    CHECK_THAT(static_cast<double>(table(204, 2)), WithinRel((0.8 - 0.4465) / 0.2010, tolerance));
}

TEST_CASE("Padding is 0 after normalisation", "[data]") {
    const staa::NormalisationTable<double> table(cifar10);
    std::array<double, image.size()> out{};
    staa::normalise_view(image.data(), height, width, {.down = height}, table, out.data());
    CHECK(out == std::array<double, image.size()>{});
}

TEST_CASE("Crops are uniform over all shifts, and half of them are flipped", "[data]") {
    constexpr int draws = 81'000;
    std::map<std::pair<Index, Index>, int> shifts;
    int flips = 0;
    for (Index i = 0; i < draws; ++i) {
        const View view = staa::draw_view({.crop_padding = 4, .flip = true}, staa::augmentation_random(1, 0, i));
        ++shifts[{view.down, view.right}];
        flips += view.flipped ? 1 : 0;
    }
    REQUIRE(shifts.size() == 81);
    CHECK(shifts.begin()->first == std::pair<Index, Index>{-4, -4});
    CHECK(shifts.rbegin()->first == std::pair<Index, Index>{4, 4});
    for (const auto& [shift, count] : shifts) {
        INFO("shift " << shift.first << ", " << shift.second);
        CHECK(std::abs(count - 1000) < 160);  // five standard deviations
    }
    CHECK(std::abs(flips - draws / 2) < 720);
}

/// The pixels of a view of a white 10 x 12 image that are in the hole, as (y, x).
std::set<std::pair<Index, Index>> hole_of(const View& view) {
    const std::vector<std::uint8_t> white(10 * 12 * 3, 255);
    std::vector<float> out(white.size());
    staa::normalise_view(white.data(), 10, 12, view, staa::NormalisationTable<float>(bytes), out.data());
    std::set<std::pair<Index, Index>> hole;
    for (std::size_t i = 0; i < out.size(); i += 3) {
        CHECK(((out[i] == 0) == (out[i + 1] == 0) && (out[i] == 0) == (out[i + 2] == 0)));
        if (out[i] == 0) {
            hole.insert({static_cast<Index>(i) / 36, static_cast<Index>(i) / 3 % 12});
        }
    }
    return hole;
}

TEST_CASE("A hole is a square of the mean colour around its middle, cut off at the border", "[data]") {
    CHECK(hole_of({}).empty());
    CHECK(hole_of({.hole = 2, .hole_y = 0.5, .hole_x = 0.5}) ==
          std::set<std::pair<Index, Index>>{{4, 5}, {4, 6}, {5, 5}, {5, 6}});
    CHECK(hole_of({.hole = 3, .hole_y = 0, .hole_x = 0.99}) ==
          std::set<std::pair<Index, Index>>{{0, 10}, {0, 11}, {1, 10}, {1, 11}});
    CHECK(hole_of({.hole = 50, .hole_y = 0.3, .hole_x = 0.3}).size() == 120);
}

TEST_CASE("A view has a hole of the given side at a random place, and the hole does not change the crop", "[data]") {
    double least = 1, most = 0;
    for (Index i = 0; i < 500; ++i) {
        const auto random = staa::augmentation_random(1, 0, i);
        const View view = staa::draw_view({.cutout = 8}, random), without = staa::draw_view({}, random);
        REQUIRE(view.hole == 8);
        REQUIRE(without.hole == 0);
        REQUIRE(view.down == without.down);
        REQUIRE(view.flipped == without.flipped);
        least = std::min({least, view.hole_y, view.hole_x});
        most = std::max({most, view.hole_y, view.hole_x});
    }
    CHECK(least < 0.02);
    CHECK(most > 0.98);
}

TEST_CASE("An augmentation out of its range is an error", "[data]") {
    CHECK_THROWS_MATCHES(staa::check(Augmentation{.cutout = -1}), staa::Error,
                         Message("the side of a Cutout must not be negative, found -1"));
    CHECK_THROWS_MATCHES(
        staa::check(Augmentation{.rand_augment = {.operations = 2, .magnitude = 31}}), staa::Error,
        Message("RandAugment has 2 operations of magnitude 31, expected 0 or more of magnitude 0 to 30"));
    CHECK_NOTHROW(staa::check(Augmentation{.cutout = 16, .rand_augment = {.operations = 3, .magnitude = 30}}));
}

TEST_CASE("Without augmentation a view is the whole image, not mirrored", "[data]") {
    for (Index i = 0; i < 100; ++i) {
        const View view = staa::draw_view(Augmentation::none(), staa::augmentation_random(1, 0, i));
        REQUIRE(view.down == 0);
        REQUIRE(view.right == 0);
        REQUIRE(!view.flipped);
    }
}

TEST_CASE("The random numbers of a view depend on seed, epoch and position in the data set", "[data]") {
    const auto first_number = [](std::uint64_t seed, Index epoch, Index index) {
        return staa::augmentation_random(seed, epoch, index).next();
    };
    CHECK(first_number(1, 2, 3) == first_number(1, 2, 3));
    CHECK(first_number(1, 2, 3) != first_number(2, 2, 3));
    CHECK(first_number(1, 2, 3) != first_number(1, 3, 3));
    CHECK(first_number(1, 2, 3) != first_number(1, 2, 4));
    CHECK(first_number(1, 2, 3) != first_number(1, 3, 2));
}

}  // namespace
