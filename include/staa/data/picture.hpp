// SPDX-License-Identifier: MIT
// A decoded picture.
#pragma once

#include <cstdint>
#include <vector>

#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A decoded picture.
struct Picture {
    std::vector<std::uint8_t> pixels;  ///< [height, width, 3], red, green, blue
    Index height = 0, width = 0;       ///< rows of pixels, and pixels of a row
};

}  // namespace STAA_ABI
}  // namespace staa
