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
    int mended = 0;  ///< how many damages of the file were passed over; 0 unless `JpegOptions` ask for it
};

}  // namespace STAA_ABI
}  // namespace staa
