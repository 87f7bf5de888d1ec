// SPDX-License-Identifier: MIT
// Writes pictures as PNG files. The only header that needs stb (https://github.com/nothings/stb); <staa/staa.hpp> does
// not include it.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "staa/core/tensor.hpp"
#include "staa/io/whole_file.hpp"

// stb's functions are made static here, so that any number of translation units can include this header. A translation
// unit that has already included stb_image_write.h keeps the functions that it has.
#if !defined(INCLUDE_STB_IMAGE_WRITE_H)
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#if __has_include(<stb/stb_image_write.h>)
#include <stb/stb_image_write.h>
#else
#include <stb_image_write.h>
#endif
#undef STB_IMAGE_WRITE_IMPLEMENTATION
#undef STB_IMAGE_WRITE_STATIC
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif

namespace staa {
inline namespace STAA_ABI {

/// The bytes of a PNG file with `pixels` [H, W, C]. C is 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha); the
/// first row is the top one. Another C, and a picture without pixels or of more than 2^31 bytes, are an `Error`, which
/// begins with `what`. The function is static, like stb's functions: each translation unit has its own copy.
static inline std::string png_bytes(const Tensor<std::uint8_t, 3>& pixels,
                                    const std::string& what = "cannot make a PNG file") {
    const Index height = pixels.dimension(0), width = pixels.dimension(1), channels = pixels.dimension(2);
    if (channels < 1 || channels > 4) {
        fail(what, ": a picture has 1 to 4 channels, these pixels [", height, ", ", width, ", ", channels, "] have ",
             channels);
    }
    if (height < 1 || width < 1) {
        fail(what, ": pixels [", height, ", ", width, ", ", channels, "] are no picture");
    }
    if (width > (INT_MAX / height - 1) / channels) {  // a row in the file has one byte more
        fail(what, ": pixels [", height, ", ", width, ", ", channels,
             "] are more than the 2^31 bytes that a picture may have");
    }
    std::string file;
    const auto append = [](void* to, void* bytes, int count) {
        static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), static_cast<std::size_t>(count));
    };
    if (stbi_write_png_to_func(append, &file, static_cast<int>(width), static_cast<int>(height),
                               static_cast<int>(channels), pixels.data(), static_cast<int>(width * channels)) == 0) {
        fail(what, ": not enough memory to compress the picture");
    }
    return file;
}

/// Writes `pixels` [H, W, C] as a PNG file. The errors are those of `png_bytes`; so is a file that can't be written, and
/// no file is left.
static inline void write_png(const std::filesystem::path& path, const Tensor<std::uint8_t, 3>& pixels) {
    write_whole_file(path, png_bytes(pixels, "cannot write " + path.string()));
}

}  // namespace STAA_ABI
}  // namespace staa
