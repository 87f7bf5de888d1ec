// SPDX-License-Identifier: MIT
// Checks the result of a reader of recordings for any input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>

#include "staa/data/event_augmentation.hpp"
#include "staa/data/event_frames.hpp"

namespace staa_fuzz {

/// Aborts unless the events are on the sensor, in the order of time and no more than `most`; then makes frames of them.
inline void check_events(const staa::Events& events, std::size_t most) {
    const bool is_fine = events.list.size() <= most && std::ranges::is_sorted(events.list, {}, &staa::Event::t) &&
                         std::ranges::all_of(events.list, [&](const staa::Event& e) {
                             return e.x < events.width && e.y < events.height && e.polarity < 2;
                         });
    if (!is_fine) {
        std::abort();
    }
    staa::Events varied = events;
    staa::augment(varied, {.flip = true, .roll = 3, .cut = 5, .drop = 0.5}, staa::Random(1));
    for (const auto rule : {staa::FrameRule::by_number, staa::FrameRule::by_time, staa::FrameRule::by_duration}) {
        const staa::FrameOptions options{.steps = 3, .rule = rule, .duration = 1000, .height = 12, .width = 12};
        if (events.height >= 12 && events.width >= 12) {
            staa::event_frames(varied, options);
        }
    }
}

/// Calls read(bytes, is_lenient), strictly and leniently (with `drop_truncated` and `sort`). Aborts unless bytes that
/// can be read strictly give the same events leniently. `read` may throw staa::Error only; augmentation and frames of
/// the events may throw nothing.
template <class Read>
void check_reader(std::span<const std::uint8_t> bytes, std::size_t event_size, const Read& read) {
    const auto events_of = [&](bool is_lenient) -> std::optional<staa::Events> {
        try {
            return read(bytes, is_lenient);
        } catch (const staa::Error&) {
            return std::nullopt;
        }
    };
    const auto strict = events_of(false), lenient = events_of(true);
    if (strict && lenient != strict) {
        std::abort();
    }
    for (const auto& events : {strict, lenient}) {
        if (events) {
            check_events(*events, bytes.size() / event_size);
        }
    }
}

}  // namespace staa_fuzz
