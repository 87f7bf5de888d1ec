// SPDX-License-Identifier: MIT
#include "staa/data/event_frames.hpp"

#include <numeric>

#include "data/event_writers.hpp"
#include "staa/data/event_loader.hpp"
#include "support/catch.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Event;
using staa::EventRange;
using staa::Events;
using staa::FrameOptions;
using staa::FrameRule;
using staa::Index;
using namespace staa_tests;
using Ranges = std::vector<EventRange>;

/// Events at these times, all on pixel 0.
Events at_times(const std::vector<std::int64_t>& times) {
    Events events{1, 1, {}};
    for (const std::int64_t t : times) {
        events.list.push_back({t, 0, 0, 0});
    }
    return events;
}

Ranges by_number(const Events& events, Index steps) {
    return staa::event_ranges(events, {.steps = steps, .rule = FrameRule::by_number});
}
Ranges by_time(const Events& events, Index steps) {
    return staa::event_ranges(events, {.steps = steps, .rule = FrameRule::by_time});
}

double sum(const staa::Tensor<float, 5>& frames) {
    return std::accumulate(frames.data(), frames.data() + frames.size(), 0.0);
}

TEST_CASE("By number, each frame has n / T events and the last has the rest too", "[data]") {
    CHECK(by_number(at_times({0, 0, 0, 0, 0, 0}), 3) == Ranges{{0, 2}, {2, 4}, {4, 6}});
    CHECK(by_number(at_times({0, 0, 0, 0, 0, 0, 0, 0}), 3) == Ranges{{0, 2}, {2, 4}, {4, 8}});
    CHECK(by_number(at_times({0, 0}), 3) == Ranges{{0, 0}, {0, 0}, {0, 2}});
    CHECK(by_number(at_times({}), 2) == Ranges{{0, 0}, {0, 0}});
    CHECK(by_number(at_times({1, 2, 3}), 1) == Ranges{{0, 3}});
}

TEST_CASE("By time, each frame has (t_last - t_first) / T microseconds and the last has the rest too", "[data]") {
    // 10 us in 3 frames of 3: [100, 103), [103, 106), [106, ...
    CHECK(by_time(at_times({100, 102, 103, 105, 106, 109, 110}), 3) == Ranges{{0, 2}, {2, 4}, {4, 7}});
    CHECK(by_time(at_times({0, 5, 10}), 2) == Ranges{{0, 1}, {1, 3}});
}

TEST_CASE("By time, a frame without events is empty", "[data]") {
    CHECK(by_time(at_times({0, 1, 29, 30}), 3) == Ranges{{0, 2}, {2, 2}, {2, 4}});
    CHECK(by_time(at_times({}), 2) == Ranges{{0, 0}, {0, 0}});
}

TEST_CASE("By time, all events of a recording of fewer microseconds than frames are in the last frame", "[data]") {
    CHECK(by_time(at_times({7, 7, 8}), 3) == Ranges{{0, 0}, {0, 0}, {0, 3}});
}

TEST_CASE("By duration, an event is in the frame of its time after the first event", "[data]") {
    CHECK(staa::ranges_by_duration(at_times({5, 14, 15, 16, 24, 25}), 10) == Ranges{{0, 2}, {2, 5}, {5, 6}});
    CHECK(staa::ranges_by_duration(at_times({-7, 2, 3}), 10) == Ranges{{0, 2}, {2, 3}});
    CHECK(staa::ranges_by_duration(at_times({}), 10).empty());
}

TEST_CASE("By duration, a stretch without events is made of empty frames", "[data]") {
    CHECK(staa::ranges_by_duration(at_times({0, 9, 10, 11, 50}), 10) ==
          Ranges{{0, 2}, {2, 4}, {4, 4}, {4, 4}, {4, 4}, {4, 5}});
}

TEST_CASE("By duration, missing frames are empty and further ones are left out", "[data]") {
    const Events events = at_times({0, 9, 10, 11, 21, 22, 50});
    const auto ranges = [&](Index steps) {
        return staa::event_ranges(events, {.steps = steps, .rule = FrameRule::by_duration, .duration = 10});
    };
    CHECK(ranges(2) == Ranges{{0, 2}, {2, 4}});
    CHECK(ranges(8) == Ranges{{0, 2}, {2, 4}, {4, 6}, {6, 6}, {6, 6}, {6, 7}, {7, 7}, {7, 7}});
    CHECK(staa::event_ranges(at_times({}), {.steps = 2, .rule = FrameRule::by_duration, .duration = 10}) ==
          Ranges{{0, 0}, {0, 0}});
}

TEST_CASE("Durations that would make more than 2^24 frames are an error", "[data]") {
    CHECK_THROWS_MATCHES(staa::ranges_by_duration(at_times({0, 1 << 24}), 1), staa::Error,
                         Message("staa::ranges_by_duration: frames of 1 us would be more than 16777216 for this "
                                 "recording of 16777216 us; expected a longer duration"));
}

// The numbers are those of integrate_events_by_fixed_duration in SpikingJelly 2.0.0.
TEST_CASE("By duration, a recording with pauses has the frames of SpikingJelly 2.0", "[data]") {
    std::vector<std::int64_t> times;
    for (int i = 0; i < 200; ++i) {
        times.push_back(1000 + 37 * i + 900 * (i / 25));
    }
    std::vector<Index> counts;
    for (const EventRange& range : staa::ranges_by_duration(at_times(times), 500)) {
        counts.push_back(range.end - range.begin);
    }
    CHECK(counts == std::vector<Index>{14, 11, 0, 5, 14, 6,  0, 10, 13, 2,  1, 14, 10, 0,
                                       6,  13, 6, 0, 11, 13, 1, 2,  13, 10, 0, 7,  13, 5});
}

TEST_CASE("A frame is the number of events of each pixel, channel 0 darker and 1 brighter", "[data]") {
    const Events events{2, 3, {{0, 2, 0, 1}, {1, 2, 0, 1}, {2, 2, 0, 0}, {3, 0, 1, 1}}};
    const auto frames = staa::event_frames(events, {.steps = 2});
    REQUIRE(frames.dimension(0) == 2);
    REQUIRE(frames.dimension(1) == 1);
    REQUIRE(frames.dimension(2) == 2);
    REQUIRE(frames.dimension(3) == 3);
    REQUIRE(frames.dimension(4) == 2);
    CHECK(frames(0, 0, 0, 2, 1) == 2);
    CHECK(frames(1, 0, 0, 2, 0) == 1);
    CHECK(frames(1, 0, 1, 0, 1) == 1);
    CHECK(sum(frames) == 4);
}

TEST_CASE("A binary frame is 1 at each pixel that has an event", "[data]") {
    const Events events{2, 3, {{0, 2, 0, 1}, {1, 2, 0, 1}, {2, 2, 0, 0}, {3, 0, 1, 1}}};
    const auto frames = staa::event_frames(events, {.steps = 1, .value = staa::FrameValue::binary});
    CHECK(frames(0, 0, 0, 2, 1) == 1);
    CHECK(sum(frames) == 3);
}

TEST_CASE("A frame without events is all zeros", "[data]") {
    const auto frames = staa::event_frames(Events{3, 3, {}}, {.steps = 4, .rule = FrameRule::by_time});
    CHECK(frames.size() == 4 * 9 * 2);
    CHECK(sum(frames) == 0);
}

TEST_CASE("A frame of half the side adds up 2 x 2 pixels", "[data]") {
    Events events{128, 128, {}};
    for (std::uint16_t y = 0; y < 128; ++y) {
        for (std::uint16_t x = 0; x < 128; ++x) {
            events.list.push_back({0, x, y, static_cast<std::uint8_t>(y / 2 % 2)});
        }
    }
    const auto frames = staa::event_frames(events, {.steps = 1, .height = 64, .width = 64});
    for (Index y = 0; y < 64; ++y) {
        for (Index x = 0; x < 64; ++x) {
            REQUIRE(frames(0, 0, y, x, y % 2) == 4);
            REQUIRE(frames(0, 0, y, x, 1 - y % 2) == 0);
        }
    }
}

TEST_CASE("A frame of three eighths of the side shares an event on the edge of two pixels by area", "[data]") {
    const auto column_of = [](std::uint16_t x) {
        return staa::event_frames(Events{1, 128, {{0, x, 0, 1}}}, {.steps = 1, .height = 1, .width = 48});
    };
    CHECK(column_of(0)(0, 0, 0, 0, 1) == 1);
    const auto shared = column_of(2);  // [6/8, 9/8): two thirds in pixel 0, one third in pixel 1
    CHECK_THAT(shared(0, 0, 0, 0, 1), WithinAbs(2.0 / 3, 1e-6));
    CHECK_THAT(shared(0, 0, 0, 1, 1), WithinAbs(1.0 / 3, 1e-6));
    CHECK(column_of(127)(0, 0, 0, 47, 1) == 1);
}

TEST_CASE("The rescaled frame of a uniform recording is uniform, and keeps the number of events", "[data]") {
    Events events{128, 128, {}};
    for (std::uint16_t y = 0; y < 128; ++y) {
        for (std::uint16_t x = 0; x < 128; ++x) {
            events.list.push_back({0, x, y, 0});
        }
    }
    const auto frames = staa::event_frames(events, {.steps = 1, .height = 48, .width = 48});
    for (Index i = 0; i < frames.size(); i += 2) {
        REQUIRE_THAT(frames.data()[i], WithinAbs(64.0 / 9, 1e-4));
    }
    CHECK_THAT(sum(frames), WithinAbs(128 * 128, 0.1));
}

TEST_CASE("A rescaled binary frame is 1 at each pixel that gets a share of an event", "[data]") {
    const auto frames = staa::event_frames(Events{1, 128, {{0, 2, 0, 1}}},
                                           {.steps = 1, .value = staa::FrameValue::binary, .height = 1, .width = 48});
    CHECK(frames(0, 0, 0, 0, 1) == 1);
    CHECK(frames(0, 0, 0, 1, 1) == 1);
    CHECK(sum(frames) == 2);
}

TEST_CASE("Frames larger than the sensor are an error", "[data]") {
    CHECK_THROWS_MATCHES(staa::event_frames(Events{34, 34, {}}, {.height = 48, .width = 48}), staa::Error,
                         Message("frames of 48 x 48 pixels cannot be made from a sensor of 34 x 34"));
}

TEST_CASE("Fewer than one frame, and a duration below 1 us, are an error", "[data]") {
    CHECK_THROWS_MATCHES(staa::event_frames(Events{34, 34, {}}, {.steps = 0}), staa::Error,
                         Message("a recording must have at least 1 frame, found 0 steps"));
    CHECK_THROWS_MATCHES(staa::event_frames(at_times({1}), {.rule = FrameRule::by_duration}), staa::Error,
                         Message("a frame must last at least 1 us, found 0"));
}

TEST_CASE("A duration below 1 us is an error when a painter or a loader is made, before a recording is read",
          "[data]") {
    const FrameOptions options{.rule = FrameRule::by_duration, .duration = -1};
    const auto expected = Message("a frame must last at least 1 us, found -1");
    CHECK_THROWS_MATCHES(staa::FramePainter(options, 34, 34), staa::Error, expected);
    const staa::StoredEvents set(1, {{at_times({1}), 0}});
    CHECK_THROWS_MATCHES((staa::EventLoader{set, {.batch = 1, .frames = options}}), staa::Error, expected);
}

TEST_CASE("An event outside the sensor is an error, not a write outside the frame", "[data]") {
    CHECK_THROWS_MATCHES(staa::event_frames(Events{4, 4, {{0, 4, 1, 0}}}), staa::Error,
                         Message("an event at x = 4, y = 1 with polarity 0 is not one of a sensor of 4 x 4 pixels"));
    CHECK_THROWS_MATCHES(staa::event_frames(Events{4, 4, {{0, 1, 1, 2}}}), staa::Error,
                         Message("an event at x = 1, y = 1 with polarity 2 is not one of a sensor of 4 x 4 pixels"));
}

}  // namespace
