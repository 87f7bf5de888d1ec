// SPDX-License-Identifier: MIT
// The random numbers that vary a sample.
#pragma once

#include <cstdint>

#include "staa/core/parallel.hpp"
#include "staa/core/random.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The generator that varies sample `index` in epoch `epoch`. It depends on these three numbers only, not on the
/// thread.
inline Random augmentation_random(std::uint64_t seed, Index epoch, Index index) {
    return Random(seed).split(static_cast<std::uint64_t>(epoch)).split(static_cast<std::uint64_t>(index));
}

/// A random shift: a whole number, uniform in [-limit, limit], for limit >= 0. Advances `random`.
inline Index draw_shift(int limit, Random& random) {
    return static_cast<Index>(random.below(2 * static_cast<std::uint64_t>(limit) + 1)) - limit;
}

}  // namespace STAA_ABI
}  // namespace staa
