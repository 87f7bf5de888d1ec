// SPDX-License-Identifier: MIT
// Turns bits into a list of their positions, or into numbers, one byte at a time. No branch depends on the bits.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "staa/core/parallel.hpp"

#if defined(__AVX512BW__) && defined(__AVX512VBMI2__) && !defined(STAA_PLAIN)
#define STAA_COMPRESSES_PLACES
#include <immintrin.h>
#endif

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// For each byte the positions of its set bits in ascending order, then zeros.
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

/// Writes offset + position for each set bit of the lowest byte to to[0], to[1] .., and returns how many bits are set;
/// `offsets` is four_times(offset). All eight places of `to` are written, so that no branch depends on the bits. None
/// of the four sums in a word carries into the next, because offset + the highest set bit is at most 65535.
inline Index list_byte(std::uint64_t bits, std::uint64_t offsets, std::uint16_t* to) {
    const auto byte = static_cast<std::uint8_t>(bits);
    std::uint64_t four[2];
    std::memcpy(four, positions_of_byte[byte].data(), sizeof four);
    four[0] += offsets;
    four[1] += offsets;
    std::memcpy(to, four, sizeof four);
    return std::popcount(byte);
}

/// 0, 1 .. 63.
inline constexpr auto positions_of_word = [] {
    std::array<std::uint16_t, 64> positions{};
    for (std::uint16_t i = 0; i < 64; ++i) {
        positions[i] = i;
    }
    return positions;
}();

/// `list_byte` for the first `count` <= 64 bits of a word; the other bits are 0. Writes offset + places[i] for each set
/// bit i and returns how many bits are set. It may write one entry of `to` per bit, with `count` rounded up to whole
/// bytes. The eight `places` of a byte must be consecutive numbers.
inline Index list_word(std::uint64_t bits, Index count, const std::uint16_t* places, Index offset, std::uint16_t* to) {
    const std::uint16_t* const first = to;
#if defined(STAA_COMPRESSES_PLACES)
    if (count == 64) {
        // One instruction keeps the places of the set bits out of 32: two to three times as fast as by bytes.
        const __m512i offsets = _mm512_set1_epi16(static_cast<short>(offset));
        for (int half = 0; half < 2; ++half, bits >>= 32, places += 32) {
            const auto set = static_cast<std::uint32_t>(bits);
            const __m512i moved = _mm512_add_epi16(_mm512_loadu_si512(places), offsets);
            _mm512_storeu_si512(to, _mm512_maskz_compress_epi16(set, moved));
            to += std::popcount(set);
        }
        return to - first;
    }
#endif
    for (Index bit = 0; bit < count; bit += 8) {
        to += list_byte(bits >> bit, four_times(offset + places[bit]), to);
    }
    return to - first;
}
#undef STAA_COMPRESSES_PLACES

/// For each byte its bits as numbers, 0 or 1.
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

/// y[c] += weight for each c < count whose bit in `words` is set.
template <class Scalar>
void add_bits(const std::uint64_t* words, Index count, Scalar weight, Scalar* y) {
    for (Index c = 0; c < count; c += 8, y += 8) {
        const auto byte = static_cast<std::uint8_t>(words[c / 64] >> (c % 64));
        const std::array<Scalar, 8>& numbers = numbers_of_byte<Scalar>[byte];
        if (count - c < 8) {
            std::transform(y, y + (count - c), numbers.begin(), y, [&](Scalar a, Scalar b) { return a + weight * b; });
            return;
        }
        Scalar sums[8];  // a copy: the compiler knows that it does not overlap the table, and adds vectors
        std::copy_n(y, 8, sums);
        for (std::size_t i = 0; i < 8; ++i) {
            sums[i] += weight * numbers[i];
        }
        std::copy_n(sums, 8, y);
    }
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
