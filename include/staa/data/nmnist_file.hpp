// SPDX-License-Identifier: MIT
// Reads the recordings of N-MNIST (Orchard et al. 2015, https://www.garrickorchard.com/datasets/n-mnist).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "staa/data/events.hpp"
#include "staa/data/mapped_file.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Reads the bytes of a `.bin` file of N-MNIST, 34 x 34 pixels; `file` is its name in error messages. An event has five
/// bytes:
///
///     x | y | bit 7: polarity, bits 6 to 0: t[22:16] | t[15:8] | t[7:0]
///
/// An event with y = 240 marks an overflow of the clock: it is left out, and 2^13 us are added to all later times. An
/// empty file, a truncated event, a coordinate above 33 and a time that runs backwards are each an `Error` that names
/// the byte; `options` says which of them are accepted.
inline Events parse_nmnist(std::span<const std::uint8_t> bytes, const std::string& file,
                           const EventReadOptions& options = {}) {
    constexpr Index side = 34, event_size = 5;
    constexpr std::uint8_t overflow_mark = 240;
    constexpr std::int64_t overflow_time = 1 << 13;
    const auto size = static_cast<Index>(bytes.size());
    if (size == 0) {
        fail(file, " is empty; expected events of ", event_size, " bytes");
    }
    detail::EventCollector events(side, side, file, options);
    events.reserve(size / event_size);
    std::int64_t passed = 0;
    Index byte = 0;
    for (; byte + event_size <= size; byte += event_size) {
        const std::uint8_t* e = bytes.data() + byte;
        if (e[1] == overflow_mark) {
            passed += overflow_time;
            continue;
        }
        const std::int64_t t = (e[2] & 0x7F) << 16 | e[3] << 8 | e[4];
        events.add({passed + t, e[0], e[1], static_cast<std::uint8_t>(e[2] >> 7)}, byte);
    }
    if (byte < size) {
        events.end_truncated("event", byte, event_size, size - byte);
    }
    return events.take();
}

/// Reads a recording of N-MNIST; see `parse_nmnist`. A missing file is an `Error` too.
inline Events read_nmnist(const std::filesystem::path& path, const EventReadOptions& options = {}) {
    const MappedFile file(path, "a recording of N-MNIST");
    return parse_nmnist(file.bytes(), path.string(), options);
}

}  // namespace STAA_ABI
}  // namespace staa
