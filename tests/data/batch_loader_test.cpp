// SPDX-License-Identifier: MIT
// The part that all loaders share, tested with a loader of images: workers, batches ahead, exceptions.
#include "staa/data/batch_loader.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <set>
#include <thread>
#include <vector>

#include "data/numbered_images.hpp"
#include "staa/data/synthetic.hpp"
#include "support/catch.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Index;
using staa::Loader;
using staa::StoredImages;
using namespace staa_tests;

TEST_CASE("Batches are the same for any number of workers and batches ahead", "[data]") {
    const staa::SyntheticImages images(150);
    const auto seen = [&](int workers, Index ahead) {
        Loader loader{images, {.batch = 64, .seed = 3, .workers = workers, .ahead = ahead}};
        return see(loader, 1);
    };
    const Seen alone = seen(0, 0);
    CHECK(seen(0, 2) == alone);
    CHECK(seen(1, 0) == alone);
    CHECK(seen(1, 5) == alone);
    CHECK(seen(4, 1) == alone);
}

TEST_CASE("The parts of a batch are together the batch of a loader with one part, in every epoch and after a resume",
          "[data]") {
    const staa::SyntheticImages images(75);
    const auto labels_of = [&](Index part, Index parts, Index first) {
        Loader loader{images, {.batch = 32, .seed = 3, .part = part, .parts = parts}};
        std::vector<std::vector<int>> batches;
        for (auto&& [pixels, labels] : loader.epoch(2, first)) {
            CHECK(pixels.dimension(0) == labels.size());
            batches.emplace_back(labels.data(), labels.data() + labels.size());
        }
        return batches;
    };
    for (const Index parts : {1, 2, 3, 7, 11}) {
        for (const Index first : {0, 1, 2}) {
            const auto whole = labels_of(0, 1, first);
            std::vector<std::vector<int>> joined(whole.size());
            for (Index part = 0; part < parts; ++part) {
                const auto batches = labels_of(part, parts, first);
                REQUIRE(batches.size() == whole.size());
                for (std::size_t i = 0; i < batches.size(); ++i) {
                    joined[i].insert(joined[i].end(), batches[i].begin(), batches[i].end());
                }
            }
            CHECK(joined == whole);
        }
    }
}

TEST_CASE("A sample has the same augmentation in a part as in the whole batch", "[data]") {
    const staa::SyntheticImages images(30);
    Loader whole{images, {.batch = 10, .seed = 3}}, second{images, {.batch = 10, .seed = 3, .part = 1, .parts = 3}};
    for (auto&& [pixels, labels] : whole.epoch(1)) {
        const Index first = second.share(0).first;
        for (auto&& [own, own_labels] : second.epoch(1)) {
            const Index size = own.size() / own.dimension(0);
            CHECK(std::equal(own.data(), own.data() + own.size(), pixels.data() + first * size));
            break;
        }
        break;
    }
}

TEST_CASE("A part knows where it lies in every batch", "[data]") {
    const staa::SyntheticImages images(75);
    const Loader loader{images, {.batch = 32, .part = 1, .parts = 3}};
    CHECK(loader.share(0).first == 10);
    CHECK(loader.share(0).total == 32);
    CHECK(loader.share(2).first == 3);
    CHECK(loader.share(2).total == 11);
}

TEST_CASE("Parts that do not exist, and batches with fewer samples than parts, are errors", "[data]") {
    const staa::SyntheticImages images(34);
    CHECK_THROWS_WITH((Loader{images, {.part = 2, .parts = 2}}),
                      "a loader cannot have part 2 of 2; parts are counted from 0");
    CHECK_THROWS_WITH((Loader{images, {.part = 0, .parts = 0}}),
                      "a loader cannot have part 0 of 0; parts are counted from 0");
    CHECK_THROWS_WITH((Loader{images, {.batch = 32, .parts = 4}}),
                      "a batch of 2 images cannot be divided into 4 parts; choose another batch, or drop_last");
    CHECK_THROWS_WITH((Loader{images, {.batch = 2, .parts = 4}}),
                      "a batch of 2 images cannot be divided into 4 parts; choose another batch");
    CHECK_NOTHROW(Loader{images, {.batch = 32, .drop_last = true, .parts = 4}});
}

/// Images of one pixel, some of which throw; counts the calls of `sample`.
struct FaultyImages {
    std::vector<Index> faulty;
    mutable std::atomic<int> asked{0};
    std::vector<std::uint8_t> pixels{1, 2, 3};

    Index size() const { return 40; }
    staa::Sample sample(Index i) const {
        ++asked;
        if (std::ranges::count(faulty, i) > 0) {
            staa::fail("image ", i, " is bad");
        }
        return {pixels, static_cast<int>(i)};
    }
    int classes() const { return 40; }
    Index height() const { return 1; }
    Index width() const { return 1; }
    Index channels() const { return 3; }
    staa::Normalisation normalisation() const { return {}; }
};

TEST_CASE("The loop gets the exception of a sample at the sample's batch, for any number of workers", "[data]") {
    const FaultyImages images{.faulty = {13, 10, 27}};
    for (const int workers : {0, 1, 3}) {
        Loader loader{images, {.batch = 4, .shuffle = false, .workers = workers}};
        int batches = 0;
        const auto go_through = [&] {
            for (auto&& batch : loader.epoch(0)) {
                batches += batch.labels.size() > 0 ? 1 : 0;
            }
        };
        CHECK_THROWS_MATCHES(go_through(), staa::Error, Message("image 10 is bad"));
        CHECK(batches == 2);
    }
}

TEST_CASE("A loader can be used again after an epoch that ended in an exception", "[data]") {
    FaultyImages images{.faulty = {0}};
    Loader loader{images, {.batch = 4, .shuffle = false}};
    CHECK_THROWS_AS(see(loader, 0), staa::Error);
    images.faulty.clear();
    CHECK(see(loader, 0).labels.size() == 40);
}

TEST_CASE("Workers prepare at most `ahead` batches that the loop does not use yet", "[data]") {
    const FaultyImages images{};
    Loader loader{images, {.batch = 4, .workers = 2, .ahead = 3}};
    for (auto&& batch : loader.epoch(0)) {
        CHECK(batch.labels.size() == 4);
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        CHECK(images.asked <= 16);
        break;
    }
    CHECK(images.asked <= 16);
}

TEST_CASE("Two epochs of a loader at the same time are an error", "[data]") {
    const StoredImages images = numbered_images(50);
    Loader loader{images, {.batch = 8}};
    const auto nested = [&] {
        for (auto&& batch : loader.epoch(0)) {
            static_cast<void>(batch);
            see(loader, 1);
        }
    };
    CHECK_THROWS_MATCHES(nested(), staa::Error,
                         Message("this loader is already in an epoch; two epochs at the same time need two loaders"));
    CHECK(see(loader, 1).labels.size() == 50);
}

TEST_CASE("An epoch that the loop left early does not change the next one", "[data]") {
    const StoredImages images = numbered_images(50);
    Loader loader{images, {.batch = 8}};
    const Seen whole = see(loader, 1);
    for (auto&& batch : loader.epoch(0)) {
        CHECK(batch.labels.size() == 8);
        break;
    }
    CHECK(see(loader, 1) == whole);
}

TEST_CASE("A loader has memory for one batch and those ahead of it", "[data]") {
    const StoredImages images = numbered_images(21);
    Loader loader{images, {.batch = 2, .ahead = 2}};
    std::vector<const float*> addresses;
    for (Index epoch = 0; epoch < 2; ++epoch) {
        for (auto&& [batch, labels] : loader.epoch(epoch)) {
            addresses.push_back(batch.data());
        }
    }
    REQUIRE(addresses.size() == 22);
    CHECK(std::set(addresses.begin(), addresses.end()).size() == 4);  // three, and one for the last batch
    CHECK(addresses[21] == addresses[10]);
}

TEST_CASE("`ahead` may be larger than the number of batches", "[data]") {
    const StoredImages images = numbered_images(5);
    Loader loader(images, {.batch = 2, .ahead = std::numeric_limits<Index>::max()});
    Index seen = 0;
    for (auto&& [batch, labels] : loader.epoch(0)) {
        seen += labels.size();
    }
    CHECK(seen == 5);
}

TEST_CASE("A negative number of workers or of batches ahead is an error", "[data]") {
    const StoredImages images = numbered_images(5);
    CHECK_THROWS_MATCHES(
        Loader(images, {.workers = -1}), staa::Error,
        Message(
            "a loader cannot have -1 workers and 2 batches ahead; expected 0 to 1024 workers and 0 or more batches"));
    CHECK_THROWS_MATCHES(
        Loader(images, {.ahead = -1}), staa::Error,
        Message(
            "a loader cannot have 1 workers and -1 batches ahead; expected 0 to 1024 workers and 0 or more batches"));
}

}  // namespace

TEST_CASE("An epoch that begins at a later batch gives the rest of the same batches, for any number of workers",
          "[data]") {
    const staa::SyntheticImages images(150);
    for (const int workers : {0, 1, 3}) {
        Loader loader{images, {.batch = 32, .seed = 3, .workers = workers}};
        std::vector<std::vector<float>> whole, rest;
        for (auto&& [batch, labels] : loader.epoch(2)) {
            whole.emplace_back(batch.data(), batch.data() + batch.size());
        }
        for (auto&& [batch, labels] : loader.epoch(2, 3)) {
            rest.emplace_back(batch.data(), batch.data() + batch.size());
        }
        REQUIRE(whole.size() == 5);
        CHECK(rest == std::vector(whole.begin() + 3, whole.end()));
        for (auto&& [batch, labels] : loader.epoch(2, 5)) {
            FAIL("an epoch that begins at its end has a batch of " << labels.size());
        }
    }
}

TEST_CASE("An epoch that begins outside of its batches is an error", "[data]") {
    const StoredImages images = numbered_images(50);
    Loader loader{images, {.batch = 8}};
    CHECK_THROWS_MATCHES(loader.epoch(0, 8), staa::Error,
                         Message("a loader was asked to begin an epoch at batch 8; expected 0 to 7"));
    CHECK_THROWS_AS(loader.epoch(0, -1), staa::Error);
}

TEST_CASE("A part of a set of images has these images and their labels", "[data]") {
    const StoredImages images = numbered_images(50);
    const StoredImages part = images.part(20, 7);
    REQUIRE(part.size() == 7);
    for (Index i = 0; i < 7; ++i) {
        CHECK(part.sample(i).label == images.sample(20 + i).label);
        CHECK(part.sample(i).pixels[0] == images.sample(20 + i).pixels[0]);
    }
    CHECK(images.part(50, 0).size() == 0);
    CHECK_THROWS_MATCHES(images.part(45, 6), staa::Error,
                         Message("images 45 to 51 of a set of 50 images: there are no such images"));
    CHECK_THROWS_AS(images.part(-1, 2), staa::Error);
}
