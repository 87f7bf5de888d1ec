// SPDX-License-Identifier: MIT
#include "staa/data/image_data_set.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "staa/data/augmentation.hpp"
#include "staa/data/cifar.hpp"
#include "staa/data/normalisation_of.hpp"
#include "staa/data/synthetic.hpp"
#include "support/catch.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Index;
using staa::StoredImages;

/// A data set that stores one image only, as a user could write it.
struct OneImageManyTimes {
    std::array<std::uint8_t, 3> pixels{};
    Index size() const { return 1'000'000; }
    staa::Sample sample(Index i) const { return {pixels, static_cast<int>(i % 2)}; }
    int classes() const { return 2; }
    Index height() const { return 1; }
    Index width() const { return 1; }
    Index channels() const { return 3; }
    staa::Normalisation normalisation() const { return {}; }
};

struct WithoutLabels {
    Index size() const { return 1; }
};

static_assert(staa::ImageDataSet<StoredImages>);
static_assert(staa::ImageDataSet<staa::Cifar10>);
static_assert(staa::ImageDataSet<staa::Cifar100>);
static_assert(staa::ImageDataSet<staa::SyntheticImages>);
static_assert(staa::ImageDataSet<OneImageManyTimes>);
static_assert(!staa::ImageDataSet<WithoutLabels>);

constexpr StoredImages::Description two_by_one{.height = 2, .width = 1, .classes = 4};

TEST_CASE("Stored images give back the pixels and labels of their constructor", "[data]") {
    const StoredImages images(two_by_one, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, {3, 0});

    CHECK(images.size() == 2);
    CHECK(images.classes() == 4);
    CHECK(images.height() == 2);
    CHECK(images.width() == 1);
    CHECK(images.channels() == 3);
    CHECK(images.sample(0).label == 3);
    CHECK(images.sample(1).label == 0);
    CHECK(std::ranges::equal(images.sample(0).pixels, std::array{1, 2, 3, 4, 5, 6}));
    CHECK(std::ranges::equal(images.sample(1).pixels, std::array{7, 8, 9, 10, 11, 12}));
}

TEST_CASE("Stored images refuse pixels that do not fit their labels", "[data]") {
    CHECK_THROWS_MATCHES(StoredImages(two_by_one, {1, 2, 3, 4, 5, 6, 7}, {3, 0}), staa::Error,
                         Message("2 images of 2 x 1 x 3 need 12 bytes of pixels, found 7"));
}

TEST_CASE("A normalisation that would give numbers that are none is refused", "[data]") {
    const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
    for (const double deviation : {0.0, -1.0, nan, infinity}) {
        auto description = two_by_one;
        description.normalisation.deviation[1] = deviation;
        CHECK_THROWS_AS(StoredImages(description, {1, 2, 3, 4, 5, 6}, {3}), staa::Error);
        CHECK_THROWS_AS(staa::NormalisationTable<float>(description.normalisation), staa::Error);
    }
    for (const double mean : {nan, infinity}) {
        auto description = two_by_one;
        description.normalisation.mean[2] = mean;
        CHECK_THROWS_AS(StoredImages(description, {1, 2, 3, 4, 5, 6}, {3}), staa::Error);
    }
}

TEST_CASE("Stored images refuse a label that is no class", "[data]") {
    CHECK_THROWS_MATCHES(StoredImages(two_by_one, {1, 2, 3, 4, 5, 6}, {4}), staa::Error,
                         Message("the label of image 0 is 4, expected 0 to 3"));
    CHECK_THROWS_MATCHES(StoredImages(two_by_one, {1, 2, 3, 4, 5, 6}, {-1}), staa::Error,
                         Message("the label of image 0 is -1, expected 0 to 3"));
}

TEST_CASE("The normalisation of a set is the mean and the deviation of its pixels", "[data]") {
    const staa::StoredImages grey({.height = 1, .width = 4, .classes = 1, .channels = 1}, {0, 0, 255, 255}, {0});
    const staa::Normalisation of_grey = staa::normalisation_of(grey);
    CHECK(of_grey.mean[0] == 0.5);
    CHECK(of_grey.deviation[0] == 0.5);
    const staa::StoredImages colour({.height = 1, .width = 1, .classes = 1}, {255, 0, 51, 255, 102, 51}, {0, 0});
    const staa::Normalisation of_colour = staa::normalisation_of(colour);
    CHECK(of_colour.mean == std::array<double, 3>{1, 0.2, 0.2});
    CHECK(of_colour.deviation == std::array<double, 3>{1, 0.2, 1});  // 1 where all pixels are the same
    CHECK_THROWS_AS(staa::normalisation_of(staa::StoredImages({.height = 1, .width = 1, .classes = 1}, {}, {})),
                    staa::Error);
}

}  // namespace
