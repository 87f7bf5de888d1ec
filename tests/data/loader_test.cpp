// SPDX-License-Identifier: MIT
#include "staa/data/loader.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <type_traits>
#include <vector>

#include "data/numbered_images.hpp"
#include "staa/data/synthetic.hpp"
#include "support/catch.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Augmentation;
using staa::Index;
using staa::Loader;
using staa::LoaderOptions;
using staa::StoredImages;
using namespace staa_tests;

constexpr LoaderOptions as_they_are(Index batch) {
    return {.batch = batch, .shuffle = false, .augmentation = Augmentation::none()};
}

// A loader must not refer to a temporary data set.
static_assert(std::is_constructible_v<Loader<StoredImages>, const StoredImages&, LoaderOptions>);
static_assert(!std::is_constructible_v<Loader<StoredImages>, StoredImages, LoaderOptions>);

TEST_CASE("Without shuffle a loader keeps the order of the data set", "[data]") {
    const StoredImages images = numbered_images(5);
    Loader loader{images, as_they_are(2)};
    CHECK(see(loader, 0).labels == std::vector{0, 1, 2, 3, 4});
    CHECK(see(loader, 1).labels == std::vector{0, 1, 2, 3, 4});
}

TEST_CASE("The last batch holds the remaining images", "[data]") {
    const StoredImages images = numbered_images(5);
    Loader loader{images, as_they_are(2)};
    CHECK(loader.batches() == 3);
    CHECK(see(loader, 0).batches == std::vector<Index>{2, 2, 1});
}

TEST_CASE("A last batch that is full is like the others", "[data]") {
    const StoredImages images = numbered_images(6);
    Loader loader{images, as_they_are(3)};
    CHECK(loader.batches() == 2);
    CHECK(see(loader, 0).batches == std::vector<Index>{3, 3});
}

TEST_CASE("drop_last leaves out a batch that is not full", "[data]") {
    const StoredImages images = numbered_images(5);
    Loader loader{images, {.batch = 2, .shuffle = false, .drop_last = true}};
    CHECK(loader.batches() == 2);
    CHECK(see(loader, 0).labels == std::vector{0, 1, 2, 3});
}

TEST_CASE("A batch larger than the data set holds all of it", "[data]") {
    const StoredImages images = numbered_images(3);
    Loader loader{images, as_they_are(64)};
    CHECK(loader.batches() == 1);
    CHECK(see(loader, 0).labels == std::vector{0, 1, 2});
}

TEST_CASE("A shuffled epoch has every image once", "[data]") {
    const StoredImages images = numbered_images(101);
    Loader loader{images, {.batch = 10}};
    std::vector<int> labels = see(loader, 0).labels;
    CHECK(!std::ranges::is_sorted(labels));
    std::ranges::sort(labels);
    std::vector<int> each(101);
    std::iota(each.begin(), each.end(), 0);
    CHECK(labels == each);
}

TEST_CASE("The order depends on seed and epoch only", "[data]") {
    const StoredImages images = numbered_images(101);
    Loader loader{images, {.batch = 10, .seed = 1}};
    Loader twin{images, {.batch = 7, .seed = 1}};
    Loader other_seed{images, {.batch = 10, .seed = 2}};
    const auto third = see(loader, 3).labels;

    CHECK(see(loader, 4).labels != third);
    CHECK(see(loader, 3).labels == third);
    CHECK(see(twin, 3).labels == third);
    CHECK(see(other_seed, 3).labels != third);
}

TEST_CASE("Every image is equally likely at every place of an epoch", "[data]") {
    const StoredImages images = numbered_images(4);
    Loader loader{images, {.batch = 4}};
    constexpr int epochs = 8000;
    std::vector<int> counts(16);
    for (Index epoch = 0; epoch < epochs; ++epoch) {
        for (auto&& [batch, labels] : loader.epoch(epoch)) {
            for (Index place = 0; place < 4; ++place) {
                ++counts[static_cast<std::size_t>(4 * place + labels(place))];
            }
        }
    }
    for (const int count : counts) {
        CHECK(std::abs(count - epochs / 4) < 200);  // five standard deviations
    }
}

TEMPLATE_TEST_CASE("A batch holds normalised images with the channel as the last dimension", "[data]", float, double) {
    const StoredImages images(
        {.height = 1, .width = 2, .classes = 2, .normalisation = {.mean = {0, 0.2, 0}, .deviation = {1, 0.5, 1}}},
        {255, 51, 0, 0, 255, 0, 0, 0, 51, 0, 0, 0}, {1, 0});
    Loader<StoredImages, TestType> loader{images, as_they_are(2)};
    int batches = 0;
    for (auto&& [batch, labels] : loader.epoch(0)) {
        ++batches;
        REQUIRE(batch.dimension(0) == 2);
        REQUIRE(batch.dimension(1) == 1);
        REQUIRE(batch.dimension(2) == 2);
        REQUIRE(batch.dimension(3) == 3);
        CHECK(batch(0, 0, 0, 0) == TestType(1));
        CHECK(batch(0, 0, 0, 1) == TestType(0));
        CHECK(batch(0, 0, 1, 1) == TestType(1.6));
        CHECK(batch(1, 0, 0, 2) == TestType(0.2));
        CHECK(batch(1, 0, 1, 1) == TestType(-0.4));
        CHECK(labels(0) == 1);
        CHECK(labels(1) == 0);
    }
    CHECK(batches == 1);
}

TEST_CASE("Grey images make batches of one channel", "[data]") {
    const StoredImages images(
        {.height = 2, .width = 2, .classes = 2, .normalisation = {.mean = {0.2}, .deviation = {0.5}}, .channels = 1},
        {51, 255, 0, 102, 0, 0, 0, 51}, {1, 0});
    Loader loader{images, as_they_are(2)};
    for (auto&& [batch, labels] : loader.epoch(0)) {
        REQUIRE(batch.dimension(3) == 1);
        REQUIRE(batch.size() == 8);
        CHECK(batch(0, 0, 0, 0) == 0.f);
        CHECK(batch(0, 0, 1, 0) == 1.6f);
        CHECK(batch(0, 1, 0, 0) == -0.4f);
        CHECK(batch(1, 1, 1, 0) == 0.f);
    }
}

TEST_CASE("Grey images are augmented as colour images of three equal channels", "[data]") {
    const staa::SyntheticImages colour(8);
    std::vector<std::uint8_t> grey, tripled;
    std::vector<int> labels;
    for (Index i = 0; i < colour.size(); ++i) {
        const staa::Sample sample = colour.sample(i);
        labels.push_back(sample.label);
        for (std::size_t pixel = 0; pixel < sample.pixels.size(); pixel += 3) {
            grey.push_back(sample.pixels[pixel]);
            tripled.insert(tripled.end(), 3, sample.pixels[pixel]);
        }
    }
    const StoredImages one({.height = 32, .width = 32, .classes = 10, .channels = 1}, grey, labels);
    const StoredImages three({.height = 32, .width = 32, .classes = 10}, tripled, labels);
    for (const staa::Policy policy : {staa::Policy::none, staa::Policy::auto_augment, staa::Policy::rand_augment}) {
        const staa::LoaderOptions options{.batch = 8, .augmentation = {.cutout = 8, .policy = policy}};
        Loader loader_of_one{one, options}, loader_of_three{three, options};
        const std::vector<float> values = see(loader_of_one, 1).values, expected = see(loader_of_three, 1).values;
        REQUIRE(expected.size() == 3 * values.size());
        int wrong = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            wrong += values[i] != expected[3 * i];
        }
        CHECK(wrong == 0);
    }
}

/// A data set of another number of channels.
struct ManyChannels {
    Index size() const { return 1; }
    int classes() const { return 1; }
    Index height() const { return 1; }
    Index width() const { return 1; }
    Index channels() const { return 4; }
    staa::Normalisation normalisation() const { return {}; }
    staa::Sample sample(Index) const { return {}; }
};

TEST_CASE("Images of another number of channels than 1 or 3 are an error before the first batch", "[data]") {
    const ManyChannels images;
    CHECK_THROWS_WITH(Loader<ManyChannels>(images),
                      "staa::Loader: the images have 4 channels; expected 3, red, green and blue, or 1, grey");
    CHECK_THROWS_WITH(StoredImages({.height = 1, .width = 1, .classes = 1, .channels = 2}, {0, 0}, {0}),
                      "staa::StoredImages: images have 3 channels, or 1 if they are grey; found 2");
}

TEST_CASE("The view of an image is drawn from its seed, epoch and position in the data set", "[data]") {
    const staa::SyntheticImages images(20);
    constexpr Augmentation augmentation{.crop_padding = 4, .flip = true};
    Loader loader{images, {.batch = 20, .seed = 5, .shuffle = false, .augmentation = augmentation}};
    const staa::NormalisationTable<float> table(images.normalisation());
    constexpr Index image_size = 32 * 32 * 3;

    std::vector<float> expected(20 * image_size);
    for (Index i = 0; i < 20; ++i) {
        const staa::View view = staa::draw_view(augmentation, staa::augmentation_random(5, 2, i));
        staa::normalise_view(images.sample(i).pixels.data(), 32, 32, view, table, expected.data() + i * image_size);
    }
    CHECK(see(loader, 2).values == expected);
    CHECK(see(loader, 3).values != expected);
}

TEST_CASE("A policy changes the images, differently in every epoch", "[data]") {
    const staa::SyntheticImages images(20);
    for (const staa::Policy policy : {staa::Policy::auto_augment, staa::Policy::rand_augment}) {
        const Augmentation augmentation{.policy = policy};
        Loader loader{images, {.batch = 20, .seed = 5, .shuffle = false, .augmentation = augmentation}};
        Loader plain{images, {.batch = 20, .seed = 5, .shuffle = false}};
        const Seen varied = see(loader, 2);
        CHECK(varied.values != see(plain, 2).values);
        CHECK(varied == see(loader, 2));
        CHECK(varied.values != see(loader, 3).values);
    }
}

TEST_CASE("A batch below one image is an error", "[data]") {
    const StoredImages images = numbered_images(5);
    CHECK_THROWS_MATCHES(Loader(images, {.batch = 0}), staa::Error,
                         Message("a batch must have at least 1 image, found 0"));
    CHECK_THROWS_MATCHES(Loader(images, {.batch = -1}), staa::Error,
                         Message("a batch must have at least 1 image, found -1"));
}

TEST_CASE("A data set without images is an error", "[data]") {
    const StoredImages none({.height = 1, .width = 1, .classes = 1}, {}, {});
    CHECK_THROWS_MATCHES(Loader(none), staa::Error, Message("the data set has no images"));
}

TEST_CASE("Padding below zero is an error", "[data]") {
    const StoredImages images = numbered_images(5);
    CHECK_THROWS_MATCHES(Loader(images, {.augmentation = {.crop_padding = -1}}), staa::Error,
                         Message("the padding of a crop must not be negative, found -1"));
}

TEST_CASE("drop_last that leaves no batch is an error", "[data]") {
    const StoredImages images = numbered_images(5);
    CHECK_THROWS_MATCHES(Loader(images, {.batch = 6, .drop_last = true}), staa::Error,
                         Message("drop_last leaves no batch: the data set has 5 images, and a batch 6"));
}

}  // namespace
