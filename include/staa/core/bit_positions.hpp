// SPDX-License-Identifier: MIT
// From bits to a list of their positions, a byte at a time.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "staa/core/parallel.hpp"

namespace staa::inline STAA_ABI::detail {

/// For every byte the positions of its set bits, ascending, then zeros.
inline constexpr auto positions_of_byte = [] {
    std::array<std::array<std::uint16_t, 8>, 256> positions{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        unsigned count = 0;
        for (unsigned bit = 0; bit < 8; ++bit) {
            if ((byte >> bit & 1u) != 0) {
                positions[byte][count++] = static_cast<std::uint16_t>(bit);
            }
        }
    }
    return positions;
}();

/// The same number four times in a word, as four entries of a list.
constexpr std::uint64_t four_times(Index number) { return static_cast<std::uint64_t>(number) * 0x0001000100010001; }

/// Writes offset + position for every set bit of the lowest byte to to[0], to[1] .., and gives their number; `offsets` is
/// four_times(offset). All eight places of `to` are written, whatever the bits are: no branch depends on them. None of the
/// four sums in a word carries into the next, for offset + 8 <= 65536.
inline Index list_byte(std::uint64_t bits, std::uint64_t offsets, std::uint16_t* to) {
    const auto byte = static_cast<std::uint8_t>(bits);
    std::uint64_t four[2];
    std::memcpy(four, positions_of_byte[byte].data(), sizeof four);
    four[0] += offsets;
    four[1] += offsets;
    std::memcpy(to, four, sizeof four);
    return std::popcount(byte);
}

}  // namespace staa::inline STAA_ABI::detail
