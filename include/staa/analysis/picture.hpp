// SPDX-License-Identifier: MIT
// Inputs and maps as pictures inside a page. Needs stb.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "staa/data/image_data_set.hpp"
#include "staa/io/image.hpp"

namespace staa {
inline namespace STAA_ABI {

using Pixels = Tensor<std::uint8_t, 3>;  ///< [H, W, 3], red, green, blue

/// Bytes in base 64 (RFC 4648).
inline std::string base64(const std::string& bytes) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string result;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8 | (k < left ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
        }
        for (std::size_t k = 0; k < 4; ++k) {
            result += k <= left ? digits[group >> (18 - 6 * k) & 63u] : '=';
        }
    }
    return result;
}

/// A picture as an address for HTML, which holds the picture itself.
static inline std::string data_address(const Pixels& pixels) {
    return "data:image/png;base64," + base64(png_bytes(pixels));
}

/// Image n of images [N, H, W, 3], which were normalised with these numbers.
template <class Scalar>
Pixels picture_of(const Tensor<Scalar, 4>& images, Index n, const Normalisation& normalisation) {
    const Index height = images.dimension(1), width = images.dimension(2);
    Pixels result(height, width, 3);
    for (Index i = 0; i < result.size(); ++i) {
        const auto c = static_cast<std::size_t>(i % 3);
        const double value = static_cast<double>(images.data()[n * result.size() + i]) * normalisation.deviation[c] +
                             normalisation.mean[c];
        result.data()[i] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 1.0) * 255 + 0.5);
    }
    return result;
}

/// Recording n of event frames [T, N, H, W, 2], all steps together: red where it became brighter, blue where it became
/// darker.
template <class Scalar>
Pixels picture_of(const Tensor<Scalar, 5>& frames, Index n, const Normalisation&) {
    const Index steps = frames.dimension(0), height = frames.dimension(2), width = frames.dimension(3);
    Tensor<double, 3> sums(height, width, 2);
    sums.setZero();
    for (Index t = 0; t < steps; ++t) {
        for (Index i = 0; i < sums.size(); ++i) {
            sums.data()[i] += static_cast<double>(frames.data()[(t * frames.dimension(1) + n) * sums.size() + i]);
        }
    }
    const Tensor<double, 0> most = sums.maximum();
    Pixels result(height, width, 3);
    for (Index y = 0; y < height; ++y) {
        for (Index x = 0; x < width; ++x) {
            const double scale = 225 / std::sqrt(std::max(most(), 1e-12));
            const double darker = scale * std::sqrt(std::max(sums(y, x, 0), 0.0));
            const double brighter = scale * std::sqrt(std::max(sums(y, x, 1), 0.0));
            result(y, x, 0) = static_cast<std::uint8_t>(30 + brighter);
            result(y, x, 1) = static_cast<std::uint8_t>(30 + 0.3 * std::max(brighter, darker));
            result(y, x, 2) = static_cast<std::uint8_t>(30 + darker);
        }
    }
    return result;
}

/// A value in [0, 1] as a colour from black over red to light yellow; equally readable without red and green.
inline std::array<double, 3> heat_colour(double value) {
    static constexpr double places[6][3] = {{0, 0, 4},     {66, 10, 104},  {147, 38, 103},
                                            {221, 81, 58}, {252, 165, 10}, {252, 255, 164}};
    const double at = std::clamp(value, 0.0, 1.0) * 5;
    const auto low = std::min<std::size_t>(static_cast<std::size_t>(at), 4);
    std::array<double, 3> colour{};
    for (std::size_t c = 0; c < 3; ++c) {
        colour[c] = places[low][c] + (at - static_cast<double>(low)) * (places[low + 1][c] - places[low][c]);
    }
    return colour;
}

/// A picture in grey under a map [H, W] of the same size in colours: the largest value `most` of the map is light yellow.
inline Pixels overlaid(const Pixels& picture, const Tensor<double, 2>& map, double most) {
    Pixels result(picture.dimensions());
    for (Index i = 0; i < map.size(); ++i) {
        const std::uint8_t* pixel = picture.data() + 3 * i;
        const double grey = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
        const double share = most > 0 ? std::clamp(map.data()[i] / most, 0.0, 1.0) : 0;
        const std::array<double, 3> colour = heat_colour(share);
        for (std::size_t c = 0; c < 3; ++c) {
            result.data()[3 * i + static_cast<Index>(c)] =
                static_cast<std::uint8_t>(0.35 * grey + 0.65 * colour[c] + 0.5);
        }
    }
    return result;
}

}  // namespace STAA_ABI
}  // namespace staa
