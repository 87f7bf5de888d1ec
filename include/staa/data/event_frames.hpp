// SPDX-License-Identifier: MIT
// Turns events into the input of a network: one frame per step, [T, N, H, W, 2].
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "staa/core/tensor.hpp"
#include "staa/data/events.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Which events each frame holds. If a recording is in the order of time, each frame holds exactly the events that
/// SpikingJelly 2.0 puts into it. n is the number of events, T the number of frames.
enum class FrameRule {
    by_number,   ///< n / T events per frame, rounded down; the last frame has the rest, too
    by_time,     ///< (t_last - t_first) / T microseconds per frame, rounded down; the last frame has the rest, too
    by_duration  ///< frame i has the events with (t - t_first) / `FrameOptions::duration` = i, rounded down
};

/// The value of a pixel of a frame.
enum class FrameValue {
    counts,  ///< the number of its events
    binary   ///< 1 if it has an event, else 0
};

/// How a recording becomes frames.
struct FrameOptions {
    Index steps = 16;                       ///< number of frames T, at least 1
    FrameRule rule = FrameRule::by_number;  ///< which events belong to which frame
    std::int64_t duration = 0;              ///< of a frame in microseconds, at least 1; for `by_duration` only
    FrameValue value = FrameValue::counts;  ///< what a pixel of a frame holds
    Index height = 0, width = 0;            ///< of a frame, at most those of the sensor; 0: those of the sensor
};

/// Events [begin, end) of a recording.
struct EventRange {
    Index begin = 0, end = 0;  ///< the first event, and the one after the last
    bool operator==(const EventRange&) const = default;
};

namespace detail {

inline void check_duration(std::int64_t duration) {
    if (duration < 1) {
        fail("a frame must last at least 1 us, found ", duration);
    }
}

inline void check_steps_and_duration(const FrameOptions& options) {
    if (options.steps < 1) {
        fail("a recording must have at least 1 frame, found ", options.steps, " steps");
    }
    if (options.rule == FrameRule::by_duration) {
        check_duration(options.duration);
    }
}

}  // namespace detail

namespace detail {

/// The first `steps` frames of `duration` microseconds of a recording that has events.
inline std::vector<EventRange> ranges_by_duration(const Events& events, std::int64_t duration, Index steps) {
    const std::int64_t first = events.list.front().t;
    std::vector<EventRange> ranges;
    auto at = events.list.begin();
    for (Index i = 0; i < steps; ++i) {
        const auto end =
            std::partition_point(at, events.list.end(), [&](const Event& e) { return (e.t - first) / duration <= i; });
        ranges.push_back({at - events.list.begin(), end - events.list.begin()});
        at = end;
    }
    return ranges;
}

}  // namespace detail

/// Cuts a recording into as many frames of `duration` microseconds as it takes: frame i has the events with
/// (t - t_first) / duration = i, rounded down, where t_first is the time of the first event. A stretch without events
/// gives empty frames. Events must be in the order of time. A duration below 1, and one that makes more than 2^24
/// frames, are an `Error`.
inline std::vector<EventRange> ranges_by_duration(const Events& events, std::int64_t duration) {
    constexpr std::int64_t most = 1 << 24;
    detail::check_duration(duration);
    if (events.list.empty()) {
        return {};
    }
    const std::int64_t last = (events.list.back().t - events.list.front().t) / duration;
    if (last >= most) {
        fail("staa::ranges_by_duration: frames of ", duration, " us would be more than ", most,
             " for this recording of ", events.list.back().t - events.list.front().t,
             " us; expected a longer duration");
    }
    return detail::ranges_by_duration(events, duration, static_cast<Index>(last) + 1);
}

namespace detail {

inline std::vector<EventRange> ranges_by_number(const Events& events, Index steps) {
    const Index count = events.size() / steps;
    std::vector<EventRange> ranges;
    for (Index j = 0; j < steps; ++j) {
        ranges.push_back({j * count, j + 1 < steps ? (j + 1) * count : events.size()});
    }
    return ranges;
}

inline std::vector<EventRange> ranges_by_time(const Events& events, Index steps) {
    std::vector<EventRange> ranges(static_cast<std::size_t>(steps));
    if (events.list.empty()) {
        return ranges;
    }
    const std::int64_t first = events.list.front().t, share = (events.list.back().t - first) / steps;
    const auto event_from = [&](std::int64_t time) {
        return std::lower_bound(events.list.begin(), events.list.end(), time,
                                [](const Event& e, std::int64_t t) { return e.t < t; }) -
               events.list.begin();
    };
    for (Index j = 0; j < steps; ++j) {
        ranges[static_cast<std::size_t>(j)] = {event_from(first + j * share),
                                               j + 1 < steps ? event_from(first + (j + 1) * share) : events.size()};
    }
    return ranges;
}

/// The place of a row (or column) of the sensor in a smaller frame: the part `share` of it lies in row `first` of the
/// frame, the rest in the next row.
struct Rescaled {
    Index first = 0;
    double share = 1;
};

/// The places of `sensor` pixels in a line of `frame` pixels, with frame <= sensor. If the whole line has the length
/// sensor · frame, then pixel s of the sensor covers [s · frame, (s + 1) · frame), and a pixel of the frame has the
/// length `sensor`. So a pixel of the sensor lies in one or two pixels of the frame.
inline std::vector<Rescaled> rescale_line(Index sensor, Index frame) {
    std::vector<Rescaled> line(static_cast<std::size_t>(sensor));
    for (Index s = 0; s < sensor; ++s) {
        const Index first = s * frame / sensor;
        const Index in_first = std::min(frame, (first + 1) * sensor - s * frame);
        line[static_cast<std::size_t>(s)] = {first, static_cast<double>(in_first) / static_cast<double>(frame)};
    }
    return line;
}

}  // namespace detail

/// The events of each of `options.steps` frames. Events must be in the order of time. With `FrameRule::by_duration` a
/// recording may be too short, and the last ranges are empty, or too long, and its last events are left out. Fewer than
/// one step, and a duration below 1 us with `by_duration`, are an `Error`.
inline std::vector<EventRange> event_ranges(const Events& events, const FrameOptions& options) {
    detail::check_steps_and_duration(options);
    if (options.rule == FrameRule::by_number) {
        return detail::ranges_by_number(events, options.steps);
    }
    if (options.rule == FrameRule::by_time) {
        return detail::ranges_by_time(events, options.steps);
    }
    return events.list.empty() ? std::vector<EventRange>(static_cast<std::size_t>(options.steps))
                               : detail::ranges_by_duration(events, options.duration, options.steps);
}

/// Draws recordings of one sensor as frames. In a frame smaller than the sensor, an event is shared by area: a pixel of
/// the sensor that lies across the edge between two pixels of the frame adds to both. Thus counts keep their sum, and a
/// uniform recording gives a uniform frame. (If each pixel of the sensor belonged to one pixel of the frame, 128 -> 48
/// would make pixels of 2 x 2 beside pixels of 3 x 3.) 128 -> 64 just adds up 2 x 2 pixels. With `FrameValue::binary`
/// each pixel that gets a share is 1.
class FramePainter {
 public:
    /// Fewer than one step, a duration below 1 us with `FrameRule::by_duration`, and frames larger than the sensor are
    /// an `Error`.
    FramePainter(const FrameOptions& options, Index sensor_height, Index sensor_width)
        : options_(options), sensor_height_(sensor_height), sensor_width_(sensor_width) {
        options_.height = options.height == 0 ? sensor_height : options.height;
        options_.width = options.width == 0 ? sensor_width : options.width;
        detail::check_steps_and_duration(options);
        if (options_.height < 1 || options_.height > sensor_height || options_.width < 1 ||
            options_.width > sensor_width) {
            fail("frames of ", options.width, " x ", options.height, " pixels cannot be made from a sensor of ",
                 sensor_width, " x ", sensor_height);
        }
        rows_ = detail::rescale_line(sensor_height, options_.height);
        columns_ = detail::rescale_line(sensor_width, options_.width);
    }

    Index steps() const { return options_.steps; }
    Index height() const { return options_.height; }
    Index width() const { return options_.width; }

    /// Writes frame j [H, W, 2] to `out` + j · `distance`; channel 0 holds darker events, channel 1 brighter ones. A
    /// recording of another sensor, and an event outside the sensor, are an `Error`.
    template <class Scalar>
    void paint(const Events& events, Scalar* out, Index distance) const {
        check(events);
        Index frame = 0;
        for (const EventRange& range : event_ranges(events, options_)) {
            Scalar* const pixels = out + frame++ * distance;
            std::fill(pixels, pixels + height() * width() * 2, Scalar(0));
            for (Index i = range.begin; i < range.end; ++i) {
                paint_event(events.list[static_cast<std::size_t>(i)], pixels);
            }
        }
    }

 private:
    void check(const Events& events) const {
        if (events.height != sensor_height_ || events.width != sensor_width_) {
            fail("the recording is of a sensor of ", events.width, " x ", events.height, " pixels, expected ",
                 sensor_width_, " x ", sensor_height_);
        }
        for (const Event& e : events.list) {
            if (e.x >= sensor_width_ || e.y >= sensor_height_ || e.polarity > 1) {
                fail("an event at x = ", e.x, ", y = ", e.y, " with polarity ", int{e.polarity},
                     " is not one of a sensor of ", sensor_width_, " x ", sensor_height_, " pixels");
            }
        }
    }

    template <class Scalar>
    void paint_event(const Event& event, Scalar* pixels) const {
        const detail::Rescaled row = rows_[event.y], column = columns_[event.x];
        Scalar* const pixel = pixels + 2 * (row.first * width() + column.first) + event.polarity;
        add(pixel, row.share * column.share);
        if (column.share < 1) {
            add(pixel + 2, row.share * (1 - column.share));
        }
        if (row.share < 1) {
            add(pixel + 2 * width(), (1 - row.share) * column.share);
            if (column.share < 1) {
                add(pixel + 2 * width() + 2, (1 - row.share) * (1 - column.share));
            }
        }
    }

    template <class Scalar>
    void add(Scalar* pixel, double share) const {
        *pixel = options_.value == FrameValue::binary ? Scalar(1) : *pixel + static_cast<Scalar>(share);
    }

    FrameOptions options_;
    Index sensor_height_, sensor_width_;
    std::vector<detail::Rescaled> rows_, columns_;
};

/// The frames [T, 1, H, W, 2] of one recording; see `FramePainter`.
template <class Scalar = float>
Tensor<Scalar, 5> event_frames(const Events& events, const FrameOptions& options = {}) {
    const FramePainter painter(options, events.height, events.width);
    Tensor<Scalar, 5> frames(painter.steps(), 1, painter.height(), painter.width(), 2);
    painter.paint(events, frames.data(), painter.height() * painter.width() * 2);
    return frames;
}

}  // namespace STAA_ABI
}  // namespace staa
