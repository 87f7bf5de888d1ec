// SPDX-License-Identifier: MIT
// The interface of a set of labelled recordings of an event camera, and a set that is held in memory.
#pragma once

#include <concepts>
#include <utility>
#include <vector>

#include "staa/data/events.hpp"

namespace staa {
inline namespace STAA_ABI {

/// One labelled recording.
struct EventSample {
    Events events;  ///< the recording
    int label = 0;  ///< 0-based
};

/// A set of labelled recordings of one sensor of `height()` x `width()` pixels, in a fixed order. `sample(i)`, for i in
/// [0, size()), may be called from several threads at once. If it throws, the loop over the loader's batches gets the
/// exception.
template <class Set>
concept EventDataSet = requires(const Set& set, Index i) {
    { set.size() } -> std::same_as<Index>;
    { set.sample(i) } -> std::same_as<EventSample>;
    { set.classes() } -> std::same_as<int>;
    { set.height() } -> std::same_as<Index>;
    { set.width() } -> std::same_as<Index>;
};

/// An `EventDataSet` whose recordings are all in memory.
class StoredEvents {
 public:
    /// Takes the samples. No sample, samples of different sensors, and a label outside [0, classes) are an `Error`.
    StoredEvents(int classes, std::vector<EventSample> samples) : classes_(classes), samples_(std::move(samples)) {
        if (samples_.empty()) {
            fail("a set of recordings needs at least 1, found 0");
        }
        for (Index i = 0; i < size(); ++i) {
            const EventSample& s = at(i);
            if (s.label < 0 || s.label >= classes) {
                fail("the label of recording ", i, " is ", s.label, ", expected 0 to ", classes - 1);
            }
            if (s.events.height != height() || s.events.width != width()) {
                fail("recording ", i, " is of a sensor of ", s.events.width, " x ", s.events.height,
                     " pixels, the first one of ", width(), " x ", height());
            }
        }
    }

    Index size() const { return static_cast<Index>(samples_.size()); }
    int classes() const { return classes_; }
    Index height() const { return samples_.front().events.height; }
    Index width() const { return samples_.front().events.width; }

    /// A copy of recording `i`, which must be in [0, size()).
    EventSample sample(Index i) const { return at(i); }

 private:
    const EventSample& at(Index i) const { return samples_[static_cast<std::size_t>(i)]; }

    int classes_;
    std::vector<EventSample> samples_;
};

}  // namespace STAA_ABI
}  // namespace staa
