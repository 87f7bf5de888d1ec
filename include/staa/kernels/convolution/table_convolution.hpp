// SPDX-License-Identifier: MIT
// Convolution of spikes by tables. The weights of four channels under a tap have sixteen possible sums; these are
// computed once. A pixel then looks up the sums that its bits name. That is a quarter of the additions of a dense
// kernel, without lists and branches, and takes the same time at every firing rate. It is for few weights, whose tables
// stay in the caches. (The method of the Four Russians, after Arlazarov, Dinic, Kronrod and Faradzev, 1970.) Plain
// loops: plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "staa/core/simd.hpp"
#include "staa/core/spikes.hpp"
#include "staa/kernels/convolution/convolution_geometry.hpp"
#include "staa/kernels/convolution/output_tiles.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {
/// Bytes of the bits of a pixel.
constexpr Index pixel_bytes(Index channels) { return (channels + 7) / 8; }
}  // namespace detail

/// The tables of a convolution's weights. A block is one vector of output channels, filled up with zeros, and holds
/// [lines of taps][quads of a line][16 sums][lanes]. A quad is four input channels of one tap. The quads of a pixel
/// fill whole bytes, and those of a line are a multiple of four; a quad without channels has a table of zeros.
template <class Scalar, class Arch = DefaultArch>
struct WeightTables {
    static constexpr Index lanes = lanes_of<Vector<Scalar, Arch>>;
    static constexpr Index sums = 16;  ///< of four weights, each taken or left out
    static constexpr Index line(Index kernel, Index in) { return (2 * kernel * detail::pixel_bytes(in) + 3) / 4 * 4; }
    static constexpr Index blocks(Index out) { return (out + lanes - 1) / lanes; }
    static constexpr Index block_size(Index kernel, Index in) { return kernel * line(kernel, in) * sums * lanes; }
    static constexpr Index size(Index kernel, Index in, Index out) { return blocks(out) * block_size(kernel, in); }
};

namespace detail {
/// Bytes for which a task has room in its lines of spikes.
inline constexpr Index byte_lines_capacity = 16 * 1024;

/// Bytes of a line with its border, where a pixel takes whole bytes. There are 8 more, because words are stored and
/// loaded whole at the end, too.
constexpr Index byte_line(const ConvolutionShape& s) { return padded_width(s) * pixel_bytes(s.in_channels) + 8; }
}  // namespace detail

/// Whether `table_convolution` can hold the lines of spikes that a line of its output reads.
constexpr bool fits_tables(const ConvolutionShape& s) {
    return lines_read(s, 1) * detail::byte_line(s) <= detail::byte_lines_capacity;
}

/// Fills `tables` from weights [kernel, kernel, in, out]. Column o is multiplied by scale[o]; a null scale stands for
/// 1.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void make_weight_tables(Index kernel, Index in, Index out, const Scalar* weight,
                                    const std::type_identity_t<Scalar>* scale, Scalar* tables) {
    using T = WeightTables<Scalar, Arch>;
    parallel_for(T::blocks(out), T::block_size(kernel, in), [&](Index block) {
        const Index first = block * T::lanes, used = std::min(T::lanes, out - first);
        Scalar* table = tables + block * T::block_size(kernel, in);
        for (Index i = 0; i < kernel * T::line(kernel, in); ++i, table += T::sums * T::lanes) {
            const Index ky = i / T::line(kernel, in), quad = i % T::line(kernel, in);
            const Index kx = quad / 2 / detail::pixel_bytes(in), channel = quad % (2 * detail::pixel_bytes(in)) * 4;
            std::fill_n(table, T::lanes, Scalar(0));
            for (Index sum = 1; sum < T::sums; ++sum) {
                // The sum without the highest channel, which is there already, and the weight of the highest channel.
                const auto highest = static_cast<Index>(std::bit_width(static_cast<std::size_t>(sum))) - 1;
                const Index c = channel + highest;
                const Scalar* before = table + (sum - (Index{1} << highest)) * T::lanes;
                const bool is_weight = kx < kernel && c < in;
                const Scalar* row = is_weight ? weight + ((ky * kernel + kx) * in + c) * out + first : nullptr;
                for (Index o = 0; o < T::lanes; ++o) {
                    Scalar value = 0;
                    if (is_weight && o < used) {
                        value = scale != nullptr ? row[o] * scale[first + o] : row[o];
                    }
                    table[sum * T::lanes + o] = before[o] + value;
                }
            }
        }
    });
}

namespace detail {

/// Stores a number as eight bytes, lowest bits first; `load_bytes` reads it.
inline void store_bytes(std::uint64_t number, std::uint8_t* bytes) {
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(bytes, &number, sizeof number);
    } else {
        for (int i = 0; i < 8; ++i) {
            bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
        }
    }
}
inline std::uint64_t load_bytes(const std::uint8_t* bytes) {
    std::uint64_t number = 0;
    if constexpr (std::endian::native == std::endian::little) {
        std::memcpy(&number, bytes, sizeof number);
    } else {
        for (int i = 7; i >= 0; --i) {
            number = number << 8 | bytes[i];
        }
    }
    return number;
}

/// Writes one line of spikes, each pixel in whole bytes. Words are written whole: their bytes beyond the pixel are 0,
/// and the next pixel overwrites them.
inline void store_line(const std::uint64_t* from, Index pixels, Index words, Index pixel_bytes, std::uint8_t* to) {
    for (Index x = 0; x < pixels; ++x, from += words, to += pixel_bytes) {
        for (Index word = 0; word < words; ++word) {
            store_bytes(from[word], to + 8 * word);
        }
    }
}

/// Writes the lines of an image that its output lines [first, last) read, with a border of zeros, so that the spikes
/// that an output pixel reads of a line lie in a row.
inline void store_lines(const ConvolutionShape& s, const std::uint64_t* image, Index first, Index last,
                        std::uint8_t* to) {
    const Index words = words_for(s.in_channels), step = pixel_bytes(s.in_channels), line_bytes = byte_line(s);
    std::fill_n(to, lines_read(s, last - first) * line_bytes, std::uint8_t{0});
    for_lines_read(s, first, last, [&](Index y, Index i) {
        store_line(image + y * s.in_width * words, s.in_width, words, step, to + i * line_bytes + s.padding * step);
    });
}

/// How the spikes that a pixel reads lie in the stored lines.
struct QuadOrder {
    Index lines, quads;      ///< lines of taps, and quads of each
    Index line_bytes, step;  ///< from a line to the next, and from what a pixel reads to what its neighbour reads
};

/// Writes the sums of `Pixels` neighbours, the first of which reads from `at` on: of each pixel the quads of all lines
/// of taps, beginning with `begin`. A pixel has two sums, so that enough additions are under way.
template <class V, Index Pixels, class Scalar>
STAA_INLINE void look_up(const QuadOrder& order, const std::uint8_t* at, const Scalar* table, V begin,
                         const UsedColumns<Scalar> to) {
    constexpr Index row_bytes = lanes_of<V> * static_cast<Index>(sizeof(Scalar)), table_bytes = 16 * row_bytes;
    constexpr int shift = std::countr_zero(static_cast<std::uint64_t>(row_bytes));
    constexpr std::uint64_t mask = std::uint64_t{15} << shift;
    V even[Pixels], odd[Pixels];
    unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
        even[p] = begin;
        odd[p] = V(Scalar(0));
    });
    const auto* tables = reinterpret_cast<const char*>(table);
    const auto sum = [&](Index quad, std::uint64_t bits) STAA_INLINE_LAMBDA {
        return V::load_aligned(reinterpret_cast<const Scalar*>(tables + quad * table_bytes + (bits & mask)));
    };
    for (Index ky = 0; ky < order.lines; ++ky, at += order.line_bytes) {
        for (Index first = 0; first < order.quads; first += 16) {
            std::uint64_t bits[Pixels];  // rotated: the four bits of a quad, masked, are the offset of its sum in bytes
            unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
                bits[p] = std::rotl(load_bytes(at + p * order.step + first / 2), shift);
            });
            for (Index quad = first; quad < std::min(order.quads, first + 16); quad += 4, tables += 4 * table_bytes) {
                unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
                    even[p] = even[p] + sum(0, bits[p]);
                    odd[p] = odd[p] + sum(1, std::rotr(bits[p], 4));
                    even[p] = even[p] + sum(2, std::rotr(bits[p], 8));
                    odd[p] = odd[p] + sum(3, std::rotr(bits[p], 12));
                    bits[p] = std::rotr(bits[p], 16);
                });
            }
        }
    }
    unroll<Pixels>([&](auto p) STAA_INLINE_LAMBDA {
        const V total[1] = {even[p] + odd[p]};
        store_used(total, to.used, to.y + p * to.stride);
    });
}

/// One output line of one block: `pixels` pixels, from the lines that it reads.
template <class V, class Scalar>
STAA_NOINLINE void look_up_line(const QuadOrder order, Index pixels, const std::uint8_t* lines, const Scalar* table,
                                const Scalar* begin, const UsedColumns<Scalar> to) {
    constexpr Index together = 4;
    const V first = V::load_aligned(begin);
    Index x = 0;
    for (; x + together <= pixels; x += together) {
        look_up<V, together>(order, lines + x * order.step, table, first, to.from(x));
    }
    for (; x < pixels; ++x) {
        look_up<V, 1>(order, lines + x * order.step, table, first, to.from(x));
    }
}

}  // namespace detail

/// `dense_convolution` of spikes [images, in_height, in_width] in words of bits. The results agree up to rounding,
/// because four weights at a time are summed first. `s` must fit (`fits_tables`); `tables` by `make_weight_tables`,
/// aligned to 64 bytes; bias [out], or null; y [images, out_height, out_width, out] overwritten.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void table_convolution(const ConvolutionShape& s, const std::uint64_t* spikes, const Scalar* tables,
                                   const std::type_identity_t<Scalar>* bias, Scalar* y) {
    using T = WeightTables<Scalar, Arch>;
    constexpr Index pixels_per_task = 512;  // reading the tables into the first cache then takes 10 % of a task
    const Index line_bytes = detail::byte_line(s);
    const LineTasks tasks(s, pixels_per_task, detail::byte_lines_capacity / line_bytes);
    const Index image_words = s.in_height * s.in_width * words_for(s.in_channels);
    const detail::QuadOrder order{.lines = s.kernel,
                                  .quads = T::line(s.kernel, s.in_channels),
                                  .line_bytes = line_bytes,
                                  .step = s.stride * detail::pixel_bytes(s.in_channels)};
    const Index cost = tasks.lines() * s.out_width * T::block_size(s.kernel, s.in_channels) / T::sums;
    parallel_for(tasks.count() * T::blocks(s.out_channels), cost, [&](Index task) {
        const Index block = task / tasks.count(), column = block * T::lanes;
        const Index used = std::min(T::lanes, s.out_channels - column);
        const Scalar* table = tables + block * T::block_size(s.kernel, s.in_channels);
        alignas(64) Scalar begin[T::lanes] = {};
        if (bias != nullptr) {
            std::copy_n(bias + column, used, begin);
        }
        std::uint8_t lines[detail::byte_lines_capacity];
        tasks.for_images(task % tasks.count(), [&](Index image, Index first, Index last) {
            detail::store_lines(s, spikes + image * image_words, first, last, lines);
            Scalar* to = y + (image * s.out_height + first) * s.out_width * s.out_channels + column;
            for (Index i = 0; i < last - first; ++i, to += s.out_width * s.out_channels) {
                detail::look_up_line<Vector<Scalar, Arch>>(order, s.out_width, lines + i * s.stride * line_bytes, table,
                                                           begin, {to, s.out_channels, used});
            }
        });
    });
}

}  // namespace STAA_ABI
}  // namespace staa
