// SPDX-License-Identifier: MIT
// Weights in the order in which the convolution kernels read them: in slabs that stay in the first cache while a kernel
// walks over a tile of pixels.
#pragma once

#include <algorithm>
#include <type_traits>

#include "staa/core/simd.hpp"
#include "staa/kernels/convolution/active_channels.hpp"
#include "staa/kernels/convolution/convolution_geometry.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Pixels of a task of a dense convolution. Their sums, 64 channels wide, take 32 KB: they stay in the caches while one
/// tap after the other is added. The number is a multiple of the pixels in registers, so that few are left over.
inline constexpr Index convolution_tile = 126;

/// Columns (output channels) are cut into blocks of up to four vectors. A block holds [taps][rows][columns of the
/// block]; zeros fill its columns up to a multiple of the lanes. The sums of four vectors times six pixels, with the
/// weights and one value, fill the 32 registers of AVX-512 and NEON. With 16 registers it is two vectors times five
/// pixels.
template <class Scalar, class Arch>
struct Blocking {
    static constexpr Index lanes = lanes_of<Vector<Scalar, Arch>>;
    static constexpr bool has_32_registers = lanes * static_cast<Index>(sizeof(Scalar)) == 64 ||
#if defined(__aarch64__)
                                             true;
#else
                                             false;
#endif
    static constexpr Index most_vectors = has_32_registers ? 4 : 2;
    /// Pixels of a product, and row channels of a gradient, whose sums of `vectors` vectors stay in registers. A narrow
    /// block takes more of them: a multiply-add waits for the one before it in the same sum, so eight sums must be
    /// under way.
    static constexpr Index pixels(Index vectors) {
        return vectors == most_vectors ? (has_32_registers ? 6 : 5) : vectors == 3 ? 7 : 9;
    }
    static constexpr Index rows(Index vectors) {
        return vectors == most_vectors ? pixels(vectors) : vectors == 1 && has_32_registers ? 16 : 8;
    }
    static constexpr Index width = lanes * most_vectors;

    static constexpr Index blocks(Index columns) { return (columns + width - 1) / width; }
    /// Vectors of block `block`.
    static constexpr Index vectors(Index block, Index columns) {
        return (std::min(width, columns - block * width) + lanes - 1) / lanes;
    }
    /// Scalars of packed weights with `rows` = taps · row channels.
    static constexpr Index packed_size(Index rows, Index columns) {
        return rows * ((columns + lanes - 1) / lanes * lanes);
    }
    /// Where block `block` begins.
    static constexpr Index block_offset(Index block, Index rows) { return block * rows * width; }
};

/// Packs weights [taps, in, out] with rows = in and columns = out: for products and the weight gradient.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void pack_weights(Index taps, Index in, Index out, const Scalar* weight, Scalar* packed) {
    using B = Blocking<Scalar, Arch>;
    const Index rows = taps * in;
    parallel_for(B::blocks(out), rows * B::width, [&](Index block) {
        const Index columns = B::vectors(block, out) * B::lanes;
        const Index used = std::min(columns, out - block * B::width);
        Scalar* to = packed + B::block_offset(block, rows);
        for (Index row = 0; row < rows; ++row, to += columns) {
            const Scalar* from = weight + row * out + block * B::width;
            std::copy(from, from + used, to);
            std::fill(to + used, to + columns, Scalar(0));
        }
    });
}

/// Packs weights [kernel, kernel, in, out] for a convolution forward: a block holds [ky][word][kx][channels of the
/// word] [its columns]. Column o is multiplied by scale[o]; a null scale stands for 1.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void pack_convolution_weights(Index kernel, Index in, Index out, const Scalar* weight,
                                          const std::type_identity_t<Scalar>* scale, Scalar* packed) {
    using B = Blocking<Scalar, Arch>;
    parallel_for(B::blocks(out), kernel * kernel * in * B::width, [&](Index block) {
        const Index columns = B::vectors(block, out) * B::lanes, first = block * B::width;
        const Index used = std::min(columns, out - first);
        Scalar* to = packed + B::block_offset(block, kernel * kernel * in);
        for (Index ky = 0; ky < kernel; ++ky) {
            for (Index word = 0; word < words_for(in); ++word) {
                for (Index row = 0; row < kernel * channels_of_word(word, in); ++row, to += columns) {
                    const Index kx = row / channels_of_word(word, in), c = row % channels_of_word(word, in);
                    const Scalar* from = weight + ((ky * kernel + kx) * in + 64 * word + c) * out + first;
                    for (Index o = 0; o < used; ++o) {
                        to[o] = scale == nullptr ? from[o] : from[o] * scale[first + o];
                    }
                    std::fill(to + used, to + columns, Scalar(0));
                }
            }
        }
    });
}

namespace detail {

/// y[row, column] = x[column, row]; columns [wide, end) are zeros.
template <class Scalar>
void transpose(Index rows, Index wide, Index end, const Scalar* x, Index x_stride, Scalar* y, Index y_stride) {
    for (Index row = 0; row < rows; ++row) {
        for (Index column = 0; column < wide; ++column) {
            y[row * y_stride + column] = x[column * x_stride + row];
        }
        std::fill(y + row * y_stride + wide, y + row * y_stride + end, Scalar(0));
    }
}

}  // namespace detail

/// Packs weights [taps, in, out] with rows = out and columns = in: for products with the transpose.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void pack_transposed_weights(Index taps, Index in, Index out, const Scalar* weight, Scalar* packed) {
    using B = Blocking<Scalar, Arch>;
    parallel_for(B::blocks(in), taps * out * B::width, [&](Index block) {
        const Index columns = B::vectors(block, in) * B::lanes;
        const Index used = std::min(columns, in - block * B::width);
        Scalar* slab = packed + B::block_offset(block, taps * out);
        for (Index tap = 0; tap < taps; ++tap, slab += out * columns) {
            const Scalar* from = weight + (tap * in + block * B::width) * out;
            // By squares: it reads sixteen rows of `weight` at a time, as many as the processor prefetches.
            constexpr Index square = 16;
            for (Index column = 0; column < columns; column += square) {
                const Index wide = std::clamp<Index>(used - column, 0, square);
                for (Index row = 0; row < out; row += square) {
                    detail::transpose(std::min(out - row, square), wide, std::min(columns - column, square),
                                      from + column * out + row, out, slab + row * columns + column, columns);
                }
            }
        }
    });
}

/// Adds a packed gradient (as `pack_weights` lays it out) to weights [taps, in, out].
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void add_packed_weights(Index taps, Index in, Index out, const Scalar* packed, Scalar* weight) {
    using B = Blocking<Scalar, Arch>;
    const Index rows = taps * in;
    parallel_for(B::blocks(out), rows * B::width, [&](Index block) {
        const Index columns = B::vectors(block, out) * B::lanes;
        const Index used = std::min(columns, out - block * B::width);
        const Scalar* from = packed + B::block_offset(block, rows);
        for (Index row = 0; row < rows; ++row, from += columns) {
            Scalar* to = weight + row * out + block * B::width;
            for (Index column = 0; column < used; ++column) {
                to[column] += from[column];
            }
        }
    });
}

namespace detail {

/// Copies the `used` columns of `pixels` rows of dy to rows of `width` columns, filled up with zeros: so the kernels
/// can load whole vectors for any number of channels.
template <class Scalar>
void load_tile(const Scalar* dy, Index columns, Index used, Index pixels, Index width, Scalar* tile) {
    for (Index pixel = 0; pixel < pixels; ++pixel, dy += columns, tile += width) {
        std::copy(dy, dy + used, tile);
        std::fill(tile + used, tile + width, Scalar(0));
    }
}

}  // namespace detail

/// Calls body(integral_constant<Index, vectors>), where `vectors` is in [1, Most].
template <Index Most, class Body>
void with_vectors(Index vectors, Body&& body) {
    unroll<Most>([&](auto i) {
        if (vectors == i + 1) {
            body(std::integral_constant<Index, i + 1>{});
        }
    });
}

}  // namespace STAA_ABI
}  // namespace staa
