// SPDX-License-Identifier: MIT
// A picture without a pattern that would hide an error, and a fingerprint by which the bytes of pictures are compared with
// those of Pillow: make_resampled.py and make_augmented.py make the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace staa_tests {

inline std::vector<std::uint8_t> noise(std::size_t size) {
    std::vector<std::uint8_t> pixels(size);
    for (std::size_t i = 0; i < size; ++i) {
        pixels[i] = static_cast<std::uint8_t>(i * i * 7919 / 64 + i * 31);
    }
    return pixels;
}

/// The sum of all bytes, each times its position from 1.
inline std::uint64_t fingerprint(const std::vector<std::uint8_t>& bytes) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += (i + 1) * bytes[i];
    }
    return sum;
}

}  // namespace staa_tests
