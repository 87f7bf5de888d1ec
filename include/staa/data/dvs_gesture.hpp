// SPDX-License-Identifier: MIT
// The data set DVS128 Gesture: eleven gestures of 29 people in front of an event camera (Amir et al. 2017).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "staa/data/aedat3.hpp"
#include "staa/data/event_data_set.hpp"
#include "staa/data/gesture_labels.hpp"
#include "staa/data/image_data_set.hpp"

namespace staa {
inline namespace STAA_ABI {

/// DVS128 Gesture: 1,176 training and 288 test gestures of 128 x 128 pixels, about 6 s each, cut out of longer
/// recordings by the times of their labels. An `EventDataSet`; `sample` reads the recording's file in each call.
class DvsGesture {
 public:
    /// Opens a split. `folder` holds `trials_to_train.txt`, `trials_to_test.txt`, the recordings that these lists name,
    /// and one label file per recording (`user01_led_labels.csv` for `user01_led.aedat`). Gestures are in the order of
    /// the list and, within a recording, of its labels. A missing file, and one that `parse_trial_list` or
    /// `parse_gesture_labels` refuses, are an `Error`. Times that run backwards are sorted unless `reading` says
    /// otherwise.
    static DvsGesture open(const std::filesystem::path& folder, Split split,
                           EventReadOptions reading = {.sort = true}) {
        const auto list = folder / (split == Split::train ? "trials_to_train.txt" : "trials_to_test.txt");
        DvsGesture set(reading);
        for (const std::string& name : parse_trial_list(text_of(list), list.string())) {
            const auto recording = folder / name;
            const auto labels = labels_of(recording);
            std::error_code ignored;
            if (!std::filesystem::is_regular_file(recording, ignored)) {
                fail("no such file: ", recording.string(), "; expected a recording that ", list.string(), " names");
            }
            Index number = 0;
            for (const GestureLabel& gesture : parse_gesture_labels(text_of(labels), labels.string())) {
                set.gestures_.push_back({recording, gesture, ++number});
            }
        }
        if (set.gestures_.empty()) {
            fail(list.string(), " names no gesture; expected recordings with labels");
        }
        return set;
    }

    Index size() const { return static_cast<Index>(gestures_.size()); }
    int classes() const { return 11; }
    Index height() const { return side; }
    Index width() const { return side; }

    /// Gesture `i`, which must be in [0, size()): the events with start <= t < end. A bad file is an `Error` (see
    /// `parse_aedat3`). So is a gesture without events, because then the labels belong to another recording.
    EventSample sample(Index i) const {
        const Gesture& gesture = gestures_[static_cast<std::size_t>(i)];
        const GestureLabel& when = gesture.when;
        Events events =
            read_aedat3(gesture.recording,
                        {.height = side, .width = side, .from = when.start, .to = when.end, .reading = reading_});
        if (events.list.empty()) {
            fail(gesture.recording.string(), ": no event from ", when.start, " to before ", when.end,
                 " us; expected gesture ", gesture.number, " of ", labels_of(gesture.recording).string(), " there");
        }
        return {std::move(events), when.label};
    }

 private:
    static constexpr Index side = 128;

    struct Gesture {
        std::filesystem::path recording;
        GestureLabel when;
        Index number;  ///< its position among the gestures of the recording, from 1
    };

    explicit DvsGesture(const EventReadOptions& reading) : reading_(reading) {}

    static std::filesystem::path labels_of(const std::filesystem::path& recording) {
        return recording.parent_path() / (recording.stem().string() + "_labels.csv");
    }

    static std::string text_of(const std::filesystem::path& path) {
        const MappedFile file(path, "a file of DVS128 Gesture");
        return {file.bytes().begin(), file.bytes().end()};
    }

    EventReadOptions reading_;
    std::vector<Gesture> gestures_;
};

}  // namespace STAA_ABI
}  // namespace staa
