// SPDX-License-Identifier: MIT
// The recording of an event camera: which pixel became brighter or darker, and when.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "staa/core/config.hpp"
#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// One event of an event camera.
struct Event {
    std::int64_t t = 0;         ///< when, in microseconds
    std::uint16_t x = 0;        ///< column, from the left
    std::uint16_t y = 0;        ///< row, from the top
    std::uint8_t polarity = 0;  ///< 1: the pixel became brighter, 0: darker
    bool operator==(const Event&) const = default;
};

/// A recording: events in the order of time, each on a pixel of the sensor.
struct Events {
    Index height = 0, width = 0;  ///< of the sensor, in pixels
    std::vector<Event> list;      ///< the events, in the order of their times

    Index size() const { return static_cast<Index>(list.size()); }
    bool operator==(const Events&) const = default;
};

/// Which defects of a recording a reader accepts. Every other defect is an `Error`.
struct EventReadOptions {
    bool drop_truncated = false;  ///< leave out an event that the end of the file cuts off
    bool sort = false;            ///< sort events whose times run backwards; events of equal time keep their order
};

namespace detail {

/// Collects the events of a file one by one and checks them.
class EventCollector {
 public:
    EventCollector(Index height, Index width, const std::string& file, const EventReadOptions& options)
        : file_(file), options_(options) {
        events_.height = height;
        events_.width = width;
    }

    void reserve(Index count) { events_.list.reserve(static_cast<std::size_t>(count)); }

    /// Checks the event that begins at `byte` and keeps it if `is_wanted`. An event outside the sensor is an `Error`.
    /// So is an event earlier than the one before it, unless the options say to sort.
    void add(const Event& event, Index byte, bool is_wanted = true) {
        if (event.x >= events_.width || event.y >= events_.height) {
            fail(file_, ": the event at byte ", byte, " is at x = ", event.x, ", y = ", event.y,
                 ", outside the sensor of ", events_.width, " x ", events_.height, " pixels");
        }
        if (event.t < last_) {
            if (!options_.sort) {
                fail(file_, ": the event at byte ", byte, " is at ", event.t, " us, before the one at ", last_,
                     " us that it follows; EventReadOptions::sort puts such events in order");
            }
            is_sorted_ = false;
        }
        last_ = event.t;
        if (is_wanted) {
            events_.list.push_back(event);
        }
    }

    /// Reports that the file ends within an event or a packet: it has only `found` of `expected` bytes. Throws `Error`
    /// unless the options say to leave it out.
    void end_truncated(const char* what, Index byte, Index expected, Index found) const {
        if (!options_.drop_truncated) {
            fail(file_, ": the ", what, " that begins at byte ", byte, " is truncated: expected ", expected,
                 " bytes, found ", found, "; EventReadOptions::drop_truncated leaves it out");
        }
    }

    /// The collected events, in the order of time.
    Events take() {
        if (!is_sorted_) {
            std::stable_sort(events_.list.begin(), events_.list.end(),
                             [](const Event& a, const Event& b) { return a.t < b.t; });
        }
        return std::move(events_);
    }

 private:
    const std::string& file_;
    EventReadOptions options_;
    Events events_;
    std::int64_t last_ = INT64_MIN;
    bool is_sorted_ = true;
};

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
