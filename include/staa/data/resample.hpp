// SPDX-License-Identifier: MIT
// Cuts a part out of a picture of any size and resizes it to an image of a given size.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "staa/core/random.hpp"
#include "staa/data/image_data_set.hpp"

namespace staa {
inline namespace STAA_ABI {

/// One labelled picture of any size.
struct PictureSample {
    std::vector<std::uint8_t> pixels;  ///< [height, width, 3], red, green, blue
    Index height = 0, width = 0;       ///< rows of pixels, and pixels of a row
    int label = 0;                     ///< 0-based
};

/// A set of labelled colour pictures of any sizes; a `Loader` makes images of `height()` x `width()` pixels of them.
/// `sample(i)`, for i in [0, size()), may be called from several threads at once. If it throws, the loop over the
/// loader's batches gets the exception.
template <class Set>
concept PictureDataSet = ColourDataSet<Set> && requires(const Set& set, Index i) {
    { set.sample(i) } -> std::same_as<PictureSample>;
};

/// A part of a picture, in pixels of the picture; edges may lie inside a pixel.
struct Box {
    double top = 0, left = 0, height = 0, width = 0;  ///< the corner and the extents, in pixels of the picture
};

/// The middle of a picture, for measuring. It is the part that remains when the picture is resized so that it just
/// covers 8/7 of the image (shorter side 256 for an image of 224 x 224), and the image is cropped out of the middle.
inline Box centre_box(Index height, Index width, Index image_height, Index image_width) {
    const double rows = static_cast<double>(height), columns = static_cast<double>(width);
    const double image_rows = static_cast<double>(image_height), image_columns = static_cast<double>(image_width);
    const double scale = std::min(rows / image_rows, columns / image_columns) * 7 / 8;
    const Box box{0, 0, image_rows * scale, image_columns * scale};
    return {(rows - box.height) / 2, (columns - box.width) / 2, box.height, box.width};
}

/// A random part of a picture, for training (Szegedy et al. 2015): 8 % to 100 % of its area, width : height from 3 : 4
/// to 4 : 3, anywhere. If ten draws in a row do not fit into the picture, its middle with the whole shorter side.
inline Box random_box(Index height, Index width, Random random) {
    const double rows = static_cast<double>(height), columns = static_cast<double>(width);
    for (int attempt = 0; attempt < 10; ++attempt) {
        const double area = rows * columns * random.uniform(0.08, 1);
        const double ratio = std::exp(random.uniform(std::log(3.0 / 4), std::log(4.0 / 3)));
        const double box_width = std::round(std::sqrt(area * ratio)), box_height = std::round(std::sqrt(area / ratio));
        if (box_width >= 1 && box_width <= columns && box_height >= 1 && box_height <= rows) {
            const auto place = [&](double room) {
                return static_cast<double>(random.below(static_cast<std::uint64_t>(room) + 1));
            };
            const double top = place(rows - box_height), left = place(columns - box_width);
            return {top, left, box_height, box_width};
        }
    }
    const double box_width = std::min(columns, std::round(rows * 4 / 3)),
                 box_height = std::min(rows, std::round(columns * 4 / 3));
    return {std::floor((rows - box_height) / 2), std::floor((columns - box_width) / 2), box_height, box_width};
}

namespace detail {

/// The old pixels whose weighted sum is one new pixel: `first` and those after it, with their shares (sum 1).
struct Taps {
    Index first = 0;
    std::vector<double> shares;
};

/// The taps of each of `new_size` pixels that cover [start, start + length) of a line of `size` old pixels. The rule is
/// that of Pillow's BILINEAR: bilinear interpolation where the line becomes longer; where it becomes shorter, a
/// triangle that reaches one new pixel to each side, so that no old pixel is skipped.
inline std::vector<Taps> bilinear_taps(Index size, double start, double length, Index new_size) {
    const double scale = length / static_cast<double>(new_size), reach = std::max(scale, 1.0);
    std::vector<Taps> line(static_cast<std::size_t>(new_size));
    for (Index i = 0; i < new_size; ++i) {
        const double middle = start + (static_cast<double>(i) + 0.5) * scale;
        const Index first = std::max(Index{0}, static_cast<Index>(middle - reach + 0.5));
        const Index last = std::clamp(static_cast<Index>(middle + reach + 0.5), first + 1, std::max(size, first + 1));
        Taps& taps = line[static_cast<std::size_t>(i)];
        taps.first = std::min(first, size - 1);
        double sum = 0;
        for (Index j = taps.first; j < std::min(last, size); ++j) {
            const double distance = std::abs(static_cast<double>(j) + 0.5 - middle) / reach;
            taps.shares.push_back(std::max(1 - distance, 1e-9));
            sum += taps.shares.back();
        }
        for (double& share : taps.shares) {
            share /= sum;
        }
    }
    return line;
}

}  // namespace detail

/// Resizes the part `box` of a picture [height, width, 3] to an image [new_height, new_width, 3], first along rows,
/// then along columns. The box must lie in the picture, and all sizes must be at least 1; neither is checked.
inline std::vector<std::uint8_t> resample(std::span<const std::uint8_t> pixels, Index height, Index width,
                                          const Box& box, Index new_height, Index new_width) {
    const auto columns = detail::bilinear_taps(width, box.left, box.width, new_width);
    const auto rows = detail::bilinear_taps(height, box.top, box.height, new_height);
    const Index top = rows.front().first, bottom = rows.back().first + static_cast<Index>(rows.back().shares.size());
    std::vector<float> narrow(static_cast<std::size_t>((bottom - top) * new_width * 3));  // [old rows, new_width, 3]
    float* to = narrow.data();
    for (Index y = top; y < bottom; ++y) {
        for (const detail::Taps& taps : columns) {
            const std::uint8_t* from = pixels.data() + 3 * (y * width + taps.first);
            double sums[3] = {};
            for (const double share : taps.shares) {
                for (int channel = 0; channel < 3; ++channel) {
                    sums[channel] += share * *from++;
                }
            }
            to = std::transform(sums, sums + 3, to, [](double sum) { return static_cast<float>(sum); });
        }
    }
    std::vector<std::uint8_t> image(static_cast<std::size_t>(new_height * new_width * 3));
    std::uint8_t* out = image.data();
    std::vector<double> sums(static_cast<std::size_t>(new_width * 3));
    for (const detail::Taps& taps : rows) {
        std::fill(sums.begin(), sums.end(), 0.0);
        const float* from = narrow.data() + (taps.first - top) * new_width * 3;
        for (const double share : taps.shares) {
            for (double& sum : sums) {
                sum += share * static_cast<double>(*from++);
            }
        }
        out = std::transform(sums.begin(), sums.end(), out,
                             [](double sum) { return static_cast<std::uint8_t>(std::clamp(sum + 0.5, 0.0, 255.0)); });
    }
    return image;
}

}  // namespace STAA_ABI
}  // namespace staa
