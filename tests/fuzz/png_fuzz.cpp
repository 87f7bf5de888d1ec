// SPDX-License-Identifier: MIT
// Reads any bytes as a PNG picture. Does nothing if libpng is not installed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#if __has_include(<png.h>)
#include "staa/data/png.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const staa::Picture picture = staa::parse_png({data, size}, "input");
        if (picture.height < 1 || picture.width < 1 ||
            static_cast<staa::Index>(picture.pixels.size()) != picture.height * picture.width * 3) {
            std::abort();
        }
    } catch (const staa::Error&) {
    }
    return 0;
}
#else
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t) { return 0; }
#endif
