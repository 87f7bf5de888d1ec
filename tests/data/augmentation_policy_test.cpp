// SPDX-License-Identifier: MIT
// AutoAugment and RandAugment compared with Pillow and torchvision; make_augmented.py prints the values.
#include "staa/data/augmentation_policy.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/noise_picture.hpp"
#include "support/catch.hpp"

namespace {

using staa::ImageOperation;
using staa_tests::fingerprint;
using staa_tests::noise;

/// The fingerprint of a picture of 32 x 32 pixels after an operation of RandAugment.
std::uint64_t after(ImageOperation operation, int magnitude, bool forward) {
    std::vector<std::uint8_t> pixels = noise(32 * 32 * 3);
    staa::apply(operation, magnitude / 30.0, forward, {pixels.data(), 32, 32});
    return fingerprint(pixels);
}

/// A pair of steps in torchvision's words, such as "Invert 0.1 0, Contrast 0.2 6".
std::string text_of(const std::array<staa::PolicyStep, 2>& pair) {
    const char* const names[] = {"Identity",  "ShearX",     "ShearY",       "TranslateX", "TranslateY",
                                 "Rotate",    "Brightness", "Color",        "Contrast",   "Sharpness",
                                 "Posterize", "Solarize",   "AutoContrast", "Equalize",   "Invert"};
    std::string text;
    for (const staa::PolicyStep& step : pair) {
        const int tenths = static_cast<int>(step.probability * 10 + 0.5);
        CHECK(step.probability * 10 == static_cast<double>(tenths));
        text += (text.empty() ? "" : ", ") + std::string(names[static_cast<std::size_t>(step.operation)]) + " 0." +
                std::to_string(tenths) + " " + std::to_string(step.level);
    }
    return text;
}

TEST_CASE("Shears and rotations of RandAugment have Pillow's pixels, also where a point lies on an edge", "[data]") {
    struct Row {
        int magnitude;
        std::uint64_t shear_x, shear_y_backward, rotate;
    };
    for (const Row& row : std::vector<Row>{
             {4, 606518568, 605987187, 604845001},
             {12, 607077087, 606972092, 602096156},
             {20, 604084265, 608420297, 604420172},
             {28, 602763930, 607940345, 606517376},
             {30, 602970757, 608450428, 602179795},
         }) {
        INFO("magnitude " << row.magnitude);
        CHECK(after(ImageOperation::shear_x, row.magnitude, true) == row.shear_x);
        CHECK(after(ImageOperation::shear_y, row.magnitude, false) == row.shear_y_backward);
        CHECK(after(ImageOperation::rotate, row.magnitude, true) == row.rotate);
    }
}

TEST_CASE("The threshold of solarize at magnitude 10 is 170, and 85 at 20", "[data]") {
    CHECK(after(ImageOperation::solarize, 10, true) == 330350022);
    CHECK(after(ImageOperation::solarize, 20, true) == 330750134);
    std::vector<std::uint8_t> pixels{169, 170, 171};
    staa::apply(ImageOperation::solarize, 10 / 30.0, true, {pixels.data(), 1, 1});
    CHECK(pixels == std::vector<std::uint8_t>{169, 85, 84});
}

TEST_CASE("AutoAugment has the 25 pairs for CIFAR-10 of the paper and of torchvision", "[data]") {
    const std::vector<std::string> expected{
        "Invert 0.1 0, Contrast 0.2 6",         "Rotate 0.7 2, TranslateX 0.3 9",
        "Sharpness 0.8 1, Sharpness 0.9 3",     "ShearY 0.5 8, TranslateY 0.7 9",
        "AutoContrast 0.5 0, Equalize 0.9 0",   "ShearY 0.2 7, Posterize 0.3 7",
        "Color 0.4 3, Brightness 0.6 7",        "Sharpness 0.3 9, Brightness 0.7 9",
        "Equalize 0.6 0, Equalize 0.5 0",       "Contrast 0.6 7, Sharpness 0.6 5",
        "Color 0.7 7, TranslateX 0.5 8",        "Equalize 0.3 0, AutoContrast 0.4 0",
        "TranslateY 0.4 3, Sharpness 0.2 6",    "Brightness 0.9 6, Color 0.2 8",
        "Solarize 0.5 2, Invert 0.0 0",         "Equalize 0.2 0, AutoContrast 0.6 0",
        "Equalize 0.2 0, Equalize 0.6 0",       "Color 0.9 9, Equalize 0.6 0",
        "AutoContrast 0.8 0, Solarize 0.2 8",   "Brightness 0.1 3, Color 0.7 0",
        "Solarize 0.4 5, AutoContrast 0.9 0",   "TranslateY 0.9 9, TranslateY 0.7 9",
        "AutoContrast 0.9 0, Solarize 0.8 3",   "Equalize 0.8 0, Invert 0.1 0",
        "TranslateY 0.7 9, AutoContrast 0.9 0",
    };
    std::vector<std::string> found;
    for (const auto& pair : staa::cifar10_policy) {
        found.push_back(text_of(pair));
    }
    CHECK(found == expected);
}

}  // namespace
