// SPDX-License-Identifier: MIT
// The image operations of AutoAugment and RandAugment. They follow Pillow, which the authors of both policies used, and
// give the same bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// An image that an operation changes in place: `pixels` [height, width, 3], red, green, blue.
struct ImageView {
    std::uint8_t* pixels = nullptr;  ///< bytes [H, W, C], which another object owns
    Index height = 0, width = 0;     ///< rows of pixels, and pixels of a row

    Index size() const { return height * width * 3; }
};

namespace image {

using Table = std::array<std::uint8_t, 256>;

/// The grey that AutoAugment's code puts where a turned or moved image is empty.
inline constexpr std::uint8_t outside = 128;

/// Limits a value to [0, 255] and drops its fraction, as Pillow does.
inline std::uint8_t to_byte(double value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)); }

/// The lightness of a pixel (ITU-R 601).
inline std::uint8_t lightness(const std::uint8_t* p) {
    return static_cast<std::uint8_t>((p[0] * 19595 + p[1] * 38470 + p[2] * 7471 + 0x8000) >> 16);
}

/// Replaces each byte of one channel by its entry in the table.
inline void map_channel(const ImageView& image, Index channel, const Table& table) {
    for (Index i = channel; i < image.size(); i += 3) {
        image.pixels[i] = table[image.pixels[i]];
    }
}

/// Replaces each byte by new_value(byte).
template <class Function>
void map_bytes(const ImageView& image, const Function& new_value) {
    Table table{};
    for (int byte = 0; byte < 256; ++byte) {
        table[static_cast<std::size_t>(byte)] = static_cast<std::uint8_t>(new_value(byte));
    }
    for (Index channel = 0; channel < 3; ++channel) {
        map_channel(image, channel, table);
    }
}

/// from + factor · (byte - from): 1 leaves the byte, 0 gives `from`.
inline std::uint8_t mixed(double from, std::uint8_t byte, double factor) {
    const auto start = static_cast<float>(from);  // Pillow mixes in single precision
    return to_byte(start + static_cast<float>(factor) * (static_cast<float>(byte) - start));
}

/// Replaces each byte by 255 - byte.
inline void invert(const ImageView& image) {
    map_bytes(image, [](int byte) { return 255 - byte; });
}

/// Inverts the bytes from 255 - `range` on. The threshold itself is not computed: compilers may join its product and its
/// difference, which moves it by a rounding, and a threshold of 85 must be 85.
inline void solarize(const ImageView& image, double range) {
    map_bytes(image, [=](int byte) { return 255 - byte > range ? byte : 255 - byte; });
}

/// Keeps the highest `bits` of 8 bits and sets the others to 0.
inline void posterize(const ImageView& image, int bits) {
    map_bytes(image, [=](int byte) { return byte & ~((1 << (8 - bits)) - 1); });
}

/// Multiplies each byte by `factor`.
inline void brightness(const ImageView& image, double factor) {
    map_bytes(image, [=](int byte) { return mixed(0, static_cast<std::uint8_t>(byte), factor); });
}

/// Moves each byte away from the image's mean lightness (factor > 1) or towards it (factor < 1).
inline void contrast(const ImageView& image, double factor) {
    double sum = 0;
    for (Index i = 0; i < image.size(); i += 3) {
        sum += lightness(image.pixels + i);
    }
    const double mean = std::floor(sum / static_cast<double>(image.height * image.width) + 0.5);
    map_bytes(image, [=](int byte) { return mixed(mean, static_cast<std::uint8_t>(byte), factor); });
}

/// Moves each pixel away from the grey of its lightness (factor > 1) or towards it (factor < 1).
inline void colour(const ImageView& image, double factor) {
    for (Index i = 0; i < image.size(); i += 3) {
        const std::uint8_t grey = lightness(image.pixels + i);
        for (Index channel = 0; channel < 3; ++channel) {
            image.pixels[i + channel] = mixed(grey, image.pixels[i + channel], factor);
        }
    }
}

/// Moves each byte away from the smoothed image (factor > 1) or towards it (factor < 1). The border does not change.
inline void sharpness(const ImageView& image, double factor) {
    const std::vector<std::uint8_t> old(image.pixels, image.pixels + image.size());
    const Index row = 3 * image.width;
    for (Index y = 1; y + 1 < image.height; ++y) {
        for (Index i = y * row + 3; i < (y + 1) * row - 3; ++i) {
            int sum = 4 * old[static_cast<std::size_t>(i)];  // the middle counts five times
            for (const Index dy : {-row, Index{0}, row}) {
                for (const Index dx : {-3, 0, 3}) {
                    sum += old[static_cast<std::size_t>(i + dy + dx)];
                }
            }
            const double smooth = std::floor(sum / 13.0 + 0.5);
            image.pixels[i] = mixed(smooth, old[static_cast<std::size_t>(i)], factor);
        }
    }
}

/// The number of pixels that have each byte in a channel.
inline std::array<Index, 256> histogram(const ImageView& image, Index channel) {
    std::array<Index, 256> counts{};
    for (Index i = channel; i < image.size(); i += 3) {
        ++counts[image.pixels[i]];
    }
    return counts;
}

/// Stretches each channel so that its darkest byte becomes 0 and its lightest 255.
inline void auto_contrast(const ImageView& image) {
    for (Index channel = 0; channel < 3; ++channel) {
        const auto counts = histogram(image, channel);
        const auto is_there = [](Index count) { return count > 0; };
        const auto low = std::find_if(counts.begin(), counts.end(), is_there) - counts.begin();
        const auto high = 255 - (std::find_if(counts.rbegin(), counts.rend(), is_there) - counts.rbegin());
        if (high > low) {
            const double scale = 255.0 / static_cast<double>(high - low), offset = -static_cast<double>(low) * scale;
            Table table{};
            for (std::size_t byte = 0; byte < 256; ++byte) {
                table[byte] = to_byte(static_cast<double>(byte) * scale + offset);
            }
            map_channel(image, channel, table);
        }
    }
}

/// Changes the bytes of each channel so that all values are about equally frequent.
inline void equalize(const ImageView& image) {
    for (Index channel = 0; channel < 3; ++channel) {
        const auto counts = histogram(image, channel);
        const Index lightest = *std::find_if(counts.rbegin(), counts.rend(), [](Index count) { return count > 0; });
        const Index step = (image.height * image.width - lightest) / 255;
        if (step > 0) {
            Table table{};
            Index sum = step / 2;
            for (std::size_t byte = 0; byte < 256; ++byte) {
                table[byte] = static_cast<std::uint8_t>(std::min<Index>(sum / step, 255));
                sum += counts[byte];
            }
            map_channel(image, channel, table);
        }
    }
}

/// A map from the new image to the old one. A pixel of the new image with its middle at (x, y) is the pixel of the old
/// image that contains (a x + b y + c, d x + e y + f); it is grey where there is none.
struct Affine {
    double a = 1, b = 0, c = 0, d = 0, e = 1, f = 0;  ///< the coefficients of the map, in pixels
};

/// Calculates with whole multiples of 2^-16, as Pillow does, so that the pixels are the same, also where a point lies on
/// the edge between two pixels.
inline void transform(const ImageView& image, const Affine& m) {
    const auto fixed = [](double value) { return static_cast<Index>(std::floor(value * 65536 + 0.5)); };
    const Index a = fixed(m.a), b = fixed(m.b), d = fixed(m.d), e = fixed(m.e);
    const Index c = fixed(m.c + m.a * 0.5 + m.b * 0.5), f = fixed(m.f + m.d * 0.5 + m.e * 0.5);
    const std::vector<std::uint8_t> old(image.pixels, image.pixels + image.size());
    for (Index y = 0; y < image.height; ++y) {
        for (Index x = 0; x < image.width; ++x) {
            const Index from_x = (a * x + b * y + c) >> 16, from_y = (d * x + e * y + f) >> 16;
            const bool is_inside = from_x >= 0 && from_x < image.width && from_y >= 0 && from_y < image.height;
            const Index from = 3 * (from_y * image.width + from_x);
            for (Index channel = 0; channel < 3; ++channel) {
                image.pixels[3 * (y * image.width + x) + channel] =
                    is_inside ? old[static_cast<std::size_t>(from + channel)] : outside;
            }
        }
    }
}

// Shears by a share of the width or height, shifts by whole pixels.
inline void shear_x(const ImageView& image, double share) { transform(image, {.b = share}); }
inline void shear_y(const ImageView& image, double share) { transform(image, {.d = share}); }
inline void translate_x(const ImageView& image, double pixels) { transform(image, {.c = std::trunc(pixels)}); }
inline void translate_y(const ImageView& image, double pixels) { transform(image, {.f = std::trunc(pixels)}); }

/// Turns around the middle by `degrees`, counter-clockwise, with the matrix of Pillow's Image.rotate: sine and cosine are
/// rounded to 15 digits.
inline void rotate(const ImageView& image, double degrees) {
    const double angle = degrees * 3.14159265358979323846 / 180;
    const auto rounded = [](double value) { return std::nearbyint(value * 1e15) / 1e15; };
    const double cosine = rounded(std::cos(angle)), sine = rounded(std::sin(angle));
    const double x = static_cast<double>(image.width) / 2, y = static_cast<double>(image.height) / 2;
    transform(image, {.a = cosine,
                      .b = -sine,
                      .c = x - cosine * x + sine * y,
                      .d = sine,
                      .e = cosine,
                      .f = y - sine * x - cosine * y});
}

}  // namespace image

}  // namespace STAA_ABI
}  // namespace staa
