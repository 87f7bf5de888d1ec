// SPDX-License-Identifier: MIT
#include "staa/data/mixing.hpp"

#include <limits>

#include <vector>

#include "support/catch.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Index;
using staa::Labels;
using staa::Random;
using staa::Tensor;
using staa_tests::WithinAbs;

Labels labels_of(const std::vector<int>& values) {
    Labels labels(static_cast<Index>(values.size()));
    std::copy(values.begin(), values.end(), labels.data());
    return labels;
}

/// Images [N, 4, 6, 2] in which every value of image n is n.
Tensor<float, 4> numbered_images(Index count) {
    Tensor<float, 4> images(count, 4, 6, 2);
    for (Index i = 0; i < images.size(); ++i) {
        images.data()[i] = static_cast<float>(i / 48);
    }
    return images;
}

TEST_CASE("mixup mixes image n with image N - 1 - n, and their labels in the same shares", "[data]") {
    auto images = numbered_images(5);
    Random random(3);
    const auto targets = staa::mixup(images, labels_of({0, 1, 2, 3, 4}), 5, 1.0, random);
    const float share = targets(0, 0);
    REQUIRE(share > 0.02f);
    REQUIRE(share < 0.98f);
    for (Index n = 0; n < 5; ++n) {
        const float expected = share * static_cast<float>(n) + (1 - share) * static_cast<float>(4 - n);
        for (Index i = 0; i < 48; ++i) {
            REQUIRE_THAT(images.data()[n * 48 + i], WithinAbs(expected, 1e-5));
        }
        for (Index c = 0; c < 5; ++c) {
            const float target = (c == n ? share : 0) + (c == 4 - n ? 1 - share : 0);
            REQUIRE_THAT(targets(n, c), WithinAbs(target, 1e-6));
        }
    }
}

TEST_CASE("CutMix puts a rectangle of image N - 1 - n into image n, and shares the labels by area", "[data]") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        auto images = numbered_images(4);
        Random random(seed);
        const auto targets = staa::cutmix(images, labels_of({0, 1, 2, 3}), 4, 1.0, random);
        for (Index n = 0; n < 4; ++n) {
            Index cut = 0, top = 4, bottom = -1, left = 6, right = -1;
            for (Index y = 0; y < 4; ++y) {
                for (Index x = 0; x < 6; ++x) {
                    REQUIRE(images(n, y, x, 0) == images(n, y, x, 1));
                    if (images(n, y, x, 0) != static_cast<float>(n)) {
                        REQUIRE(images(n, y, x, 0) == static_cast<float>(3 - n));
                        ++cut;
                        top = std::min(top, y), bottom = std::max(bottom, y);
                        left = std::min(left, x), right = std::max(right, x);
                    }
                }
            }
            CHECK((cut == 0 || cut == (bottom - top + 1) * (right - left + 1)));
            CHECK_THAT(targets(n, 3 - n), WithinAbs(static_cast<double>(cut) / 24, 1e-6));
            CHECK_THAT(targets(n, n), WithinAbs(1 - static_cast<double>(cut) / 24, 1e-6));
        }
    }
}

TEST_CASE("CutMix cuts rectangles of many sizes", "[data]") {
    double least = 1, most = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        auto images = numbered_images(2);
        Random random(seed);
        const double cut = static_cast<double>(staa::cutmix(images, labels_of({0, 1}), 2, 1.0, random)(0, 1));
        least = std::min(least, cut);
        most = std::max(most, cut);
    }
    CHECK(least == 0);
    CHECK(most > 0.6);
}

TEST_CASE("All frames of a recording are mixed with the same share", "[data]") {
    Tensor<float, 5> frames(3, 2, 4, 6, 2);
    for (Index i = 0; i < frames.size(); ++i) {
        frames.data()[i] = static_cast<float>(i / 48 % 2);
    }
    Random random(7);
    const float share = staa::mixup(frames, labels_of({0, 1}), 2, 1.0, random)(0, 0);
    for (Index t = 0; t < 3; ++t) {
        CHECK_THAT(frames(t, 0, 3, 5, 1), WithinAbs(1 - share, 1e-6));
        CHECK_THAT(frames(t, 1, 3, 5, 1), WithinAbs(share, 1e-6));
    }
}

TEST_CASE("The soft label of two images of one class is 1 for this class", "[data]") {
    auto images = numbered_images(2);
    Random random(3);
    const auto targets = staa::mixup(images, labels_of({1, 1}), 3, 0.4, random);
    CHECK_THAT(targets(0, 1), WithinAbs(1, 1e-6));
    CHECK(targets(0, 0) == 0);
}

TEST_CASE("Shares have the mean and variance of their Beta distribution", "[data]") {
    for (const double alpha : {0.2, 1.0, 4.0}) {
        Random random(1);
        double sum = 0, squares = 0;
        constexpr int draws = 20'000;
        for (int i = 0; i < draws; ++i) {
            const double share = staa::detail::draw_beta(alpha, random);
            REQUIRE(share >= 0);
            REQUIRE(share <= 1);
            sum += share;
            squares += (share - 0.5) * (share - 0.5);
        }
        CHECK_THAT(sum / draws, WithinAbs(0.5, 0.02));
        CHECK_THAT(squares / draws, WithinAbs(0.25 / (2 * alpha + 1), 0.005));
    }
}

TEST_CASE("Mixing with an alpha below 0.01, above a million or NaN is an error", "[data]") {
    auto images = numbered_images(2);
    Random random(1);
    for (const double alpha :
         {0.0, 1e-3, -1.0, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
        CHECK_THROWS_AS(staa::mixup(images, labels_of({0, 1}), 2, alpha, random), staa::Error);
    }
    CHECK_THROWS_MATCHES(staa::mixup(images, labels_of({0, 1}), 2, 0.0, random), staa::Error,
                         Message("images are mixed by a Beta distribution of shape 0.01 to 1000000, found 0"));
}

TEST_CASE("A wrong number of labels and a label that is no class are errors, and the images do not change", "[data]") {
    auto images = numbered_images(2);
    const auto before = numbered_images(2);
    Random random(1);
    CHECK_THROWS_MATCHES(staa::cutmix(images, labels_of({0}), 2, 1.0, random), staa::Error,
                         Message("there are 1 labels for 2 images"));
    for (int i = 0; i < 10; ++i) {
        CHECK_THROWS_MATCHES(staa::cutmix(images, labels_of({0, 2}), 2, 1.0, random), staa::Error,
                             Message("label 2 of image 1 is no class: expected 0 to 1"));
        CHECK_THROWS_AS(staa::mixup(images, labels_of({0, 2}), 2, 1.0, random), staa::Error);
    }
    CHECK(std::equal(images.data(), images.data() + images.size(), before.data()));
}

}  // namespace
