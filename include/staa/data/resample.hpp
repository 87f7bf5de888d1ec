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
    std::vector<std::uint8_t> pixels;  ///< [height, width, channels]; 3: red, green, blue; 1: grey
    Index height = 0, width = 0;       ///< rows of pixels, and pixels of a row
    int label = 0;                     ///< 0-based
};

/// A set of labelled pictures of any sizes; a `Loader` makes images of `height()` x `width()` pixels of them.
/// `sample(i)`, for i in [0, size()), may be called from several threads at once. If it throws, the loop over the
/// loader's batches gets the exception.
template <class Set>
concept PictureDataSet = LabelledPixels<Set> && requires(const Set& set, Index i) {
    { set.sample(i) } -> std::same_as<PictureSample>;
};

/// A part of a picture, in pixels of the picture; edges may lie inside a pixel.
struct Box {
    double top = 0, left = 0, height = 0, width = 0;  ///< the corner and the extents, in pixels of the picture
};

/// How a picture becomes an image: its part `box` is resized to `height` x `width` pixels, and the image is cut out of the
/// result, from row `top` and column `left` on.
struct Framing {
    Box box;                      ///< the part of the picture
    Index height = 0, width = 0;  ///< the size in pixels that the part is resized to
    Index top = 0, left = 0;      ///< where the image begins in the resized part
};

namespace detail {

/// Half of `room`, rounded to the even number; 0 for less than 0.
inline Index half_to_even(Index room) {
    const Index half = room / 2;
    return room > 0 ? half + (room & half & 1) : 0;
}

}  // namespace detail

/// The middle of a picture, for measuring: torchvision's Resize(shorter_side) and CenterCrop, with sizes and places rounded
/// as there. The picture is resized so that its shorter side has `shorter_side` pixels, and the image is cropped out of
/// the middle. A `shorter_side` of 0 is 8/7 of the image's, 256 for 224. For an image that is not square, the picture is
/// resized so that it just covers a rectangle of the image's shape with that shorter side.
inline Framing centre_framing(Index height, Index width, Index image_height, Index image_width,
                              Index shorter_side = 0) {
    const Index side = std::min(image_height, image_width);
    const Index shorter = shorter_side > 0 ? shorter_side : (8 * side + 3) / 7;
    const Index cover_height = shorter * image_height / side, cover_width = shorter * image_width / side;
    Framing framing{{0, 0, static_cast<double>(height), static_cast<double>(width)}};
    const bool by_height = height * cover_width <= width * cover_height;
    framing.height = by_height ? cover_height : cover_width * height / width;
    framing.width = by_height ? cover_height * width / height : cover_width;
    framing.top = detail::half_to_even(framing.height - image_height);
    framing.left = detail::half_to_even(framing.width - image_width);
    return framing;
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

/// The old pixels whose weighted sum is one new pixel: `first` and those after it, with their shares, whose sum is about
/// 2^22. Pillow calculates with such whole numbers, too.
struct Taps {
    Index first = 0;
    std::vector<std::uint32_t> shares;
};
inline constexpr int share_bits = 22;

/// The byte of a weighted sum, rounded and at most 255. (The rounded shares of a line of millions of pixels can add up to
/// nearly twice 2^22, which 32 bits hold.)
inline std::uint8_t byte_of_sum(std::uint32_t sum) {
    return static_cast<std::uint8_t>(std::min((sum + (1u << (share_bits - 1))) >> share_bits, 255u));
}

/// A line of old pixels, of which [start, start + length) becomes `new_size` pixels.
struct Stretch {
    Index size = 0;
    double start = 0, length = 0;
    Index new_size = 0;
};

/// The taps of `count` new pixels from `first_new` on. The rule is that of Pillow's BILINEAR: bilinear interpolation where
/// the line becomes longer; where it becomes shorter, a triangle that reaches one new pixel to each side, so that no old
/// pixel is skipped. Pixels of the line outside of the part, but for those that it cuts, do not count.
inline std::vector<Taps> bilinear_taps(const Stretch& line, Index first_new, Index count) {
    const double scale = line.length / static_cast<double>(line.new_size), reach = std::max(scale, 1.0);
    const Index begin = std::clamp(static_cast<Index>(std::floor(line.start)), Index{0}, line.size - 1);
    const Index end = std::clamp(static_cast<Index>(std::ceil(line.start + line.length)), begin + 1, line.size);
    const double start = line.start - static_cast<double>(begin);
    std::vector<Taps> all(static_cast<std::size_t>(count));
    std::vector<double> weights;
    for (Index i = 0; i < count; ++i) {
        const double middle = start + (static_cast<double>(first_new + i) + 0.5) * scale;
        const Index first = std::clamp(static_cast<Index>(middle - reach + 0.5), Index{0}, end - begin - 1);
        const Index last = std::clamp(static_cast<Index>(middle + reach + 0.5), first + 1, end - begin);
        weights.clear();
        double sum = 0;
        for (Index j = first; j < last; ++j) {
            const double distance = std::abs((static_cast<double>(j) - middle + 0.5) * (1 / reach));
            weights.push_back(std::max(1 - distance, 0.0));
            sum += weights.back();
        }
        Taps& taps = all[static_cast<std::size_t>(i)];
        taps.first = begin + first;
        for (const double weight : weights) {
            const double share = sum > 0 ? weight / sum : 1 / static_cast<double>(last - first);
            taps.shares.push_back(static_cast<std::uint32_t>(0.5 + share * (1 << share_bits)));
        }
    }
    return all;
}

/// `out` [count of `columns`, channels]: the row `from` [.., channels], resized.
inline std::uint8_t* resample_row(const std::uint8_t* from, const std::vector<Taps>& columns, Index channels,
                                  std::uint8_t* out) {
    for (const Taps& taps : columns) {
        for (Index channel = 0; channel < channels; ++channel) {
            std::uint32_t sum = 0;
            const std::uint8_t* byte = from + channels * taps.first + channel;
            for (const std::uint32_t share : taps.shares) {
                sum += share * *byte;
                byte += channels;
            }
            *out++ = byte_of_sum(sum);
        }
    }
    return out;
}

}  // namespace detail

/// Makes an image [image_height, image_width, channels] of a picture [height, width, channels], as `framing` says: first
/// along rows, then along columns, with the bytes that Pillow gives. The box must lie in the picture, the image in the
/// resized part, and all sizes must be at least 1; none of this is checked.
inline std::vector<std::uint8_t> resample_framed(std::span<const std::uint8_t> pixels, Index height, Index width,
                                                 const Framing& framing, Index image_height, Index image_width,
                                                 Index channels = 3) {
    const Box& box = framing.box;
    const auto columns = detail::bilinear_taps({width, box.left, box.width, framing.width}, framing.left, image_width);
    const auto rows = detail::bilinear_taps({height, box.top, box.height, framing.height}, framing.top, image_height);
    const Index top = rows.front().first, bottom = rows.back().first + static_cast<Index>(rows.back().shares.size());
    const Index row_size = image_width * channels;
    std::vector<std::uint8_t> narrow(static_cast<std::size_t>((bottom - top) * row_size));  // [old rows, row_size]
    std::uint8_t* to = narrow.data();
    for (Index y = top; y < bottom; ++y) {
        to = detail::resample_row(pixels.data() + y * width * channels, columns, channels, to);
    }
    std::vector<std::uint8_t> image(static_cast<std::size_t>(image_height * row_size));
    std::uint8_t* out = image.data();
    std::vector<std::uint32_t> sums(static_cast<std::size_t>(row_size));
    for (const detail::Taps& taps : rows) {
        std::fill(sums.begin(), sums.end(), 0u);
        const std::uint8_t* from = narrow.data() + (taps.first - top) * row_size;
        for (const std::uint32_t share : taps.shares) {
            for (std::uint32_t& sum : sums) {
                sum += share * *from++;
            }
        }
        out = std::transform(sums.begin(), sums.end(), out, detail::byte_of_sum);
    }
    return image;
}

/// Resizes the part `box` of a picture [height, width, 3] to an image [new_height, new_width, 3].
inline std::vector<std::uint8_t> resample(std::span<const std::uint8_t> pixels, Index height, Index width,
                                          const Box& box, Index new_height, Index new_width) {
    return resample_framed(pixels, height, width, Framing{box, new_height, new_width}, new_height, new_width);
}

}  // namespace STAA_ABI
}  // namespace staa
