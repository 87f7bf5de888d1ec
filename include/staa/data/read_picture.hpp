// SPDX-License-Identifier: MIT
// Reads a picture of any format that this build has: PNG with libpng (STAA_HAS_PNG), JPEG with libjpeg (STAA_HAS_JPEG).
// <staa/staa.hpp> does not include it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "staa/core/error.hpp"
#include "staa/core/tensor.hpp"
#include "staa/data/augmentation.hpp"
#include "staa/data/mapped_file.hpp"
#include "staa/data/picture.hpp"
#include "staa/data/resample.hpp"
#if defined(STAA_HAS_JPEG)
#include "staa/data/jpeg.hpp"
#endif
#if defined(STAA_HAS_PNG)
#include "staa/data/png.hpp"
#endif

namespace staa {
inline namespace STAA_ABI {
namespace detail {

template <std::size_t Size>
bool begins_with(std::span<const std::uint8_t> bytes, const std::array<std::uint8_t, Size>& signature) {
    return bytes.size() >= Size && std::equal(signature.begin(), signature.end(), bytes.begin());
}
inline constexpr std::array<std::uint8_t, 8> png_signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
inline constexpr std::array<std::uint8_t, 3> jpeg_signature{0xff, 0xd8, 0xff};

}  // namespace detail

/// Decodes a picture; the format is recognised by the content. `file` is its name in error messages. Bytes of another
/// format, a format that this build can't read, and the errors of `parse_png` and `parse_jpeg` are an `Error`.
inline Picture parse_picture(std::span<const std::uint8_t> bytes, const std::string& file) {
    if (detail::begins_with(bytes, detail::png_signature)) {
#if defined(STAA_HAS_PNG)
        return parse_png(bytes, file);
#else
        fail(file, " is a picture in PNG; this program was built without libpng");
#endif
    }
    if (detail::begins_with(bytes, detail::jpeg_signature)) {
#if defined(STAA_HAS_JPEG)
        return parse_jpeg(bytes, file);
#else
        fail(file, " is a picture in JPEG; this program was built without libjpeg");
#endif
    }
    fail(file, " is no picture in PNG or JPEG");
}

/// Reads a picture from a file; see `parse_picture`. A missing file is an `Error` too.
inline Picture read_picture(const std::filesystem::path& path) {
    const MappedFile file(path, "a picture in PNG or JPEG");
    return parse_picture(file.bytes(), path.string());
}

/// The largest part of a picture with the shape of an image of `height` x `width`, from its middle, resized to that image
/// and normalised: the input [1, height, width, 3] of a network. A picture of that size stays as it is.
template <class Scalar = float>
Tensor<Scalar, 4> network_input(const Picture& picture, Index height, Index width, const Normalisation& normalisation) {
    const double scale = std::min(static_cast<double>(picture.height) / static_cast<double>(height),
                                  static_cast<double>(picture.width) / static_cast<double>(width));
    const double rows = scale * static_cast<double>(height), columns = scale * static_cast<double>(width);
    const Box middle{(static_cast<double>(picture.height) - rows) / 2,
                     (static_cast<double>(picture.width) - columns) / 2, rows, columns};
    const auto pixels = resample(picture.pixels, picture.height, picture.width, middle, height, width);
    Tensor<Scalar, 4> images(1, height, width, 3);
    normalise_view(pixels.data(), height, width, View{}, NormalisationTable<Scalar>(normalisation), images.data());
    return images;
}

}  // namespace STAA_ABI
}  // namespace staa
