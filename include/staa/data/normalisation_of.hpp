// SPDX-License-Identifier: MIT
// Measures the mean and the deviation of the pixels of a data set.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "staa/data/image_data_set.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Mean and standard deviation of each channel over all pixels of a set of images, to normalise them by. A channel that
/// is the same everywhere gets the deviation 1. A set without images is an `Error`. Measure the training images, and
/// normalise the test images by the same numbers.
template <ImageDataSet Set>
Normalisation normalisation_of(const Set& set) {
    const auto channels = static_cast<std::size_t>(set.channels());
    std::array<std::uint64_t, 3> sums{}, squares{};
    std::uint64_t count = 0;
    for (Index i = 0; i < set.size(); ++i) {
        const Sample sample = set.sample(i);
        for (std::size_t at = 0; at < sample.pixels.size(); ++at) {
            const std::uint64_t byte = sample.pixels[at];
            sums[at % channels] += byte;
            squares[at % channels] += byte * byte;
        }
        count += sample.pixels.size() / channels;
    }
    if (count == 0) {
        fail("staa::normalisation_of: the data set has no images");
    }
    Normalisation result;
    for (std::size_t channel = 0; channel < std::min<std::size_t>(channels, 3); ++channel) {
        const double mean = static_cast<double>(sums[channel]) / static_cast<double>(count);
        const double variance = static_cast<double>(squares[channel]) / static_cast<double>(count) - mean * mean;
        result.mean[channel] = mean / 255;
        result.deviation[channel] = variance > 0 ? std::sqrt(variance) / 255 : 1;
    }
    return result;
}

}  // namespace STAA_ABI
}  // namespace staa
