// SPDX-License-Identifier: MIT
// Reads AEDAT 2.0 as a DVS128 camera writes it, the file format of CIFAR10-DVS.
#pragma once

#include <cstdint>
#include <filesystem>
#include <ios>
#include <span>
#include <string>
#include <string_view>

#include "staa/data/aedat_bytes.hpp"
#include "staa/data/events.hpp"
#include "staa/data/mapped_file.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// The position of the first byte after the header, whose lines begin with `#`.
inline Index end_of_aedat2_header(std::span<const std::uint8_t> bytes, const std::string& file) {
    const auto size = static_cast<Index>(bytes.size());
    Index byte = 0;
    while (byte < size && bytes[static_cast<std::size_t>(byte)] == '#') {
        const std::string_view line = line_at(bytes, byte);
        if (!line.ends_with('\n')) {
            fail(file, ": the header line that begins at byte ", byte, " is truncated: it has no end");
        }
        byte += static_cast<Index>(line.size());
    }
    return byte;
}

}  // namespace detail

/// Reads the bytes of an AEDAT 2.0 file of a DVS128 camera, 128 x 128 pixels; `file` is its name in error messages. The
/// header is `#!AER-DAT2.0` and further lines that begin with `#`. Events follow, of eight bytes each, big-endian: u32
/// address, u32 time in microseconds.
///
///     x = 127 - address[14:8],   y = 127 - address[7:1],   polarity = 1 - address[0]
///
/// Bit 15 marks a special event (a pulse at the camera's external input), which is left out. A higher bit, another
/// version, a header without end, a truncated event and a time that runs backwards are each an `Error` that names the
/// byte. A file with a header only is a recording without events.
inline Events parse_aedat2(std::span<const std::uint8_t> bytes, const std::string& file,
                           const EventReadOptions& options = {}) {
    constexpr Index side = 128, event_size = 8;
    constexpr std::uint32_t special = 0x8000, most = 0xFFFF;
    detail::check_aedat_version(bytes, "#!AER-DAT2.0", file);
    const auto size = static_cast<Index>(bytes.size());
    Index byte = detail::end_of_aedat2_header(bytes, file);
    detail::EventCollector events(side, side, file, options);
    events.reserve((size - byte) / event_size);
    for (; byte + event_size <= size; byte += event_size) {
        const std::uint32_t address = detail::big_endian_u32(bytes.data() + byte);
        if (address > most) {
            fail(file, ": the address at byte ", byte, " is 0x", std::hex, address, ", expected at most 0x", most,
                 " from a DVS128 camera");
        }
        if ((address & special) == 0) {
            const std::uint32_t a = address >> 1 & 0x7F, b = address >> 8 & 0x7F;
            events.add({detail::big_endian_u32(bytes.data() + byte + 4), static_cast<std::uint16_t>(side - 1 - b),
                        static_cast<std::uint16_t>(side - 1 - a), static_cast<std::uint8_t>(1 - (address & 1))},
                       byte);
        }
    }
    if (byte < size) {
        events.end_truncated("event", byte, event_size, size - byte);
    }
    return events.take();
}

/// Reads a recording in AEDAT 2.0; see `parse_aedat2`. A missing file is an `Error` too.
inline Events read_aedat2(const std::filesystem::path& path, const EventReadOptions& options = {}) {
    const MappedFile file(path, "a recording in AEDAT 2.0");
    return parse_aedat2(file.bytes(), path.string(), options);
}

}  // namespace STAA_ABI
}  // namespace staa
