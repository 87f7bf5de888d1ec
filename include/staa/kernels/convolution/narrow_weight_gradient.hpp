// SPDX-License-Identifier: MIT
// The weights' gradient of a convolution from few channels. The rows of weights of a line of taps lie one after the
// other, and so do the values that an output pixel reads of a line of x, once the line is copied with a border of
// zeros. So the sums of many rows stay in registers while the kernel walks over the pixels. Plain loops:
// plain/convolution.hpp.
#pragma once

#include <algorithm>

#include "staa/kernels/convolution/gradient_sums.hpp"
#include "staa/kernels/convolution/narrow_convolution.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Output pixels of a piece that is read at a time, about.
inline constexpr Index narrow_gradient_pixels = 256;

/// Vectors of columns that a task sums.
inline constexpr Index narrow_gradient_vectors = 2;

/// Rows whose sums, of one or two vectors, stay in registers. Nine rows are a line of 3 taps of an image of 3 channels.
template <class Blocking>
constexpr Index narrow_gradient_rows(Index vectors) {
    return Blocking::has_32_registers ? (vectors == 1 ? 24 : 9) : (vectors == 1 ? 12 : 6);
}

/// Some channels of some lines of a map.
template <class Scalar>
struct Lines {
    const Scalar* values;
    Index line, step;  ///< from a line to the next, and from a pixel to its neighbour
};

/// gradient[r] += sum over lines and pixels of x[line][pixel][r] · dy[line][pixel], for `Rows` rows of `columns`.
template <class V, Index Vectors, Index Rows, class Scalar>
STAA_NOINLINE void correlate_lines(const Index lines, const Index pixels, const Lines<Scalar> x, const Lines<Scalar> dy,
                                   const Index columns, Scalar* gradient) {
    GradientSums<V, Vectors, Rows, Scalar> sums(gradient, columns);
    for (Index line = 0; line < lines; ++line) {
        for (Index pixel = 0; pixel < pixels; ++pixel) {
            sums.add(x.values + line * x.line + pixel * x.step, dy.values + line * dy.line + pixel * dy.step);
        }
    }
    sums.store();
}

/// The same for `rows` rows, as many at a time as the registers hold.
template <class V, Index Vectors, Index Rows, class Scalar>
void correlate_rows(const Index rows, Index lines, Index pixels, const Lines<Scalar>& x, const Lines<Scalar>& dy,
                    Index columns, Scalar* gradient) {
    Index row = 0;
    for (; row + Rows <= rows; row += Rows) {
        correlate_lines<V, Vectors, Rows>(lines, pixels, {x.values + row, x.line, x.step}, dy, columns,
                                          gradient + row * columns);
    }
    if constexpr (Rows > 1) {
        if (row < rows) {
            correlate_rows<V, Vectors, Rows % 2 == 0 ? Rows / 2 : Rows / 3>(
                rows - row, lines, pixels, {x.values + row, x.line, x.step}, dy, columns, gradient + row * columns);
        }
    }
}

/// `dense_convolution_weight_gradient` of a shape that `has_narrow_weight_gradient`. A task owns two vectors of
/// columns, of all rows or, if that gives too few tasks for the threads, of some rows of a line of taps. It walks over
/// all pixels in order.
template <class Arch, class Scalar>
void narrow_weight_gradient(const ConvolutionShape& s, const Scalar* x, const Scalar* dy, Scalar* packed) {
    using B = Blocking<Scalar, Arch>;
    using V = Vector<Scalar, Arch>;
    constexpr Index most = narrow_gradient_vectors;
    const Index rows = s.kernel * s.in_channels, line = padded_width(s) * s.in_channels;
    const Index groups = (s.out_channels + most * B::lanes - 1) / (most * B::lanes);
    const bool splits_rows = may_split() && groups % threads() != 0 && groups < 4 * threads();
    const Index some = s.out_channels <= B::lanes ? narrow_gradient_rows<B>(1) : 3 * narrow_gradient_rows<B>(2);
    const Index part = splits_rows ? some : rows, parts = (rows + part - 1) / part;
    const Index taps = splits_rows ? 1 : s.kernel;
    const LineTasks pieces(s, narrow_gradient_pixels, narrow_capacity / line);
    parallel_for(groups * parts * (s.kernel / taps), s.out_pixels() * part * taps, [&](Index task) {
        const Index group = task % groups, first_row = task / groups % parts * part;
        const Index last_row = std::min(rows, first_row + part), first_tap = task / groups / parts * taps;
        const Index column = group * most * B::lanes, block = column / B::width;
        const Index vectors = std::min(most, (s.out_channels - column + B::lanes - 1) / B::lanes);
        const Index used = std::min(vectors * B::lanes, s.out_channels - column);
        const Index columns = B::vectors(block, s.out_channels) * B::lanes;
        Scalar* const gradient = packed + B::block_offset(block, s.kernel * rows) + column % B::width;
        const auto rows_of_tap = [&](Index ky) { return gradient + ky * rows * columns; };
        for (Index ky = first_tap; ky < first_tap + taps; ++ky) {
            for (Index row = first_row; row < last_row; ++row) {
                std::fill_n(rows_of_tap(ky) + row * columns, vectors * B::lanes, Scalar(0));
            }
        }
        alignas(64) Scalar lines[narrow_capacity], tile[narrow_gradient_pixels * most * B::lanes];
        const auto add = [&](Index image, Index first, Index last) {
            copy_lines(s, x + image * s.in_height * s.in_width * s.in_channels, first, last, lines);
            const Scalar* from = dy + (image * s.out_height + first) * s.out_width * s.out_channels + column;
            Lines<Scalar> of_dy{from, s.out_width * s.out_channels, s.out_channels};
            if (used % B::lanes != 0) {
                load_tile(from, s.out_channels, used, (last - first) * s.out_width, vectors * B::lanes, tile);
                of_dy = {tile, s.out_width * vectors * B::lanes, vectors * B::lanes};
            }
            for (Index ky = first_tap; ky < first_tap + taps; ++ky) {
                const Lines<Scalar> of_x{lines + ky * line + first_row, s.stride * line, s.stride * s.in_channels};
                with_vectors<most>(vectors, [&](auto count) {
                    correlate_rows<V, count, narrow_gradient_rows<B>(count)>(last_row - first_row, last - first,
                                                                             s.out_width, of_x, of_dy, columns,
                                                                             rows_of_tap(ky) + first_row * columns);
                });
            }
        };
        for (Index piece = 0; piece < pieces.count(); ++piece) {
            pieces.for_images(piece, add);
        }
    });
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
