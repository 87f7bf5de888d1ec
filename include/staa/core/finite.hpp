// SPDX-License-Identifier: MIT
// Whether numbers are neither NaN nor infinite.
#pragma once

#include <bit>
#include <cstdint>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Whether a number is neither NaN nor infinite. It looks at the bits: with -ffast-math, std::isfinite is always true.
inline bool is_finite(float value) { return (std::bit_cast<std::uint32_t>(value) & 0x7F800000u) != 0x7F800000u; }
inline bool is_finite(double value) {
    constexpr std::uint64_t exponent = 0x7FF0000000000000u;
    return (std::bit_cast<std::uint64_t>(value) & exponent) != exponent;
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
