// SPDX-License-Identifier: MIT
#include "staa/data/event_augmentation.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "data/event_writers.hpp"
#include "support/catch.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Event;
using staa::EventAugmentation;
using staa::Events;
using staa::EventView;
using staa::Index;
using staa::Random;
using namespace staa_tests;

/// Events on three pixels of a sensor of 4 x 5.
const Events three{4, 5, {{1, 0, 0, 0}, {2, 4, 1, 1}, {3, 2, 3, 0}}};

std::vector<Event> viewed(const EventView& view, Events events = three) {
    Random random(1);
    staa::apply(view, events, random);
    return events.list;
}

TEST_CASE("A flipped recording is mirrored left and right", "[data]") {
    CHECK(viewed({.flipped = true}) == std::vector<Event>{{1, 4, 0, 0}, {2, 0, 1, 1}, {3, 2, 3, 0}});
}

TEST_CASE("An event that a roll moves off the sensor comes in at the other side", "[data]") {
    CHECK(viewed({.down = 1, .right = 2}) == std::vector<Event>{{1, 2, 1, 0}, {2, 1, 2, 1}, {3, 4, 0, 0}});
    CHECK(viewed({.down = -1, .right = -6}) == std::vector<Event>{{1, 4, 3, 0}, {2, 3, 0, 1}, {3, 1, 2, 0}});
}

TEST_CASE("A cut leaves out the events in its square, also where that reaches beyond the sensor", "[data]") {
    CHECK(viewed({.cut_top = 3, .cut_left = 2, .cut_side = 1}) == std::vector<Event>{{1, 0, 0, 0}, {2, 4, 1, 1}});
    CHECK(viewed({.cut_top = -1, .cut_left = -1, .cut_side = 2}) == std::vector<Event>{{2, 4, 1, 1}, {3, 2, 3, 0}});
    CHECK(viewed({.cut_top = -9, .cut_left = -9, .cut_side = 30}).empty());
}

TEST_CASE("A turn is clockwise around the middle of the sensor, and an event that leaves the sensor is lost",
          "[data]") {
    const Events square{5, 5, {{1, 2, 0, 0}, {2, 2, 2, 1}, {3, 4, 1, 0}}};
    CHECK(viewed({.turn = 90}, square) == std::vector<Event>{{1, 4, 2, 0}, {2, 2, 2, 1}, {3, 3, 4, 0}});
    CHECK(viewed({.turn = -180}, square) == std::vector<Event>{{1, 2, 4, 0}, {2, 2, 2, 1}, {3, 0, 3, 0}});
    CHECK(viewed({.turn = 45}, {5, 5, {{1, 0, 0, 0}, {2, 3, 2, 1}}}) == std::vector<Event>{{2, 3, 3, 1}});
}

TEST_CASE("A recording is rolled, then mirrored, then cut", "[data]") {
    CHECK(viewed({.flipped = true, .down = 0, .right = 1, .cut_top = 0, .cut_left = 3, .cut_side = 1}) ==
          std::vector<Event>{{2, 4, 1, 1}, {3, 1, 3, 0}});
}

TEST_CASE("Drop leaves out the given share of the events and keeps the order of the others", "[data]") {
    const Events many = spread_events(4, 5, 10'000);
    CHECK(viewed({.drop = 0}, many) == many.list);
    CHECK(viewed({.drop = 1}, many).empty());
    const auto kept = viewed({.drop = 0.3}, many);
    CHECK(std::abs(static_cast<int>(kept.size()) - 7000) < 230);  // five standard deviations
    for (std::size_t i = 1; i < kept.size(); ++i) {
        REQUIRE(kept[i - 1].t < kept[i].t);
    }
}

TEST_CASE("Rolls are uniform up to the limit in each direction, and half of all recordings are mirrored", "[data]") {
    std::map<std::pair<Index, Index>, int> shifts;
    int flips = 0;
    for (Index i = 0; i < 25'000; ++i) {
        Random random = staa::augmentation_random(1, 0, i);
        const EventView view = staa::draw_event_view({.flip = true, .roll = 2}, 4, 5, random);
        ++shifts[{view.down, view.right}];
        flips += view.flipped ? 1 : 0;
        REQUIRE(view.cut_side == 0);
        REQUIRE(view.drop == 0);
    }
    REQUIRE(shifts.size() == 25);
    CHECK(shifts.begin()->first == std::pair<Index, Index>{-2, -2});
    CHECK(shifts.rbegin()->first == std::pair<Index, Index>{2, 2});
    for (const auto& [shift, count] : shifts) {
        CHECK(std::abs(count - 1000) < 160);
    }
    CHECK(std::abs(flips - 12'500) < 400);
}

TEST_CASE("The middle of a cut can be every pixel of the sensor", "[data]") {
    std::map<std::pair<Index, Index>, int> middles;
    for (Index i = 0; i < 20'000; ++i) {
        Random random = staa::augmentation_random(1, 0, i);
        const EventView view = staa::draw_event_view({.cut = 3}, 4, 5, random);
        ++middles[{view.cut_top + 1, view.cut_left + 1}];
    }
    REQUIRE(middles.size() == 20);
    CHECK(middles.begin()->first == std::pair<Index, Index>{0, 0});
    CHECK(middles.rbegin()->first == std::pair<Index, Index>{3, 4});
}

TEST_CASE("Turns reach the limit in both directions and do not exceed it", "[data]") {
    double least = 0, most = 0;
    for (Index i = 0; i < 1000; ++i) {
        Random random = staa::augmentation_random(1, 0, i);
        const double turn = staa::draw_event_view({.turn = 15}, 4, 5, random).turn;
        least = std::min(least, turn);
        most = std::max(most, turn);
    }
    CHECK(least < -14.5);
    CHECK(least >= -15);
    CHECK(most > 14.5);
    CHECK(most <= 15);
}

TEST_CASE("Each recording draws its own probability of dropped events, up to the limit", "[data]") {
    double least = 1, most = 0;
    for (Index i = 0; i < 1000; ++i) {
        Random random = staa::augmentation_random(1, 0, i);
        const double drop = staa::draw_event_view({.drop = 0.4}, 4, 5, random).drop;
        least = std::min(least, drop);
        most = std::max(most, drop);
    }
    CHECK(least < 0.01);
    CHECK(most > 0.39);
    CHECK(most < 0.4);
}

TEST_CASE("Without augmentation a recording does not change", "[data]") {
    Events events = three;
    staa::augment(events, {}, Random(1));
    CHECK(events == three);
}

TEST_CASE("An event augmentation out of its range is an error", "[data]") {
    CHECK_THROWS_MATCHES(staa::check(EventAugmentation{.roll = -1}), staa::Error,
                         Message("a roll by -1 pixels and a cut of 0 pixels: neither may be negative"));
    CHECK_THROWS_MATCHES(staa::check(EventAugmentation{.drop = 1.5}), staa::Error,
                         Message("events can be dropped with a probability in [0, 1], found 1.5"));
    CHECK_THROWS_MATCHES(staa::check(EventAugmentation{.turn = -1}), staa::Error,
                         Message("the largest turn of a recording must be 0 to 180 degrees, found -1"));
    CHECK_NOTHROW(staa::check(EventAugmentation{.roll = 5, .cut = 20, .drop = 1}));
}

}  // namespace
