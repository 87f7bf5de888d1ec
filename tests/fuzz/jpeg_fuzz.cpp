// SPDX-License-Identifier: MIT
// Reads any bytes as a JPEG picture, and resizes a part of it to an image. Does nothing if libjpeg is not installed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#if __has_include(<jpeglib.h>)
#include "staa/data/jpeg.hpp"
#include "staa/data/resample.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        staa::parse_jpeg({data, size}, "input", {.mend = true});
    } catch (const staa::Error&) {
    }
    try {
        const staa::Picture picture = staa::parse_jpeg({data, size}, "input");
        const staa::Index height = picture.height, width = picture.width;
        if (height < 1 || width < 1 || static_cast<staa::Index>(picture.pixels.size()) != height * width * 3) {
            std::abort();
        }
        for (const staa::Framing& framing :
             {staa::centre_framing(height, width, 16, 24),
              staa::Framing{staa::random_box(height, width, staa::Random(size)), 16, 24}}) {
            staa::resample_framed(picture.pixels, height, width, framing, 16, 24);
        }
    } catch (const staa::Error&) {
    }
    return 0;
}
#else
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t) { return 0; }
#endif
