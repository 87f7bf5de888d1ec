// SPDX-License-Identifier: MIT
#include "staa/data/synthetic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>
#include <vector>

#include "support/catch.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Index;
using staa::Split;
using staa::StoredImages;
using staa::SyntheticImages;
using staa_tests::WithinAbs;

bool same_image(const StoredImages& a, const StoredImages& b, Index i) {
    return std::ranges::equal(a.sample(i).pixels, b.sample(i).pixels);
}

/// The mean of one channel over the images for which `counts(label)` holds, on the scale where 255 is 1.
template <class Counts>
double channel_mean(const StoredImages& images, std::size_t channel, Counts counts) {
    double sum = 0, values = 0;
    for (Index i = 0; i < images.size(); ++i) {
        const staa::Sample sample = images.sample(i);
        for (std::size_t p = channel; counts(sample.label) && p < sample.pixels.size(); p += 3) {
            sum += sample.pixels[p] / 255.0;
            ++values;
        }
    }
    return sum / values;
}

/// Softmax regression on the pixels, trained by gradient descent with one image per step and a learning rate that falls
/// to 0.
class LinearClassifier {
 public:
    void train(const StoredImages& images, int epochs) {
        const Index steps = epochs * images.size();
        for (Index step = 0; step < steps; ++step) {
            const float rate = 3e-4f * (1 - static_cast<float>(step) / static_cast<float>(steps));
            learn(images.sample(step * 7 % images.size()), rate);  // 7: neighbours in the set have neighbouring labels
        }
    }

    double accuracy(const StoredImages& images) const {
        int right = 0;
        for (Index i = 0; i < images.size(); ++i) {
            const Scores scores = this->scores(images.sample(i));
            right += std::ranges::max_element(scores) - scores.begin() == images.sample(i).label;
        }
        return static_cast<double>(right) / static_cast<double>(images.size());
    }

 private:
    static constexpr std::size_t classes = 10, inputs = 32 * 32 * 3;
    using Scores = std::array<float, classes>;

    static float centred(std::uint8_t byte) { return static_cast<float>(byte) / 64.0f - 2.0f; }

    Scores scores(const staa::Sample& sample) const {
        Scores sums = bias_;
        for (std::size_t i = 0; i < inputs; ++i) {
            const float x = centred(sample.pixels[i]);
            for (std::size_t k = 0; k < classes; ++k) {
                sums[k] += x * weights_[i][k];
            }
        }
        return sums;
    }

    void learn(const staa::Sample& sample, float rate) {
        Scores step = scores(sample);
        const float highest = *std::ranges::max_element(step);
        float sum = 0;
        for (float& value : step) {
            value = std::exp(value - highest);
            sum += value;
        }
        for (std::size_t k = 0; k < classes; ++k) {
            const float target = k == static_cast<std::size_t>(sample.label) ? 1.0f : 0.0f;
            step[k] = rate * (target - step[k] / sum);
            bias_[k] += step[k];
        }
        for (std::size_t i = 0; i < inputs; ++i) {
            const float x = centred(sample.pixels[i]);
            for (std::size_t k = 0; k < classes; ++k) {
                weights_[i][k] += x * step[k];
            }
        }
    }

    std::vector<Scores> weights_ = std::vector<Scores>(inputs);
    Scores bias_{};
};

/// Noise in which the three rows 3·label to 3·label + 2 are a little lighter.
StoredImages lighter_rows(int count, std::uint64_t seed) {
    staa::Random random(seed);
    std::vector<std::uint8_t> pixels;
    std::vector<int> labels;
    for (int i = 0; i < count; ++i) {
        labels.push_back(i % 10);
        for (int p = 0; p < 32 * 32 * 3; ++p) {
            const int lighter = p / (32 * 3 * 3) == labels.back() ? 40 : 0;
            pixels.push_back(static_cast<std::uint8_t>(static_cast<int>(random.below(200)) + lighter));
        }
    }
    return {{.height = 32, .width = 32, .classes = 10}, std::move(pixels), std::move(labels)};
}

TEST_CASE("The same seed gives the same synthetic images", "[data]") {
    const SyntheticImages first(50, 3), second(50, 3);
    for (Index i = 0; i < 50; ++i) {
        REQUIRE(same_image(first, second, i));
    }
}

TEST_CASE("Another seed and the other split give other synthetic images", "[data]") {
    const SyntheticImages images(50, 3), other_seed(50, 4), test(50, 3, Split::test);
    for (Index i = 0; i < 50; ++i) {
        REQUIRE(!same_image(images, other_seed, i));
        REQUIRE(!same_image(images, test, i));
    }
}

TEST_CASE("No two synthetic images of a set are the same", "[data]") {
    const SyntheticImages images(1000);
    std::set<std::vector<std::uint8_t>> different;
    for (Index i = 0; i < images.size(); ++i) {
        const auto pixels = images.sample(i).pixels;
        different.insert({pixels.begin(), pixels.end()});
    }
    CHECK(different.size() == 1000);
}

TEST_CASE("A larger synthetic set begins with the smaller one", "[data]") {
    const SyntheticImages few(20, 3), many(50, 3);
    for (Index i = 0; i < 20; ++i) {
        REQUIRE(same_image(few, many, i));
    }
}

TEST_CASE("Synthetic images are the same for any number of threads", "[data]") {
    const int threads = staa::threads();
    staa::set_threads(1);
    const SyntheticImages alone(50, 3);
    staa::set_threads(3);
    const SyntheticImages together(50, 3);
    staa::set_threads(threads);
    for (Index i = 0; i < 50; ++i) {
        REQUIRE(same_image(alone, together, i));
    }
}

TEST_CASE("Synthetic images are the same on every machine", "[data]") {
    const SyntheticImages images(200, 1);
    std::uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a
    for (Index i = 0; i < images.size(); ++i) {
        for (const std::uint8_t byte : images.sample(i).pixels) {
            hash = (hash ^ byte) * 0x100000001B3u;
        }
    }
    CHECK(hash == 0x4CF023EE8044D742u);
}

TEST_CASE("Synthetic image i is of class i mod 10", "[data]") {
    const SyntheticImages images(95);
    CHECK(images.size() == 95);
    CHECK(images.classes() == 10);
    for (Index i = 0; i < 95; ++i) {
        REQUIRE(images.sample(i).label == i % 10);
    }
}

TEST_CASE("Synthetic images have the shape of CIFAR's", "[data]") {
    const SyntheticImages images(1);
    CHECK(images.height() == 32);
    CHECK(images.width() == 32);
    CHECK(images.channels() == 3);
    CHECK(images.sample(0).pixels.size() == 32 * 32 * 3);
}

TEST_CASE("Every synthetic class has a different name", "[data]") {
    std::set<std::string_view> names;
    for (int label = 0; label < 10; ++label) {
        names.insert(SyntheticImages::class_name(label));
    }
    CHECK(names.size() == 10);
    CHECK(SyntheticImages::class_name(0) == "disc");
    CHECK(SyntheticImages::class_name(9) == "dots");
}

TEST_CASE("Synthetic images have the mean and deviation that they state", "[data]") {
    const SyntheticImages images(1000);
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const double mean = channel_mean(images, channel, [](int) { return true; });
        double squares = 0, values = 0;
        for (Index i = 0; i < images.size(); ++i) {
            const auto pixels = images.sample(i).pixels;
            for (std::size_t p = channel; p < pixels.size(); p += 3) {
                squares += (pixels[p] / 255.0 - mean) * (pixels[p] / 255.0 - mean);
                ++values;
            }
        }
        CHECK_THAT(mean, WithinAbs(images.normalisation().mean[channel], 0.02));
        CHECK_THAT(std::sqrt(squares / values), WithinAbs(images.normalisation().deviation[channel], 0.02));
    }
}

TEST_CASE("A synthetic data set without images is an error", "[data]") {
    CHECK_THROWS_MATCHES(SyntheticImages(0), staa::Error,
                         Message("a synthetic data set needs at least 1 image, found 0"));
    CHECK_THROWS_MATCHES(SyntheticImages(-5), staa::Error,
                         Message("a synthetic data set needs at least 1 image, found -5"));
}

TEST_CASE("The linear classifier of these tests learns a linear task", "[data]") {
    LinearClassifier classifier;
    classifier.train(lighter_rows(2000, 1), 3);
    CHECK(classifier.accuracy(lighter_rows(500, 2)) > 0.95);
}

TEST_CASE("A linear classifier stays below 60 % on synthetic images", "[data]") {
    LinearClassifier classifier;
    classifier.train(SyntheticImages(3000), 5);
    CHECK(classifier.accuracy(SyntheticImages(1000, 1, Split::test)) < 0.6);
}

}  // namespace

TEST_CASE("the figure of a synthetic image lies where its coverage says") {
    const SyntheticImages images(40, 3, Split::test);
    for (Index i = 0; i < images.size(); ++i) {
        const auto coverage = images.figure_coverage(i);
        const auto pixels = images.sample(i).pixels;
        double inside = 0, outside = 0, covered = 0;
        for (std::size_t p = 0; p < coverage.size(); ++p) {
            REQUIRE((coverage[p] >= 0 && coverage[p] <= 1));
            const double light = (pixels[3 * p] + pixels[3 * p + 1] + pixels[3 * p + 2]) / 3.0;
            inside += coverage[p] * light;
            outside += (1 - coverage[p]) * light;
            covered += coverage[p];
        }
        INFO("image " << i);
        CHECK(covered > 30);
        CHECK(covered < 800);
        CHECK(inside / covered > outside / (1024 - covered));  // figures are lighter than the background
    }
    CHECK_THROWS_AS(images.figure_coverage(40), staa::Error);
    CHECK_THROWS_AS(images.figure_coverage(-1), staa::Error);
}
