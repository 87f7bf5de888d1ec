// SPDX-License-Identifier: MIT
// The parts that the readers of AEDAT 2.0 and 3.1 share: numbers of either byte order, and the lines of the header.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

inline std::uint32_t big_endian_u32(const std::uint8_t* b) {
    return std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
}

inline std::uint32_t little_endian_u32(const std::uint8_t* b) {
    return std::uint32_t{b[3]} << 24 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[1]} << 8 | b[0];
}

/// The line of text that begins at `byte`, with its line feed; the rest of the file if there is no line feed.
inline std::string_view line_at(std::span<const std::uint8_t> bytes, Index byte) {
    const std::string_view rest(reinterpret_cast<const char*>(bytes.data()) + byte,
                                bytes.size() - static_cast<std::size_t>(byte));
    return rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
}

/// The first 40 characters of a line for an error message; each character that is not printable ASCII becomes '?'.
inline std::string printable(std::string_view line) {
    std::string text;
    for (const char c : line.substr(0, 40)) {
        if (c == '\r' || c == '\n') {
            break;
        }
        text += c >= ' ' && c <= '~' ? c : '?';
    }
    return text;
}

/// Throws `Error` unless the file begins with `magic`, such as "#!AER-DAT2.0".
inline void check_aedat_version(std::span<const std::uint8_t> bytes, std::string_view magic, const std::string& file) {
    if (bytes.empty()) {
        fail(file, " is empty; expected a header that begins with ", magic);
    }
    const std::string_view first = line_at(bytes, 0);
    if (!first.starts_with(magic)) {
        fail(file, ": the header begins with '", printable(first), "', expected ", magic);
    }
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
