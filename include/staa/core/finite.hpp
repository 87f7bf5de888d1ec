// SPDX-License-Identifier: MIT
// Whether numbers are neither NaN nor infinite. All functions look at the bits: with -ffast-math a compiler takes
// std::isnan for false and std::isfinite for true.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Whether a number is neither NaN nor infinite.
inline bool is_finite(float value) { return (std::bit_cast<std::uint32_t>(value) & 0x7F800000u) != 0x7F800000u; }
inline bool is_finite(double value) {
    constexpr std::uint64_t exponent = 0x7FF0000000000000u;
    return (std::bit_cast<std::uint64_t>(value) & exponent) != exponent;
}

/// Whether a number is NaN: its bits without the sign are above those of infinity.
inline bool is_nan(float value) { return (std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFu) > 0x7F800000u; }
inline bool is_nan(double value) {
    return (std::bit_cast<std::uint64_t>(value) & 0x7FFFFFFFFFFFFFFFu) > 0x7FF0000000000000u;
}

/// Whether a number is in [least, most]. NaN is in no range.
inline bool is_within(double value, double least, double most) {
    return is_finite(value) && value >= least && value <= most;
}

/// Whether all values of an array are finite. It looks at blocks of a constant size without a branch per value, because
/// compilers make vector instructions of such a loop.
template <class Scalar>
bool all_finite(const Scalar* values, Index size) {
    constexpr Index block = 64;
    unsigned found = 0;
    for (; size >= block && found == 0; values += block, size -= block) {
        for (Index i = 0; i < block; ++i) {
            found |= is_finite(values[i]) ? 0u : 1u;
        }
    }
    return found == 0 && std::all_of(values, values + size, [](Scalar value) { return is_finite(value); });
}

/// The position of the first value that is not finite; `size` if there is none.
template <class Scalar>
Index first_not_finite(const Scalar* values, Index size) {
    std::atomic<bool> found{false};
    for_parts(size, [&](Index first, Index last) {
        if (!all_finite(values + first, last - first)) {
            found = true;
        }
    });
    return !found ? size
                  : std::find_if_not(values, values + size, [](Scalar value) { return is_finite(value); }) - values;
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
