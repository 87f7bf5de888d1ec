// SPDX-License-Identifier: MIT
// Reads the text files of DVS128 Gesture: the labels of a recording, and the lists of the recordings of each split.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"
#include "staa/data/aedat_bytes.hpp"

namespace staa {
inline namespace STAA_ABI {

/// One row of a `*_labels.csv`: a gesture with start <= t < end.
struct GestureLabel {
    int label = 0;                    ///< 0 to 10: the class in the file minus 1
    std::int64_t start = 0, end = 0;  ///< microseconds
    bool operator==(const GestureLabel&) const = default;
};

namespace detail {

/// Calls visit(line, number) for every line of a text, without its line end ("\n" or "\r\n"); numbers begin at 1.
template <class Visitor>
void for_each_line(std::string_view text, Visitor&& visit) {
    for (Index number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        visit(line, number);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

/// Reads the three whole numbers of a row. A bad row is an `Error` that shows it.
inline GestureLabel parse_gesture_row(std::string_view row, Index line, const std::string& file) {
    constexpr int classes = 11;
    std::int64_t values[3] = {};
    const char* at = row.data();
    const char* const end = row.data() + row.size();
    for (int i = 0; i < 3; ++i) {
        const auto [after, problem] = std::from_chars(at, end, values[i]);
        const bool ends_well = i < 2 ? after != end && *after == ',' : after == end;
        if (problem != std::errc{} || !ends_well) {
            fail(file, ", line ", line, ": '", printable(row),
                 "' is no row; expected three whole numbers: class,start,end");
        }
        at = i < 2 ? after + 1 : after;
    }
    if (values[0] < 1 || values[0] > classes) {
        fail(file, ", line ", line, ": the class is ", values[0], ", expected 1 to ", classes);
    }
    if (values[1] < 0 || values[2] <= values[1]) {
        fail(file, ", line ", line, ": the gesture is from ", values[1], " to ", values[2],
             " us, expected 0 <= start < end");
    }
    return {static_cast<int>(values[0]) - 1, values[1], values[2]};
}

}  // namespace detail

/// Reads a `*_labels.csv` of DVS128 Gesture: a row of column names, then `class,start,end` in each row; `file` is its
/// name in error messages. Empty lines are skipped. Gestures may overlap (they do in the official files). A missing row
/// of names, a row that is not three whole numbers, a class outside 1 to 11, or an end that is not after its start is
/// an `Error` that names the line.
inline std::vector<GestureLabel> parse_gesture_labels(std::string_view text, const std::string& file) {
    std::vector<GestureLabel> labels;
    bool has_names = false;
    detail::for_each_line(text, [&](std::string_view line, Index number) {
        if (number == 1) {
            has_names = line.starts_with("class");
        } else if (!line.empty()) {
            labels.push_back(detail::parse_gesture_row(line, number, file));
        }
        if (!has_names) {
            fail(file, ", line 1: '", detail::printable(line),
                 "' found, expected the names class,startTime_usec,endTime_usec");
        }
    });
    if (!has_names) {
        fail(file, " is empty; expected the names class,startTime_usec,endTime_usec");
    }
    return labels;
}

/// Reads `trials_to_train.txt` or `trials_to_test.txt`: the name of a recording in each line, as in
/// "user01_fluorescent.aedat"; empty lines are skipped. A name that does not end in .aedat, or that is a path to
/// another folder, is an `Error` that names the line.
inline std::vector<std::string> parse_trial_list(std::string_view text, const std::string& file) {
    std::vector<std::string> names;
    detail::for_each_line(text, [&](std::string_view line, Index number) {
        const std::size_t first = line.find_first_not_of(" \t");
        const std::size_t last = line.find_last_not_of(" \t");
        if (first == std::string_view::npos) {
            return;
        }
        const std::string_view name = line.substr(first, last - first + 1);
        const bool is_plain = name.find_first_of(std::string_view("/\\:\0", 4)) == std::string_view::npos;
        if (!is_plain || !name.ends_with(".aedat") || name == ".aedat") {
            fail(file, ", line ", number, ": '", detail::printable(name),
                 "' is no recording; expected a name such as user01_led.aedat");
        }
        names.emplace_back(name);
    });
    return names;
}

}  // namespace STAA_ABI
}  // namespace staa
