// SPDX-License-Identifier: MIT
// The input gradient of a convolution from few channels. The columns of one tap would leave most of a vector empty, those of
// all taps in a row fill it: first come the products of every output pixel with the weights of all taps, then of every input
// pixel the sum of those that meet in it. Plain loops: plain/convolution.hpp.
#pragma once

#include <algorithm>

#include "staa/kernels/narrow_convolution.hpp"
#include "staa/kernels/pointwise_convolution.hpp"

namespace staa::inline STAA_ABI::detail {

/// Scalars of the products that a task holds: those of as many output lines as there are lines of taps.
inline constexpr Index narrow_products = 24 * 1024;

/// Channels that are summed at a time: few enough for an image's, and as many as a vector of SSE or NEON has lanes.
inline constexpr Index summed_channels = 4;

/// Columns of the products, those of all taps in a row, with zeros up to a whole number of vectors.
template <class Scalar, class Arch>
constexpr Index product_columns(const ConvolutionShape& s) {
    return Blocking<Scalar, Arch>::packed_size(1, s.taps() * s.in_channels);
}

/// Whether the columns of one tap fill half a vector at most, and a task's lines fit.
template <class Scalar, class Arch>
constexpr bool has_narrow_input_gradient(const ConvolutionShape& s) {
    return s.kernel > 1 && 2 * s.in_channels <= Blocking<Scalar, Arch>::lanes &&
           s.in_width * summed_channels <= narrow_capacity &&
           s.kernel * s.out_width * product_columns<Scalar, Arch>(s) <= narrow_products;
}

/// products [out_width, product_columns] = dy [out_width, out_channels] · packed, of one output line.
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
                    {dy, s.out_channels, s.out_channels}, pairs, packed + B::block_offset(block, s.out_channels), zeros,
                    0, products + first * columns + block * B::width, columns);
            });
        }
    }
}

/// Adds one tap's products of `pixels` to the sums of the pixels that they meet in, `summed_channels` each.
template <class Scalar>
void add_products_of_tap(Index pixels, const Scalar* products, Index products_step, Scalar* sums, Index sums_step) {
    for (Index pixel = 0; pixel < pixels; ++pixel) {
        for (Index c = 0; c < summed_channels; ++c) {
            sums[pixel * sums_step + c] += products[pixel * products_step + c];
        }
    }
}

/// dx [in_width, in_channels], line y of an image, from the products of the output lines, which `products_of(output line)`
/// finds, each with `summed_channels` behind it that can be read. sums [in_width, summed_channels]: memory.
template <class Arch, class Scalar, class ProductsOf>
void sum_products(const ConvolutionShape& s, Index y, const ProductsOf& products_of, Scalar* sums, Scalar* dx) {
    const Index in = s.in_channels, columns = product_columns<Scalar, Arch>(s);
    for (Index channel = 0; channel < in; channel += summed_channels) {
        std::fill_n(sums, s.in_width * summed_channels, Scalar(0));
        for (Index ky = 0; ky < s.kernel; ++ky) {
            const Index scaled_y = y + s.padding - ky;
            if (scaled_y < 0 || scaled_y % s.stride != 0 || scaled_y / s.stride >= s.out_height) {
                continue;
            }
            const Scalar* products = products_of(scaled_y / s.stride) + ky * s.kernel * in + channel;
            for (Index kx = 0; kx < s.kernel; ++kx, products += in) {
                const OutputRange x = outputs_inside(s, kx - s.padding);
                add_products_of_tap(x.end - x.begin, products + x.begin * columns, columns,
                                    sums + (x.begin * s.stride + kx - s.padding) * summed_channels,
                                    s.stride * summed_channels);
            }
        }
        const Index used = std::min(summed_channels, in - channel);
        for (Index x = 0; x < s.in_width; ++x) {
            for (Index c = 0; c < used; ++c) {
                dx[x * in + channel + c] = sums[x * summed_channels + c];
            }
        }
    }
}

/// `dense_convolution_input_gradient` of what `has_narrow_input_gradient`, with weights packed as one tap of taps · in
/// columns. A task makes some lines of dx, and for them the products of all output lines that they meet.
template <class Arch, class Scalar>
void narrow_input_gradient(const ConvolutionShape& s, const Scalar* dy, const Scalar* packed, Scalar* dx) {
    const Index line = s.out_width * product_columns<Scalar, Arch>(s), in_line = s.in_width * s.in_channels;
    const Index enough = may_split() ? std::max<Index>(8, s.images * s.in_height / (4 * threads())) : s.in_height;
    const ConvolutionShape inputs{s.images, s.in_height, s.in_width, 1, s.in_height, s.in_width, 1, 1, 1, 0};
    const LineTasks tasks(inputs, enough * s.in_width, s.in_height);
    parallel_for(tasks.count(), tasks.lines() * line * s.out_channels, [&](Index task) {
        alignas(64) Scalar memory[narrow_products + summed_channels], sums[narrow_capacity];
        std::fill_n(memory, s.kernel * line + summed_channels, Scalar(0));
        const auto products_of = [&](Index y) { return memory + y % s.kernel * line; };
        tasks.for_images(task, [&](Index image, Index first, Index last) {
            const Scalar* const slopes = dy + image * s.out_height * s.out_width * s.out_channels;
            Index made = (std::max<Index>(0, first + s.padding - s.kernel + 1) + s.stride - 1) / s.stride;
            for (Index y = first; y < last; ++y) {
                for (; made < std::min(s.out_height, (y + s.padding) / s.stride + 1); ++made) {
                    make_products<Arch>(s, slopes + made * s.out_width * s.out_channels, packed, products_of(made));
                }
                sum_products<Arch>(s, y, products_of, sums, dx + (image * s.in_height + y) * in_line);
            }
        });
    });
}

}  // namespace staa::inline STAA_ABI::detail
