// SPDX-License-Identifier: MIT
// From bits to a list of their positions, or to numbers, a byte at a time: no branch depends on the bits.
#pragma once

#include <algorithm>
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
/// four sums in a word carries into the next, for offset + the highest set bit <= 65535.
inline Index list_byte(std::uint64_t bits, std::uint64_t offsets, std::uint16_t* to) {
    const auto byte = static_cast<std::uint8_t>(bits);
    std::uint64_t four[2];
    std::memcpy(four, positions_of_byte[byte].data(), sizeof four);
    four[0] += offsets;
    four[1] += offsets;
    std::memcpy(to, four, sizeof four);
    return std::popcount(byte);
}

/// For every byte its bits as numbers, 0 or 1.
template <class Scalar>
inline constexpr auto numbers_of_byte = [] {
    std::array<std::array<Scalar, 8>, 256> numbers{};
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            numbers[byte][bit] = static_cast<Scalar>(byte >> bit & 1u);
        }
    }
    return numbers;
}();

/// y[c] += weight where bit c is set, for `count` bits of `words`.
template <class Scalar>
void add_bits(const std::uint64_t* words, Index count, Scalar weight, Scalar* y) {
    for (Index c = 0; c < count; c += 8, y += 8) {
        const auto byte = static_cast<std::uint8_t>(words[c / 64] >> (c % 64));
        const std::array<Scalar, 8>& numbers = numbers_of_byte<Scalar>[byte];
        if (count - c < 8) {
            std::transform(y, y + (count - c), numbers.begin(), y, [&](Scalar a, Scalar b) { return a + weight * b; });
            return;
        }
        Scalar sums[8];  // a copy, which the compiler knows to be apart from the table: so it adds vectors
        std::copy_n(y, 8, sums);
        for (std::size_t i = 0; i < 8; ++i) {
            sums[i] += weight * numbers[i];
        }
        std::copy_n(sums, 8, y);
    }
}

}  // namespace staa::inline STAA_ABI::detail
