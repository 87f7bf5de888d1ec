// SPDX-License-Identifier: MIT
#include "staa/data/resample.hpp"

#include <cmath>
#include <cstdlib>

#include "data/noise_picture.hpp"
#include "staa/data/loader.hpp"
#include "support/catch.hpp"

namespace {

using staa::Box;
using staa::Index;
using staa::Random;
using staa_tests::fingerprint;
using staa_tests::noise;
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

/// The sizes and the place of an image in a resized picture.
std::vector<Index> middle_of(Index height, Index width, Index image_height, Index image_width, Index shorter = 0) {
    const staa::Framing framing = staa::centre_framing(height, width, image_height, image_width, shorter);
    CHECK(framing.box.height == static_cast<double>(height));
    CHECK(framing.box.width == static_cast<double>(width));
    return {framing.height, framing.width, framing.top, framing.left};
}

TEST_CASE("The middle of a picture is that of torchvision's Resize and CenterCrop, rounded as there", "[data]") {
    // width 341, and (341 - 224) / 2 = 58.5 is rounded to the even 58; 343 is 59.5, rounded to 60
    CHECK(middle_of(375, 500, 224, 224) == std::vector<Index>{256, 341, 16, 58});
    CHECK(middle_of(500, 375, 224, 224) == std::vector<Index>{341, 256, 58, 16});
    CHECK(middle_of(256, 343, 224, 224) == std::vector<Index>{256, 343, 16, 60});
    CHECK(middle_of(100, 100, 224, 224) == std::vector<Index>{256, 256, 16, 16});
    CHECK(middle_of(375, 500, 299, 299) == std::vector<Index>{342, 456, 22, 78});  // 21.5 to 22, 78.5 to 78
    CHECK(middle_of(375, 500, 224, 224, 224) == std::vector<Index>{224, 298, 0, 37});
    CHECK(middle_of(40, 32, 32, 32, 32) == std::vector<Index>{40, 32, 4, 0});
}

TEST_CASE("For an image that is not square the resized picture covers its shape", "[data]") {
    CHECK(middle_of(300, 300, 70, 140) == std::vector<Index>{160, 160, 45, 10});
    CHECK(middle_of(100, 1000, 70, 140) == std::vector<Index>{80, 800, 5, 330});
}

TEST_CASE("An image has the bytes of torchvision's Resize and CenterCrop on Pillow", "[data]") {
    // tests/data/make_resampled.py prints these numbers.
    const auto image = [](Index height, Index width, Index side, Index shorter) {
        return staa::resample_framed(noise(static_cast<std::size_t>(height * width * 3)), height, width,
                                     staa::centre_framing(height, width, side, side, shorter), side, side);
    };
    CHECK(fingerprint(image(75, 100, 48, 55)) == 3016609987);
    CHECK(fingerprint(image(100, 75, 48, 55)) == 3027890429);
    CHECK(fingerprint(image(33, 200, 32, 32)) == 592798878);
    CHECK(fingerprint(image(20, 30, 32, 40)) == 606533438);
}

TEST_CASE("A random part has the bytes of torchvision's resized_crop: pixels around it do not count", "[data]") {
    const Bytes pixels = noise(40 * 60 * 3);
    CHECK(fingerprint(staa::resample(pixels, 40, 60, Box{7, 13, 25, 31}, 16, 16)) == 37014353);
    CHECK(fingerprint(staa::resample(pixels, 40, 60, Box{0, 20, 8, 9}, 24, 24)) == 204262365);
}

TEST_CASE("A grey picture is resized in one channel", "[data]") {
    Bytes one;
    for (int i = 0; i < 12 * 17; ++i) {
        one.push_back(static_cast<std::uint8_t>(i * 37));
    }
    const staa::Framing framing = staa::centre_framing(12, 17, 8, 8);
    const Bytes image = staa::resample_framed(one, 12, 17, framing, 8, 8, 1);
    const Bytes tripled = staa::resample_framed(grey(std::vector<int>(one.begin(), one.end())), 12, 17, framing, 8, 8);
    REQUIRE(image.size() == 64);
    for (std::size_t i = 0; i < 64; ++i) {
        REQUIRE(image[i] == tripled[3 * i]);
    }
}

TEST_CASE("A shorter side below that of the images is an error", "[data]") {
    const Pictures pictures;
    CHECK_THROWS_WITH(staa::Loader(pictures, {.batch = 1, .resize = 7}),
                      "staa::Loader: the pictures cannot be resized to a shorter side of 7 pixels for images with one "
                      "of 8; expected 0 or at least 8");
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
