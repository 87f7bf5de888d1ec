// SPDX-License-Identifier: MIT
// The input gradient of a convolution from few channels. The columns of one tap would leave most of a vector empty; the
// columns of all taps in a row fill it. First, every output pixel is multiplied with the weights of all taps. Then
// every input pixel sums the products that belong to it. Plain loops: plain/convolution.hpp.
#pragma once

#include <algorithm>

#include "staa/kernels/convolution/narrow_convolution.hpp"
#include "staa/kernels/convolution/pair_products.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Scalars of the products that a task holds: those of as many output lines as there are lines of taps. This is enough
/// for lines of 128 pixels, one or two channels and 3x3 taps in vectors of sixteen lanes, and fits a small stack.
inline constexpr Index narrow_products = 12 * 1024;

/// Pixels of the longest line of dx.
inline constexpr Index narrow_line = 1024;

/// Channels that are summed at a time: all of an image, in one vector of SSE or NEON.
inline constexpr Index summed_channels = 4;

/// Columns of the products, those of all taps in a row, with zeros up to a whole number of vectors.
template <class Scalar, class Arch>
constexpr Index product_columns(const ConvolutionShape& s) {
    return Blocking<Scalar, Arch>::packed_size(1, s.taps() * s.in_channels);
}

/// Of one output line: products [out_width, product_columns] = dy [out_width, out_channels] · packed.
template <class Arch, class Scalar>
void make_products(const ConvolutionShape& s, const Scalar* dy, const Scalar* packed, Scalar* products) {
    using B = Blocking<Scalar, Arch>;
    const Index columns = product_columns<Scalar, Arch>(s);
    const ConvolutionShape line{1, 1, s.out_width, s.out_channels, 1, s.out_width, columns, 1, 1, 0};
    const Scalar zeros[B::width] = {};
    PixelPairs<convolution_tile> pairs;
    for (Index first = 0; first < s.out_width; first += convolution_tile) {
        pairs_of_outputs(line, 0, first, std::min(s.out_width, first + convolution_tile), pairs);
        for (Index block = 0; block < B::blocks(columns); ++block) {
            with_vectors<B::most_vectors>(B::vectors(block, columns), [&](auto count) {
                multiply_pairs<Vector<Scalar, Arch>, count, narrow_pixels<B>(count), Scalar>(
                    {dy, s.out_channels, s.out_channels}, pairs, packed + B::block_offset(block, s.out_channels),
                    PixelRows{&zeros[0], Index{0}}, PixelRows{products + first * columns + block * B::width, columns});
            });
        }
    }
}

/// The products of the last output lines of an image. An input line needs at most `kernel` output lines, which follow
/// each other. So output line y lies at y % kernel, and none is overwritten before its last use.
template <class Arch, class Scalar>
class ProductLines {
 public:
    ProductLines(const ConvolutionShape& s, const Scalar* packed)
        : s_(s), packed_(packed), line_(s.out_width * product_columns<Scalar, Arch>(s)) {
        // Sums read some values behind the last channels. They are not stored, but must be numbers.
        std::fill_n(memory_, s.kernel * line_ + summed_channels, Scalar(0));
    }

    /// Begins an image; `first` is the first input line that is wanted.
    void begin(const Scalar* dy, Index first) {
        dy_ = dy;
        next_ = (std::max<Index>(0, first + s_.padding - s_.kernel + 1) + s_.stride - 1) / s_.stride;
    }

    /// Makes the products of the output lines that input line y needs. Call it for the lines of an image in order.
    void make(Index y) {
        for (; next_ < std::min(s_.out_height, (y + s_.padding) / s_.stride + 1); ++next_) {
            make_products<Arch>(s_, dy_ + next_ * s_.out_width * s_.out_channels, packed_, memory_ + place(next_));
        }
    }

    /// The products of output line y [out_width, product_columns]. From any column on, `summed_channels` values can be
    /// read.
    const Scalar* operator[](Index y) const { return memory_ + place(y); }

 private:
    Index place(Index y) const { return y % s_.kernel * line_; }

    const ConvolutionShape& s_;
    const Scalar* packed_;
    const Scalar* dy_ = nullptr;
    Index line_, next_ = 0;
    alignas(64) Scalar memory_[narrow_products + summed_channels];
};

/// Adds the products of one tap and `pixels` output pixels to the sums of their input pixels, `summed_channels` each.
template <class Scalar>
void add_products_of_tap(Index pixels, const Scalar* products, Index products_step, Scalar* sums, Index sums_step) {
    for (Index pixel = 0; pixel < pixels; ++pixel) {
        for (Index c = 0; c < summed_channels; ++c) {
            sums[pixel * sums_step + c] += products[pixel * products_step + c];
        }
    }
}

/// Writes dx [in_width, in_channels], line y of an image, from the products of the output lines that read it.
template <class Arch, class Scalar>
void sum_products(const ConvolutionShape& s, Index y, const ProductLines<Arch, Scalar>& lines, Scalar* dx) {
    Scalar sums[narrow_line * summed_channels];
    const Index in = s.in_channels, columns = product_columns<Scalar, Arch>(s);
    for (Index channel = 0; channel < in; channel += summed_channels) {
        std::fill_n(sums, s.in_width * summed_channels, Scalar(0));
        for (Index ky = 0; ky < s.kernel; ++ky) {
            const Index scaled_y = y + s.padding - ky;
            if (scaled_y < 0 || scaled_y % s.stride != 0 || scaled_y / s.stride >= s.out_height) {
                continue;
            }
            const Scalar* products = lines[scaled_y / s.stride] + ky * s.kernel * in + channel;
            for (Index kx = 0; kx < s.kernel; ++kx, products += in) {
                const OutputRange x = outputs_inside(s, kx - s.padding);
                add_products_of_tap(x.end - x.begin, products + x.begin * columns, columns,
                                    sums + (x.begin * s.stride + kx - s.padding) * summed_channels,
                                    s.stride * summed_channels);
            }
        }
        const Index used = std::min(summed_channels, in - channel);
        for (Index x = 0; x < s.in_width; ++x) {
            for (Index c = 0; c < used; ++c) {  // not std::copy_n: its calls took 5 % of the kernel's time
                dx[x * in + channel + c] = sums[x * summed_channels + c];
            }
        }
    }
}

/// `dense_convolution_input_gradient` of a shape that `has_narrow_input_gradient`, with the weights packed as one tap
/// of taps · in columns. A task makes some lines of dx, and the products of all output lines that read them. Its
/// neighbours make some of these products again; so a task has at least eight lines, and whole images if there are
/// enough of them.
template <class Arch, class Scalar>
void narrow_input_gradient(const ConvolutionShape& s, const Scalar* dy, const Scalar* packed, Scalar* dx) {
    const Index lines = may_split() ? std::max<Index>(8, s.images * s.in_height / (4 * threads())) : s.in_height;
    const ConvolutionShape dx_alone{s.images, s.in_height, s.in_width, 1, s.in_height, s.in_width, 1, 1, 1, 0};
    const LineTasks tasks(dx_alone, lines * s.in_width, s.in_height);
    const Index cost = tasks.lines() * s.out_width * s.out_channels * product_columns<Scalar, Arch>(s);
    parallel_for(tasks.count(), cost, [&](Index task) {
        ProductLines<Arch, Scalar> products(s, packed);
        tasks.for_images(task, [&](Index image, Index first, Index last) {
            products.begin(dy + image * s.out_height * s.out_width * s.out_channels, first);
            for (Index y = first; y < last; ++y) {
                products.make(y);
                sum_products(s, y, products, dx + (image * s.in_height + y) * s.in_width * s.in_channels);
            }
        });
    });
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
