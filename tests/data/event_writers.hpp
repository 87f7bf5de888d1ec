// SPDX-License-Identifier: MIT
// Writes files of recordings in the formats of the cameras, to test that the readers give back the events.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "staa/data/events.hpp"

namespace staa_tests {

/// The bytes of a text, as the parsers take them.
inline std::span<const std::uint8_t> bytes_of(const std::string& text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string little_endian(std::uint32_t value, int bytes = 4) {
    std::string text;
    for (int i = 0; i < bytes; ++i) {
        text += static_cast<char>(value >> 8 * i & 0xFF);
    }
    return text;
}

inline std::string big_endian(std::uint32_t value) {
    const std::string text = little_endian(value);
    return {text.rbegin(), text.rend()};
}

/// The five bytes of an event of N-MNIST; `t` is the time in the file, below 2^23.
inline std::string nmnist_event(int x, int y, int polarity, std::uint32_t t) {
    return {static_cast<char>(x), static_cast<char>(y),
            static_cast<char>(static_cast<std::uint32_t>(polarity) << 7 | t >> 16), static_cast<char>(t >> 8 & 0xFF),
            static_cast<char>(t & 0xFF)};
}

/// A recording of N-MNIST; if `with_overflows`, with an overflow event each time the clock of 13 bits overflows.
inline std::string nmnist_file(const staa::Events& events, bool with_overflows = false) {
    std::string file;
    std::int64_t passed = 0;
    for (const staa::Event& e : events.list) {
        while (with_overflows && e.t - passed >= 1 << 13) {
            file += nmnist_event(0, 240, 0, 0);
            passed += 1 << 13;
        }
        file += nmnist_event(e.x, e.y, e.polarity, static_cast<std::uint32_t>(e.t - passed));
    }
    return file;
}

inline std::string aedat2_header() {
    return "#!AER-DAT2.0\r\n# This is a raw AE data file - do not edit\r\n# created Thu Jan 01 00:00:00 CET 2015\r\n";
}

inline std::string aedat2_event(const staa::Event& e) {
    const std::uint32_t a = 127u - e.y, b = 127u - e.x;
    return big_endian(b << 8 | a << 1 | (1u - e.polarity)) + big_endian(static_cast<std::uint32_t>(e.t));
}

/// A recording of a DVS128 camera in AEDAT 2.0.
inline std::string aedat2_file(const staa::Events& events) {
    std::string file = aedat2_header();
    for (const staa::Event& e : events.list) {
        file += aedat2_event(e);
    }
    return file;
}

inline std::string aedat3_header() {
    return "#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2015-11-10 10:54:18 (TZ-0500)\r\n"
           "#!END-HEADER\r\n";
}

/// The header of a packet; by default it has as many events as its capacity, and all are valid.
struct PacketHeader {
    int type = 1;
    std::int32_t event_size = 8, time_offset = 4, overflow = 0, capacity = 0, number = -1, valid = -1;

    std::string text() const {
        const std::int32_t events = number < 0 ? capacity : number;
        std::string bytes = little_endian(static_cast<std::uint32_t>(type), 2) + little_endian(1, 2);
        for (const std::int32_t value :
             {event_size, time_offset, overflow, capacity, events, valid < 0 ? events : valid}) {
            bytes += little_endian(static_cast<std::uint32_t>(value));
        }
        return bytes;
    }
};

inline std::string aedat3_event(const staa::Event& e, bool is_valid = true) {
    const std::uint32_t data = static_cast<std::uint32_t>(e.x) << 17 | static_cast<std::uint32_t>(e.y) << 2 |
                               static_cast<std::uint32_t>(e.polarity) << 1 | (is_valid ? 1u : 0u);
    return little_endian(data) + little_endian(static_cast<std::uint32_t>(e.t & 0x7FFFFFFF));
}

/// A recording in AEDAT 3.1, in packets of at most `per_packet` events of one time overflow.
inline std::string aedat3_file(const staa::Events& events, std::size_t per_packet = 100) {
    std::string file = aedat3_header();
    for (std::size_t i = 0; i < events.list.size();) {
        const auto overflow = static_cast<std::int32_t>(events.list[i].t >> 31);
        std::string body;
        std::int32_t count = 0;
        for (; i < events.list.size() && events.list[i].t >> 31 == overflow &&
               count < static_cast<std::int32_t>(per_packet);
             ++i, ++count) {
            body += aedat3_event(events.list[i]);
        }
        file += PacketHeader{.overflow = overflow, .capacity = count}.text() + body;
    }
    return file;
}

/// Events on all parts of a sensor, `gap` microseconds apart, the same in every call.
inline staa::Events spread_events(staa::Index height, staa::Index width, int count, std::int64_t gap = 7,
                                  std::int64_t first = 0) {
    staa::Events events{height, width, {}};
    for (int i = 0; i < count; ++i) {
        events.list.push_back({first + i * gap, static_cast<std::uint16_t>(i * 31 % width),
                               static_cast<std::uint16_t>(i * 17 % height), static_cast<std::uint8_t>(i / 3 % 2)});
    }
    return events;
}

}  // namespace staa_tests
