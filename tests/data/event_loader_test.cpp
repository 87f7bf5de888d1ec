// SPDX-License-Identifier: MIT
#include "staa/data/event_loader.hpp"

#include <algorithm>
#include <numeric>

#include "data/event_writers.hpp"
#include "staa/data/nmnist.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::EventLoader;
using staa::EventLoaderOptions;
using staa::EventSample;
using staa::Index;
using staa::StoredEvents;
using namespace staa_tests;

/// `count` recordings of 8 x 6 pixels; the label of each is its position.
StoredEvents numbered_recordings(int count) {
    std::vector<EventSample> samples;
    for (int i = 0; i < count; ++i) {
        samples.push_back({spread_events(6, 8, 20 + i), i});
    }
    return {count, std::move(samples)};
}

/// The values and labels that a loader gives in an epoch.
template <class AnyLoader>
std::pair<std::vector<float>, std::vector<int>> see(AnyLoader& loader, Index epoch) {
    std::pair<std::vector<float>, std::vector<int>> seen;
    for (auto&& [frames, labels] : loader.epoch(epoch)) {
        seen.first.insert(seen.first.end(), frames.data(), frames.data() + frames.size());
        seen.second.insert(seen.second.end(), labels.data(), labels.data() + labels.size());
    }
    return seen;
}

static_assert(staa::EventDataSet<StoredEvents>);

TEST_CASE("A batch of recordings holds the frames of each recording, step by step", "[data]") {
    const StoredEvents recordings = numbered_recordings(3);
    EventLoader loader{recordings, {.batch = 2, .shuffle = false, .frames = {.steps = 4}}};
    Index first = 0;
    for (auto&& [frames, labels] : loader.epoch(0)) {
        const Index batch = first == 0 ? 2 : 1;
        REQUIRE(frames.dimension(0) == 4);
        REQUIRE(frames.dimension(1) == batch);
        REQUIRE(frames.dimension(2) == 6);
        REQUIRE(frames.dimension(3) == 8);
        REQUIRE(frames.dimension(4) == 2);
        for (Index n = 0; n < batch; ++n) {
            const auto expected = staa::event_frames(recordings.sample(first + n).events, {.steps = 4});
            CHECK(labels(n) == first + n);
            for (Index t = 0; t < 4; ++t) {
                const float* const frame = frames.data() + (t * batch + n) * 96;
                CHECK(std::equal(frame, frame + 96, expected.data() + t * 96));
            }
        }
        first += batch;
    }
    CHECK(first == 3);
}

TEST_CASE("A shuffled epoch has each recording once, in an order that depends on the epoch", "[data]") {
    const StoredEvents recordings = numbered_recordings(30);
    EventLoader loader{recordings, {.batch = 8, .frames = {.steps = 2}}};
    auto labels = see(loader, 1).second;
    CHECK(labels != see(loader, 2).second);
    CHECK(labels == see(loader, 1).second);
    std::ranges::sort(labels);
    std::vector<int> each(30);
    std::iota(each.begin(), each.end(), 0);
    CHECK(labels == each);
}

TEST_CASE("Batches of varied recordings are the same for any number of workers", "[data]") {
    const StoredEvents recordings = numbered_recordings(50);
    const auto seen = [&](int workers) {
        EventLoader loader{recordings,
                           {.batch = 8,
                            .frames = {.steps = 3, .height = 3, .width = 4},
                            .augmentation = {.flip = true, .roll = 2, .cut = 2, .drop = 0.5},
                            .workers = workers}};
        return see(loader, 1);
    };
    const auto alone = seen(0);
    CHECK(seen(1) == alone);
    CHECK(seen(3) == alone);
}

TEST_CASE("A recording that can't be read is an error when the loop comes to its batch", "[data]") {
    const TemporaryFolder folder;
    for (int digit = 0; digit < 10; ++digit) {
        folder.write("Train/" + std::to_string(digit) + "/1.bin", digit == 7 ? "bad" : nmnist_event(1, 2, 0, 3));
    }
    const auto digits = staa::NMnist::open(folder.path(), staa::Split::train);
    EventLoader loader{digits, {.batch = 4, .shuffle = false}};
    int batches = 0;
    const auto go_through = [&] {
        for (auto&& batch : loader.epoch(0)) {
            batches += batch.labels.size() > 0 ? 1 : 0;
        }
    };
    CHECK_THROWS_WITH(go_through(), StartsWith(folder.file("Train/7/1.bin")));
    CHECK(batches == 1);
}

TEST_CASE("A set of recordings checks its labels and sensors", "[data]") {
    CHECK_THROWS_MATCHES(StoredEvents(2, {}), staa::Error, Message("a set of recordings needs at least 1, found 0"));
    CHECK_THROWS_MATCHES(StoredEvents(2, {{spread_events(4, 4, 1), 2}}), staa::Error,
                         Message("the label of recording 0 is 2, expected 0 to 1"));
    CHECK_THROWS_MATCHES(StoredEvents(2, {{spread_events(4, 4, 1), 0}, {spread_events(4, 5, 1), 0}}), staa::Error,
                         Message("recording 1 is of a sensor of 5 x 4 pixels, the first one of 4 x 4"));
}

TEST_CASE("Frames larger than the sensor are an error when the loader is made", "[data]") {
    const StoredEvents recordings = numbered_recordings(3);
    CHECK_THROWS_MATCHES(EventLoader(recordings, {.frames = {.height = 64, .width = 64}}), staa::Error,
                         Message("frames of 64 x 64 pixels cannot be made from a sensor of 8 x 6"));
}

}  // namespace
