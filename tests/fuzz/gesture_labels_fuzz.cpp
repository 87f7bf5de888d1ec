// SPDX-License-Identifier: MIT
// Reads any bytes as the text files of DVS128 Gesture: labels, and a list of trials.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "staa/data/gesture_labels.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        for (const staa::GestureLabel& gesture : staa::parse_gesture_labels(text, "input")) {
            if (gesture.label < 0 || gesture.label > 10 || gesture.start < 0 || gesture.end <= gesture.start) {
                std::abort();
            }
        }
    } catch (const staa::Error&) {
    }
    try {
        for (const std::string& name : staa::parse_trial_list(text, "input")) {
            if (name.find('/') != std::string::npos || !name.ends_with(".aedat")) {
                std::abort();
            }
        }
    } catch (const staa::Error&) {
    }
    return 0;
}
