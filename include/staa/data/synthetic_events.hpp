// SPDX-License-Identifier: MIT
// Recordings of moving shapes in front of a simulated event camera, drawn from a seed: a data set that needs no files
// and no download.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "staa/core/parallel.hpp"
#include "staa/core/random.hpp"
#include "staa/data/event_data_set.hpp"
#include "staa/data/image_data_set.hpp"
#include "staa/data/synthetic.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace synthetic {

/// How a shape moves. A still picture does not show it, so that a network has to use time.
enum class Motion {
    drifting,  ///< moves in a straight line and keeps its size
    growing    ///< stays and grows, or shrinks
};

/// Simulates an event camera that records one shape for 0.3 s. The brightness of a pixel is its coverage by the shape,
/// times the contrast. A pixel sends an event each time its brightness has changed by the threshold since its last
/// event.
class Camera {
 public:
    /// A sensor of `side` · `side` pixels; all that varies is drawn from `random`.
    Camera(Index side, Random random) : side_(side), random_(random), seen_(static_cast<std::size_t>(side * side)) {}

    /// The recording of a figure that moves.
    Events record(Figure figure, Motion motion) {
        const Path path = draw_path(motion);
        contrast_ = (random_.below(2) == 0 ? 1 : -1) * random_.uniform(0.7, 1.0);
        look(figure, path, 0, true);
        for (int moment = 1; moment <= moments; ++moment) {
            look(figure, path, moment, false);
        }
        add_noise();
        std::stable_sort(events_.begin(), events_.end(), [](const Event& a, const Event& b) { return a.t < b.t; });
        return {side_, side_, std::move(events_)};
    }

 private:
    static constexpr int moments = 60;
    static constexpr std::int64_t moment_time = 5000;  // microseconds
    static constexpr double threshold = 0.3, noise_share = 0.05;

    /// Where the shape is at the beginning and at the end.
    struct Path {
        Point from, to;
        double from_radius, to_radius, angle;

        Pose at(double share) const {
            const auto between = [&](double a, double b) { return a + share * (b - a); };
            return {{between(from.x, to.x), between(from.y, to.y)},
                    between(from_radius, to_radius),
                    std::cos(angle),
                    std::sin(angle)};
        }
    };

    Path draw_path(Motion motion) {
        const double size = static_cast<double>(side_), angle = random_.uniform(-0.3, 0.3);
        const Point middle{size * random_.uniform(0.4, 0.6), size * random_.uniform(0.4, 0.6)};
        const double radius = size * random_.uniform(0.18, 0.26);
        if (motion == Motion::growing) {
            const double other = radius * random_.uniform(0.35, 0.5);
            const bool grows = random_.below(2) == 0;
            return {middle, middle, grows ? other : radius, grows ? radius : other, angle};
        }
        const double direction = random_.uniform(0, 2 * std::numbers::pi), reach = size * random_.uniform(0.12, 0.2);
        const double dx = reach * std::cos(direction), dy = reach * std::sin(direction);
        return {{middle.x - dx, middle.y - dy}, {middle.x + dx, middle.y + dy}, radius, radius, angle};
    }

    /// Compares the brightness of each pixel with that at its last event, and adds the events in between. The first
    /// moment adds no events.
    void look(Figure figure, const Path& path, int moment, bool is_first) {
        const Pose pose = path.at(static_cast<double>(moment) / moments);
        for (Index y = 0; y < side_; ++y) {
            for (Index x = 0; x < side_; ++x) {
                const Point p = pose.inside(static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5);
                const double brightness = contrast_ * coverage(shape_distance(figure, p, pose.radius));
                double& seen = seen_[static_cast<std::size_t>(y * side_ + x)];
                if (is_first) {
                    seen = brightness;
                }
                while (std::abs(brightness - seen) >= threshold) {
                    const bool is_brighter = brightness > seen;
                    seen += is_brighter ? threshold : -threshold;
                    add(moment, x, y, is_brighter);
                }
            }
        }
    }

    /// Adds an event at a random time within the moment that ends now.
    void add(int moment, Index x, Index y, bool is_brighter) {
        const auto since = static_cast<std::int64_t>(random_.below(moment_time));
        events_.push_back({moment * moment_time - 1 - since, static_cast<std::uint16_t>(x),
                           static_cast<std::uint16_t>(y), static_cast<std::uint8_t>(is_brighter)});
    }

    void add_noise() {
        const auto count = static_cast<std::size_t>(noise_share * static_cast<double>(events_.size()));
        const auto side = static_cast<std::uint64_t>(side_);
        for (std::size_t i = 0; i < count; ++i) {
            const int moment = 1 + static_cast<int>(random_.below(moments));
            const Index x = static_cast<Index>(random_.below(side)), y = static_cast<Index>(random_.below(side));
            add(moment, x, y, random_.below(2) == 1);
        }
    }

    Index side_;
    Random random_;
    double contrast_ = 1;
    std::vector<double> seen_;
    std::vector<Event> events_;
};

}  // namespace synthetic

/// Ten classes of recordings: five shapes (disc, bar, triangle, ring, cross), each drifting or growing, with a random
/// place, size, angle, direction and contrast, and with noise. The same count, side, seed and split give the same
/// recordings; with another mathematical library single events may differ. A larger count adds recordings after the
/// same first ones. Recording `i` is of class i mod 10. An `EventDataSet`.
class SyntheticEvents : public StoredEvents {
 public:
    static constexpr int class_count = 10;  ///< the number of classes

    /// Makes `count` recordings of a sensor of `side` x `side` pixels. A count below 1 and a side below 16 are an
    /// `Error`. The recordings of the two splits are drawn independently.
    explicit SyntheticEvents(Index count, Index side = 34, std::uint64_t seed = 1, Split split = Split::train)
        : StoredEvents(class_count, record(count, side, seed, split)) {}

    /// The name of a class, for `label` in [0, 10): "disc, drifting".
    static std::string class_name(int label) {
        return std::string(synthetic::figure_names[static_cast<std::size_t>(label % figures)]) +
               (label < figures ? ", drifting" : ", growing");
    }

 private:
    static constexpr int figures = 5;

    static std::vector<EventSample> record(Index count, Index side, std::uint64_t seed, Split split) {
        if (count < 1 || side < 16) {
            fail("a synthetic data set needs at least 1 recording of 16 x 16 pixels, found ", count, " of ", side,
                 " x ", side);
        }
        std::vector<EventSample> samples(static_cast<std::size_t>(count));
        const Random root = Random(seed).split(split == Split::train ? 2 : 3);
        const Index operations_per_recording = 1'000'000;
        parallel_for(count, operations_per_recording, [&](Index i) {
            const int label = static_cast<int>(i % class_count);
            synthetic::Camera camera(side, root.split(static_cast<std::uint64_t>(i)));
            samples[static_cast<std::size_t>(i)] = {
                camera.record(static_cast<synthetic::Figure>(label % figures),
                              label < figures ? synthetic::Motion::drifting : synthetic::Motion::growing),
                label};
        });
        return samples;
    }
};

}  // namespace STAA_ABI
}  // namespace staa
