// SPDX-License-Identifier: MIT
// The sizes of a convolution, and which input pixel meets which output pixel under which tap.
#pragma once

#include <algorithm>
#include <cstdint>

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Sizes of a convolution of images [images, height, width, channels] with weights [kernel, kernel, in, out].
/// Outside the image x is 0. Pixels are numbered through all images; there are fewer than 2^31.
struct ConvolutionShape {
    Index images, in_height, in_width, in_channels;  ///< images of all steps; rows, columns and channels of the input
    Index out_height, out_width, out_channels;       ///< rows, columns and channels of the output
    Index kernel, stride, padding;  ///< the kernel's width and height, the stride and the padding, in pixels

    /// Taps of the kernel.
    constexpr Index taps() const { return kernel * kernel; }
    /// Pixels of all input maps.
    constexpr Index in_pixels() const { return images * in_height * in_width; }
    /// Pixels of all output maps.
    constexpr Index out_pixels() const { return images * out_height * out_width; }
};

/// Lines of an image that `out_lines` output lines read, with those outside the image.
constexpr Index lines_read(const ConvolutionShape& s, Index out_lines) { return (out_lines - 1) * s.stride + s.kernel; }

/// Pixels of an input line with its border: `padding` on the left, the line, and on the right as many as the last
/// output pixel reads.
constexpr Index padded_width(const ConvolutionShape& s) {
    return std::max(s.in_width + s.padding, (s.out_width - 1) * s.stride + s.kernel);
}

/// The output lines of all images, cut into tasks that copy the input lines that they read.
class LineTasks {
 public:
    /// A task has lines of about `pixels` output pixels, and reads at most `lines_held` input lines. `lines_held` is at
    /// least what one output line reads.
    LineTasks(const ConvolutionShape& s, Index pixels, Index lines_held)
        : height_(s.out_height),
          all_lines_(s.images * s.out_height),
          lines_(std::clamp<Index>(pixels / s.out_width, 1, (lines_held - s.kernel) / s.stride + 1)) {}

    /// The number of tasks.
    Index count() const { return (all_lines_ + lines_ - 1) / lines_; }
    /// Output lines of a task; the last one may have fewer.
    Index lines() const { return lines_; }

    /// Calls visit(image, first line, end) for each image of a task, with the lines that belong to the task.
    template <class Visit>
    void for_images(Index task, Visit&& visit) const {
        const Index last = std::min(all_lines_, (task + 1) * lines_);
        for (Index line = task * lines_; line < last;) {
            const Index y = line % height_, count = std::min(last - line, height_ - y);
            visit(line / height_, y, y + count);
            line += count;
        }
    }

 private:
    Index height_, all_lines_, lines_;
};

/// Calls visit(input line, number) for the lines inside an image that output lines [first, last) read. `number` counts
/// the lines that they read, with those outside the image.
template <class Visit>
void for_lines_read(const ConvolutionShape& s, Index first, Index last, Visit&& visit) {
    const Index top = first * s.stride - s.padding, end = std::min(s.in_height - top, lines_read(s, last - first));
    for (Index i = std::max<Index>(0, -top); i < end; ++i) {
        visit(top + i, i);
    }
}

/// Pixels [begin, end) of an output line; none if end <= begin.
struct OutputRange {
    Index begin, end;
};
/// The output pixels of a line for which input x = output x · stride + offset is inside the image.
constexpr OutputRange outputs_inside(const ConvolutionShape& s, Index offset) {
    return {offset >= 0 ? 0 : (-offset + s.stride - 1) / s.stride,
            s.in_width > offset ? std::min(s.out_width, (s.in_width - 1 - offset) / s.stride + 1) : 0};
}

/// Pairs of pixels that one tap joins, for a range of at most `Capacity` pixels. `target` is the place of a
/// pixel among these; the places ascend. `source` is the number of the pixel on the other side, through all images.
template <Index Capacity>
struct PixelPairs {
    Index count = 0;
    std::int32_t target[Capacity];
    std::int32_t source[Capacity];
};

/// Lists for the output pixels [first, last) the input pixels that they read through tap `tap` = tap_y · kernel +
/// tap_x: input y = output y · stride + tap_y - padding, and likewise x. Pairs whose input is outside the image are
/// left out.
template <Index Capacity>
void pairs_of_outputs(const ConvolutionShape& s, Index tap, Index first, Index last, PixelPairs<Capacity>& pairs) {
    const Index offset_y = tap / s.kernel - s.padding, offset_x = tap % s.kernel - s.padding;
    const OutputRange inside = outputs_inside(s, offset_x);
    pairs.count = 0;
    for (Index pixel = first; pixel < last;) {
        const Index line = pixel / s.out_width, x = pixel % s.out_width;
        const Index line_end = std::min(last, pixel + s.out_width - x);
        const Index in_y = line % s.out_height * s.stride + offset_y;
        if (in_y >= 0 && in_y < s.in_height) {
            const Index source = (line / s.out_height * s.in_height + in_y) * s.in_width + offset_x;
            const Index shift = pixel - x;
            const Index to = std::min(line_end - shift, inside.end);
            for (Index out_x = std::max(x, inside.begin); out_x < to; ++out_x) {
                pairs.target[pairs.count] = static_cast<std::int32_t>(shift + out_x - first);
                pairs.source[pairs.count] = static_cast<std::int32_t>(source + out_x * s.stride);
                ++pairs.count;
            }
        }
        pixel = line_end;
    }
}

/// Lists for the input pixels [first, last) the output pixels that read them through tap `tap`.
template <Index Capacity>
void pairs_of_inputs(const ConvolutionShape& s, Index tap, Index first, Index last, PixelPairs<Capacity>& pairs) {
    const Index offset_y = tap / s.kernel - s.padding, offset_x = tap % s.kernel - s.padding;
    pairs.count = 0;
    for (Index pixel = first; pixel < last;) {
        const Index line = pixel / s.in_width, x = pixel % s.in_width;
        const Index line_end = std::min(last, pixel + s.in_width - x);
        const Index scaled_y = line % s.in_height - offset_y;
        const Index out_y = scaled_y / s.stride;
        if (scaled_y >= 0 && scaled_y % s.stride == 0 && out_y < s.out_height) {
            const Index source = (line / s.in_height * s.out_height + out_y) * s.out_width;
            const Index shift = pixel - x;
            const Index begin_x = (std::max(x, offset_x) - offset_x + s.stride - 1) / s.stride;
            const Index end_x = std::min(s.out_width, (line_end - shift - 1 - offset_x + s.stride) / s.stride);
            for (Index out_x = begin_x; out_x < end_x; ++out_x) {
                pairs.target[pairs.count] = static_cast<std::int32_t>(shift + out_x * s.stride + offset_x - first);
                pairs.source[pairs.count] = static_cast<std::int32_t>(source + out_x);
                ++pairs.count;
            }
        }
        pixel = line_end;
    }
}

}  // namespace STAA_ABI
}  // namespace staa
