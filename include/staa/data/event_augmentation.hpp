// SPDX-License-Identifier: MIT
// Augmentation of recordings for training: roll, flip, turn, cut, drop (Li et al. 2022; Gu et al. 2021).
#pragma once

#include <cmath>
#include <cstdint>

#include "staa/core/finite.hpp"
#include "staa/core/random.hpp"
#include "staa/data/augmentation_random.hpp"
#include "staa/data/events.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How training recordings are varied; by default not at all.
struct EventAugmentation {
    /// Mirrors left and right with probability 1/2. Do not use it for digits, nor for gestures of one hand.
    bool flip = false;
    /// Largest shift in each direction, in pixels. An event that leaves the sensor comes in at the other side.
    int roll = 0;
    /// Largest rotation around the middle in each direction, in degrees, 0 to 180. An event that leaves the sensor is
    /// lost.
    double turn = 0;
    /// Side in pixels of a square whose events are left out; its middle is anywhere on the sensor. 0: no square.
    int cut = 0;
    /// Leaves out each event with probability p, where each recording draws its own p from [0, drop].
    double drop = 0;

    bool operator==(const EventAugmentation&) const = default;
};

/// Throws `Error` for a negative `roll` or `cut`, a `turn` outside [0, 180], and a `drop` outside [0, 1].
inline void check(const EventAugmentation& augmentation) {
    if (!detail::is_within(augmentation.turn, 0, 180)) {
        fail("the largest turn of a recording must be 0 to 180 degrees, found ", augmentation.turn);
    }
    if (augmentation.roll < 0 || augmentation.cut < 0) {
        fail("a roll by ", augmentation.roll, " pixels and a cut of ", augmentation.cut,
             " pixels: neither may be negative");
    }
    if (!detail::is_within(augmentation.drop, 0, 1)) {
        fail("events can be dropped with a probability in [0, 1], found ", augmentation.drop);
    }
}

/// One variation of a recording. Its parts are applied in this order: roll, flip, turn, cut, drop.
struct EventView {
    bool flipped = false;             ///< left and right are exchanged
    Index down = 0, right = 0;        ///< shift of the roll, in pixels
    double turn = 0;                  ///< degrees, clockwise
    Index cut_top = 0, cut_left = 0;  ///< corner of the square, which may reach beyond the sensor
    Index cut_side = 0;               ///< in pixels; 0: no square
    double drop = 0;                  ///< probability that an event is left out
};

/// Draws a view for a sensor of `height` x `width` pixels; advances `random`.
inline EventView draw_event_view(const EventAugmentation& augmentation, Index height, Index width, Random& random) {
    EventView view;
    view.down = draw_shift(augmentation.roll, random);
    view.right = draw_shift(augmentation.roll, random);
    view.flipped = augmentation.flip && random.below(2) == 1;
    view.cut_side = augmentation.cut;
    view.cut_top = static_cast<Index>(random.below(static_cast<std::uint64_t>(height))) - view.cut_side / 2;
    view.cut_left = static_cast<Index>(random.below(static_cast<std::uint64_t>(width))) - view.cut_side / 2;
    view.drop = random.uniform(0, augmentation.drop);
    view.turn = random.uniform(-augmentation.turn, augmentation.turn);
    return view;
}

namespace detail {

/// Moves the events of a sensor to their places in a view.
class EventPlacement {
 public:
    EventPlacement(const EventView& view, const Events& events)
        : view_(view),
          height_(events.height),
          width_(events.width),
          cosine_(std::cos(view.turn * 3.14159265358979323846 / 180)),
          sine_(std::sin(view.turn * 3.14159265358979323846 / 180)) {}

    /// Moves an event. Gives false if the view does not contain it.
    bool place(Event& event) const {
        Index x = rolled(event.x, view_.right, width_), y = rolled(event.y, view_.down, height_);
        x = view_.flipped ? width_ - 1 - x : x;
        if (view_.turn != 0) {
            const double middle_x = static_cast<double>(width_ - 1) / 2,
                         middle_y = static_cast<double>(height_ - 1) / 2;
            const double dx = static_cast<double>(x) - middle_x, dy = static_cast<double>(y) - middle_y;
            x = static_cast<Index>(std::lround(middle_x + cosine_ * dx - sine_ * dy));
            y = static_cast<Index>(std::lround(middle_y + sine_ * dx + cosine_ * dy));
        }
        event.x = static_cast<std::uint16_t>(x);
        event.y = static_cast<std::uint16_t>(y);
        const bool is_inside = x >= 0 && x < width_ && y >= 0 && y < height_;
        const bool is_cut = y >= view_.cut_top && y < view_.cut_top + view_.cut_side && x >= view_.cut_left &&
                            x < view_.cut_left + view_.cut_side;
        return is_inside && !is_cut;
    }

 private:
    static Index rolled(Index position, Index by, Index size) { return ((position + by) % size + size) % size; }

    EventView view_;
    Index height_, width_;
    double cosine_, sine_;
};

}  // namespace detail

/// Changes a recording, in place, to a view of it. `random` decides which events are dropped.
inline void apply(const EventView& view, Events& events, Random& random) {
    const detail::EventPlacement placement(view, events);
    auto kept = events.list.begin();
    for (Event e : events.list) {
        if (placement.place(e) && !(view.drop > 0 && random.uniform() < view.drop)) {
            *kept++ = e;
        }
    }
    events.list.erase(kept, events.list.end());
}

/// Draws a view and changes a recording, in place, to it. The default augmentation changes nothing.
inline void augment(Events& events, const EventAugmentation& augmentation, Random random) {
    if (augmentation != EventAugmentation{}) {
        const EventView view = draw_event_view(augmentation, events.height, events.width, random);
        apply(view, events, random);
    }
}

}  // namespace STAA_ABI
}  // namespace staa
