// SPDX-License-Identifier: MIT
// Reads any bytes as a recording in AEDAT 3.1: the whole recording, and a part of it.
#include "fuzz/check_events.hpp"
#include "staa/data/aedat3.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    staa_fuzz::check_reader({data, size}, 8, [](std::span<const std::uint8_t> bytes, bool is_lenient) {
        return staa::parse_aedat3(bytes, "input", {.reading = {.drop_truncated = is_lenient, .sort = is_lenient}});
    });
    staa_fuzz::check_reader({data, size}, 8, [](std::span<const std::uint8_t> bytes, bool is_lenient) {
        return staa::parse_aedat3(
            bytes, "input", {.from = 100, .to = 1000, .reading = {.drop_truncated = is_lenient, .sort = is_lenient}});
    });
    return 0;
}
