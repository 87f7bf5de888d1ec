// SPDX-License-Identifier: MIT
#include "staa/data/synthetic_events.hpp"

#include <algorithm>
#include <set>

#include "support/catch.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Event;
using staa::Events;
using staa::Index;
using staa::Split;
using staa::SyntheticEvents;

TEST_CASE("The same seed gives the same recordings, for any number of threads", "[data]") {
    const int threads = staa::threads();
    staa::set_threads(1);
    const SyntheticEvents alone(20, 34, 3);
    staa::set_threads(3);
    const SyntheticEvents together(20, 34, 3);
    staa::set_threads(threads);
    for (Index i = 0; i < 20; ++i) {
        REQUIRE(alone.sample(i).events == together.sample(i).events);
    }
}

TEST_CASE("Other seeds and the other split give other recordings, and a larger set begins with the smaller", "[data]") {
    const SyntheticEvents few(10, 34, 3), many(20, 34, 3), other(10, 34, 4), test(10, 34, 3, Split::test);
    for (Index i = 0; i < 10; ++i) {
        REQUIRE(few.sample(i).events == many.sample(i).events);
        REQUIRE(few.sample(i).events != other.sample(i).events);
        REQUIRE(few.sample(i).events != test.sample(i).events);
    }
}

TEST_CASE("Synthetic recordings are in the order of time, on the sensor, 0.3 s long", "[data]") {
    const SyntheticEvents set(30, 48);
    CHECK(set.classes() == 10);
    CHECK(set.height() == 48);
    CHECK(set.width() == 48);
    for (Index i = 0; i < 30; ++i) {
        const auto [events, label] = set.sample(i);
        REQUIRE(label == i % 10);
        REQUIRE(events.size() > 200);
        REQUIRE(std::ranges::is_sorted(events.list, {}, &Event::t));
        REQUIRE(events.list.front().t >= 0);
        REQUIRE(events.list.back().t < 300'000);
        REQUIRE(
            std::ranges::all_of(events.list, [](const Event& e) { return e.x < 48 && e.y < 48 && e.polarity < 2; }));
    }
}

TEST_CASE("A drifting shape makes about as many brighter as darker events, a growing shape mostly one polarity",
          "[data]") {
    const SyntheticEvents set(100);
    double drifting = 0, growing = 0;  // mean share of the rarer polarity
    for (Index i = 0; i < 100; ++i) {
        const Events events = set.sample(i).events;
        const auto brighter = std::ranges::count(events.list, 1, &Event::polarity);
        const double share = static_cast<double>(std::min<Index>(brighter, events.size() - brighter)) /
                             static_cast<double>(events.size());
        (i % 10 < 5 ? drifting : growing) += share / 50;
    }
    CHECK(drifting > 0.4);
    CHECK(growing < 0.2);
}

TEST_CASE("Every class of moving shapes has a different name", "[data]") {
    std::set<std::string> names;
    for (int label = 0; label < 10; ++label) {
        names.insert(SyntheticEvents::class_name(label));
    }
    CHECK(names.size() == 10);
    CHECK(SyntheticEvents::class_name(0) == "disc, drifting");
    CHECK(SyntheticEvents::class_name(9) == "cross, growing");
}

TEST_CASE("A set without recordings, or with a sensor too small for a shape, is an error", "[data]") {
    CHECK_THROWS_MATCHES(
        SyntheticEvents(0), staa::Error,
        Message("a synthetic data set needs at least 1 recording of 16 x 16 pixels, found 0 of 34 x 34"));
    CHECK_THROWS_MATCHES(
        SyntheticEvents(1, 15), staa::Error,
        Message("a synthetic data set needs at least 1 recording of 16 x 16 pixels, found 1 of 15 x 15"));
}

}  // namespace
