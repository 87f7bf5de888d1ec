// SPDX-License-Identifier: MIT
#include "staa/data/image_operations.hpp"

#include <functional>

#include "staa/data/augmentation_policy.hpp"
#include "support/catch.hpp"

namespace {

using staa::ImageOperation;
using staa::ImageView;
using staa::Index;
using staa::Random;
using Bytes = std::vector<int>;
namespace image = staa::image;

/// 4 x 4 pixels: red rises along rows and columns, green falls, blue is 90 everywhere.
std::vector<std::uint8_t> slopes() {
    std::vector<std::uint8_t> pixels;
    for (int y = 0; y < 4; ++y) {
        for (int x = 0; x < 4; ++x) {
            const int red = 10 + 20 * y + 50 * x;
            pixels.insert(pixels.end(), {static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(255 - red), 90});
        }
    }
    return pixels;
}

/// One channel of the slopes after an operation.
Bytes channel_after(const std::function<void(const ImageView&)>& operation, std::size_t channel) {
    auto pixels = slopes();
    operation({pixels.data(), 4, 4});
    Bytes values;
    for (std::size_t i = channel; i < pixels.size(); i += 3) {
        values.push_back(pixels[i]);
    }
    return values;
}

Bytes red_after(const std::function<void(const ImageView&)>& operation) { return channel_after(operation, 0); }

const Bytes red{10, 60, 110, 160, 30, 80, 130, 180, 50, 100, 150, 200, 70, 120, 170, 220};

// The expected bytes are those of Pillow 9.4 for the same image.

TEST_CASE("Brightness multiplies bytes, up to 255", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::brightness(i, 1.5); }) ==
          Bytes{15, 90, 165, 240, 45, 120, 195, 255, 75, 150, 225, 255, 105, 180, 255, 255});
}

TEST_CASE("Contrast moves bytes towards the mean lightness or away from it", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::contrast(i, 0.5); }) ==
          Bytes{68, 93, 118, 143, 78, 103, 128, 153, 88, 113, 138, 163, 98, 123, 148, 173});
    CHECK(channel_after([](const ImageView& i) { image::contrast(i, 0.5); }, 2) == Bytes(16, 108));
}

TEST_CASE("Colour moves pixels towards grey or away from it", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::colour(i, 0.5); }) ==
          Bytes{83, 101, 119, 137, 90, 108, 126, 144, 98, 115, 133, 151, 105, 122, 140, 158});
    CHECK(channel_after([](const ImageView& i) { image::colour(i, 0.5); }, 2) ==
          Bytes{123, 116, 109, 102, 120, 113, 106, 99, 118, 110, 103, 96, 115, 107, 100, 93});
}

TEST_CASE("Sharpness moves bytes away from the smoothed image or towards it, but not at the border", "[data]") {
    const auto spot = [](double factor) {
        std::vector<std::uint8_t> pixels(27, 0);
        pixels[13] = 130;  // green, in the middle: 5/13 of it is 50
        image::sharpness({pixels.data(), 3, 3}, factor);
        CHECK(std::count(pixels.begin(), pixels.end(), 0) == 26);
        return int{pixels[13]};
    };
    CHECK(spot(0) == 50);
    CHECK(spot(0.5) == 90);
    CHECK(spot(2) == 210);
}

TEST_CASE("Auto contrast stretches each channel with more than one value", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::auto_contrast(i); }) ==
          Bytes{0, 60, 121, 182, 24, 85, 145, 206, 48, 109, 170, 230, 72, 133, 194, 254});
    CHECK(channel_after([](const ImageView& i) { image::auto_contrast(i); }, 2) == Bytes(16, 90));
}

TEST_CASE("Equalize makes all bytes about equally frequent", "[data]") {
    std::vector<std::uint8_t> pixels;
    for (int i = 0; i < 600; ++i) {
        pixels.insert(pixels.end(), 3, static_cast<std::uint8_t>(i * i / 1500));
    }
    image::equalize({pixels.data(), 20, 30});
    CHECK(Bytes{pixels[0], pixels[300], pixels[900], pixels[1350], pixels[1797]} == Bytes{0, 48, 150, 225, 255});
}

TEST_CASE("Equalize does not change a channel of too few pixels", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::equalize(i); }) == red);
}

TEST_CASE("Posterize keeps the highest bits", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::posterize(i, 2); }) ==
          Bytes{0, 0, 64, 128, 0, 64, 128, 128, 0, 64, 128, 192, 64, 64, 128, 192});
    CHECK(red_after([](const ImageView& i) { image::posterize(i, 8); }) == red);
}

TEST_CASE("Solarize inverts bytes from the threshold up, invert inverts all bytes", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::solarize(i, 255 - 130); }) ==
          Bytes{10, 60, 110, 95, 30, 80, 125, 75, 50, 100, 105, 55, 70, 120, 85, 35});
    CHECK(red_after([](const ImageView& i) { image::invert(i); }) ==
          Bytes{245, 195, 145, 95, 225, 175, 125, 75, 205, 155, 105, 55, 185, 135, 85, 35});
}

TEST_CASE("A shear moves each row by its distance from the top and fills with grey", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::shear_x(i, 0.3); }) ==
          Bytes{10, 60, 110, 160, 30, 80, 130, 180, 100, 150, 200, 128, 120, 170, 220, 128});
    CHECK(red_after([](const ImageView& i) { image::shear_y(i, -0.3); }) ==
          Bytes{10, 60, 128, 128, 30, 80, 110, 160, 50, 100, 130, 180, 70, 120, 150, 200});
}

TEST_CASE("A shift is by whole pixels and fills with grey", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::translate_x(i, 1.9); }) ==
          Bytes{60, 110, 160, 128, 80, 130, 180, 128, 100, 150, 200, 128, 120, 170, 220, 128});
    CHECK(red_after([](const ImageView& i) { image::translate_y(i, -2.9); }) ==
          Bytes{128, 128, 128, 128, 128, 128, 128, 128, 10, 60, 110, 160, 30, 80, 130, 180});
}

TEST_CASE("A rotation turns counter-clockwise around the middle and fills with grey", "[data]") {
    CHECK(red_after([](const ImageView& i) { image::rotate(i, 30); }) ==
          Bytes{128, 110, 160, 128, 10, 80, 130, 200, 30, 100, 150, 220, 128, 70, 120, 128});
}

TEST_CASE("At level 0 no operation changes an image, except the three that ignore the level", "[data]") {
    for (int i = 0; i < static_cast<int>(ImageOperation::auto_contrast); ++i) {
        INFO("operation " << i);
        for (const bool forward : {false, true}) {
            auto pixels = slopes();
            staa::apply(static_cast<ImageOperation>(i), 0, forward, {pixels.data(), 4, 4});
            CHECK(pixels == slopes());
        }
    }
}

TEST_CASE("Level 1 is the strongest: a shear of 0.3, 30 degrees, 4 bits", "[data]") {
    const auto after = [](ImageOperation operation) {
        return red_after([=](const ImageView& i) { staa::apply(operation, 1, true, i); });
    };
    CHECK(after(ImageOperation::shear_x) == red_after([](const ImageView& i) { image::shear_x(i, 0.3); }));
    CHECK(after(ImageOperation::rotate) == red_after([](const ImageView& i) { image::rotate(i, 30); }));
    CHECK(after(ImageOperation::posterize) == red_after([](const ImageView& i) { image::posterize(i, 4); }));
    CHECK(after(ImageOperation::solarize) == red_after([](const ImageView& i) { image::invert(i); }));
    CHECK(after(ImageOperation::brightness) == red_after([](const ImageView& i) { image::brightness(i, 1.9); }));
    CHECK(after(ImageOperation::translate_x) == red_after([](const ImageView& i) { image::translate_x(i, 1); }));
}

TEST_CASE("AutoAugment changes most images, but not all", "[data]") {
    int unchanged = 0;
    constexpr int draws = 2000;
    for (std::uint64_t i = 0; i < draws; ++i) {
        auto pixels = slopes();
        staa::auto_augment({pixels.data(), 4, 4}, Random(1).split(i));
        unchanged += pixels == slopes() ? 1 : 0;
    }
    CHECK(unchanged > draws / 10);
    CHECK(unchanged < draws * 7 / 10);
}

TEST_CASE("RandAugment without operations does not change the image", "[data]") {
    auto pixels = slopes();
    staa::rand_augment({.operations = 0, .magnitude = 30}, {pixels.data(), 4, 4}, Random(1));
    CHECK(pixels == slopes());
}

TEST_CASE("Policies depend on their random generator only", "[data]") {
    for (std::uint64_t i = 0; i < 50; ++i) {
        auto a = slopes(), b = slopes();
        staa::auto_augment({a.data(), 4, 4}, Random(i));
        staa::auto_augment({b.data(), 4, 4}, Random(i));
        staa::rand_augment({}, {a.data(), 4, 4}, Random(i));
        staa::rand_augment({}, {b.data(), 4, 4}, Random(i));
        REQUIRE(a == b);
    }
}

}  // namespace
