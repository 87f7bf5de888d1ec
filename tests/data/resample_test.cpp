// SPDX-License-Identifier: MIT
#include "staa/data/resample.hpp"

#include <cmath>
#include <cstdlib>

#include "staa/data/loader.hpp"
#include "support/catch.hpp"

namespace {

using staa::Box;
using staa::Index;
using staa::Random;
using staa_tests::WithinAbs;
using Bytes = std::vector<std::uint8_t>;

/// A grey picture of these values.
Bytes grey(const std::vector<int>& values) {
    Bytes pixels;
    for (const int value : values) {
        pixels.insert(pixels.end(), 3, static_cast<std::uint8_t>(value));
    }
    return pixels;
}

TEST_CASE("A picture resampled to its own size is itself", "[data]") {
    Bytes pixels(5 * 7 * 3);
    Random random(1);
    for (std::uint8_t& byte : pixels) {
        byte = static_cast<std::uint8_t>(random.below(256));
    }
    CHECK(staa::resample(pixels, 5, 7, {0, 0, 5, 7}, 5, 7) == pixels);
}

TEST_CASE("A box of whole pixels is cut out", "[data]") {
    CHECK(staa::resample(grey({1, 2, 3, 4, 5, 6, 7, 8, 9}), 3, 3, {1, 0, 2, 2}, 2, 2) == grey({4, 5, 7, 8}));
}

TEST_CASE("A picture that becomes smaller averages with a triangle, as Pillow does", "[data]") {
    CHECK(staa::resample(grey({0, 80, 160, 240}), 1, 4, {0, 0, 1, 4}, 1, 2) == grey({57, 183}));
}

TEST_CASE("A picture that becomes larger is interpolated between its pixels", "[data]") {
    CHECK(staa::resample(grey({0, 100}), 1, 2, {0, 0, 1, 2}, 1, 4) == grey({0, 25, 75, 100}));
}

TEST_CASE("A picture of one colour keeps it at any size", "[data]") {
    CHECK(staa::resample(grey(std::vector<int>(35, 77)), 5, 7, {0.5, 1.25, 3, 4.5}, 3, 11) ==
          grey(std::vector<int>(33, 77)));
}

TEST_CASE("The middle of a picture is seven eighths of its shorter side", "[data]") {
    const Box box = staa::centre_box(256, 512, 224, 224);
    CHECK(box.top == 16);
    CHECK(box.left == 144);
    CHECK(box.height == 224);
    CHECK(box.width == 224);
}

TEST_CASE("A random part lies in the picture, with 8 % to 100 % of its area and a ratio of 3 : 4 to 4 : 3", "[data]") {
    double least = 1, most = 0;
    for (std::uint64_t i = 0; i < 3000; ++i) {
        const Box box = staa::random_box(300, 400, Random(1).split(i));
        REQUIRE(box.top >= 0);
        REQUIRE(box.left >= 0);
        REQUIRE(box.top + box.height <= 300);
        REQUIRE(box.left + box.width <= 400);
        REQUIRE(box.width / box.height > 0.74);
        REQUIRE(box.width / box.height < 1.35);
        least = std::min(least, box.height * box.width / 120'000);
        most = std::max(most, box.height * box.width / 120'000);
    }
    CHECK(least > 0.078);
    CHECK(least < 0.09);
    CHECK(most > 0.9);
}

TEST_CASE("Of a picture too narrow for a random part the middle is used", "[data]") {
    const Box box = staa::random_box(1, 1000, Random(1));
    CHECK(box.height == 1);
    CHECK(box.width == 1);
    CHECK(box.left == 499);
}

/// Three pictures of different sizes and colours.
struct Pictures {
    Index size() const { return 3; }
    staa::PictureSample sample(Index i) const {
        const Index height = 10 + i, width = 20 - i;
        return {grey(std::vector<int>(static_cast<std::size_t>(height * width), 51 * static_cast<int>(i))), height,
                width, static_cast<int>(i)};
    }
    int classes() const { return 3; }
    Index height() const { return 8; }
    Index width() const { return 8; }
    Index channels() const { return 3; }
    staa::Normalisation normalisation() const { return {}; }
};

static_assert(staa::PictureDataSet<Pictures>);
static_assert(!staa::ImageDataSet<Pictures>);

TEST_CASE("A loader makes images of one size of pictures of any size", "[data]") {
    const Pictures pictures;
    for (const bool resized_crop : {false, true}) {
        staa::Loader loader{pictures,
                            {.batch = 3,
                             .shuffle = false,
                             .augmentation = {.crop_padding = 0, .flip = true, .resized_crop = resized_crop}}};
        for (auto&& [images, labels] : loader.epoch(0)) {
            REQUIRE(images.size() == 3 * 8 * 8 * 3);
            for (Index i = 0; i < images.size(); ++i) {
                REQUIRE_THAT(images.data()[i], WithinAbs(0.2 * static_cast<double>(i / 192), 1e-6));
            }
            CHECK(labels(2) == 2);
        }
    }
}

}  // namespace
