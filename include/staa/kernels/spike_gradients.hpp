// SPDX-License-Identifier: MIT
// Both gradients of a convolution whose input is spikes, stride 1: the weights' needs only pixels that fired, the input's
// only pixels inside the surrogate's window. Both walk, channel by channel, over a list of pixels and read the
// neighbourhood of each in a tile of dy: one load a multiply-add and nothing stored on the way.
// Plain loops: plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "staa/core/tensor.hpp"
#include "staa/kernels/active_pixels.hpp"
#include "staa/kernels/packed_weights.hpp"

namespace staa::inline STAA_ABI {

/// Output channels that one pass takes: with a register for every tap and vector, and a few left over.
template <Index Kernel, class Scalar, class Arch>
struct NeighbourhoodBlock {
    using V = Vector<Scalar, Arch>;
    static constexpr Index taps = Kernel * Kernel;
    static constexpr Index registers = Blocking<Scalar, Arch>::has_32_registers ? 28 : 14;
    static constexpr Index vectors = std::max<Index>(
        1, static_cast<Index>(std::bit_floor(static_cast<std::size_t>(std::min(4 * taps, registers) / taps))));
    static constexpr Index width = vectors * lanes_of<V>;
    static constexpr Index blocks(Index channels) { return (channels + width - 1) / width; }
};

namespace detail {

/// sums[tap, o] += sum over the positions of dy[q, o], times the position's value where it has one, where output q reads the
/// position through the tap: in row and column q = position + Kernel / 2 - tap.
template <Index Kernel, bool HasValues, class Arch, class Scalar>
STAA_NOINLINE void add_neighbourhoods(const std::uint16_t* positions, [[maybe_unused]] const Scalar* values,
                                      Index count, const Scalar* dy, Index padded_columns, Scalar* sums) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    using V = typename B::V;
    V sum[B::taps][B::vectors];
    unroll<B::taps>([&](auto tap) STAA_INLINE_LAMBDA {
        unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA { sum[tap][v] = V(Scalar(0)); });
    });
    const Index row = padded_columns * B::width;
    for (Index i = 0; i < count; ++i) {
        const Scalar* centre = dy + Index{positions[i]} * B::width;
        [[maybe_unused]] V value;
        if constexpr (HasValues) {
            value = V(values[i]);
        }
        unroll<Kernel>([&](auto ky) STAA_INLINE_LAMBDA {
            const Scalar* line = centre + (Kernel / 2 - ky) * row;
            unroll<Kernel>([&](auto kx) STAA_INLINE_LAMBDA {
                unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
                    constexpr Index offset = (Kernel / 2 - kx) * B::width + v * lanes_of<V>;
                    V& to = sum[ky * Kernel + kx][v];
                    if constexpr (HasValues) {
                        to = fma(value, V::load_aligned(line + offset), to);
                    } else {
                        to = to + V::load_aligned(line + offset);
                    }
                });
            });
        });
    }
    unroll<B::taps>([&](auto tap) STAA_INLINE_LAMBDA {
        unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
            Scalar* to = sums + tap * B::width + v * lanes_of<V>;
            (V::load_unaligned(to) + sum[tap][v]).store_unaligned(to);
        });
    });
}

/// sums[i] += sum over taps and o of dy[q, o] · weight[tap, o], where output q reads positions[i] through the tap.
template <Index Kernel, class Arch, class Scalar>
STAA_NOINLINE void multiply_neighbourhoods(const std::uint16_t* positions, Index count, const Scalar* dy,
                                           Index padded_columns, const Scalar* weight, Index stride, Scalar* sums) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    using V = typename B::V;
    V weights[B::taps][B::vectors];
    unroll<B::taps>([&](auto tap) STAA_INLINE_LAMBDA {
        unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
            weights[tap][v] = V::load_unaligned(weight + tap * stride + v * lanes_of<V>);
        });
    });
    const Index row = padded_columns * B::width;
    for (Index i = 0; i < count; ++i) {
        const Scalar* centre = dy + Index{positions[i]} * B::width;
        V sum[Kernel][B::vectors];  // a sum a line: one for all would wait for itself
        unroll<Kernel>([&](auto ky) STAA_INLINE_LAMBDA {
            const Scalar* line = centre + (Kernel / 2 - ky) * row;
            unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
                sum[ky][v] =
                    weights[ky * Kernel][v] * V::load_aligned(line + (Kernel / 2) * B::width + v * lanes_of<V>);
            });
            unroll<Kernel - 1>([&](auto before) STAA_INLINE_LAMBDA {
                constexpr Index kx = before + 1;
                unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
                    constexpr Index offset = (Kernel / 2 - kx) * B::width + v * lanes_of<V>;
                    sum[ky][v] = fma(weights[ky * Kernel + kx][v], V::load_aligned(line + offset), sum[ky][v]);
                });
            });
        });
        unroll<Kernel - 1>([&](auto before) STAA_INLINE_LAMBDA {
            unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA { sum[0][v] = sum[0][v] + sum[before + 1][v]; });
        });
        unroll<B::vectors - 1>([&](auto before) STAA_INLINE_LAMBDA { sum[0][0] = sum[0][0] + sum[0][before + 1]; });
        sums[i] += sum_lanes(sum[0][0]);
    }
}

/// One block of dy [pixels, out] as `map` [positions of the tile][width], zeros outside the maps and beyond `used`.
template <Index Kernel, class Arch, class Scalar>
void load_block(const MapTiles& tiles, Index tile, const Scalar* dy, Index out, Index used, Scalar* map) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    using V = typename B::V;
    tiles.for_positions(tiles.tile(tile), [&](Index pixel, Index position) {
        Scalar* to = map + position * B::width;
        const Scalar* from = dy + pixel * out;
        if (pixel >= 0 && used == B::width) {
            unroll<B::vectors>(
                [&](auto v) { V::load_unaligned(from + v * lanes_of<V>).store_aligned(to + v * lanes_of<V>); });
        } else {
            std::fill_n(to, B::width, Scalar(0));
            std::copy_n(from, pixel >= 0 ? used : 0, to);
        }
    });
}

/// The last, incomplete block of weights [taps, in, out], filled up with zeros to [taps, in, width].
template <Index Kernel, class Arch, class Scalar>
void pad_last_block(Index in, Index out, const Scalar* weight, Scalar* padded) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    const Index used = out % B::width;
    for (Index row = 0; used != 0 && row < B::taps * in; ++row, padded += B::width) {
        std::fill(std::copy_n(weight + (row + 1) * out - used, used, padded), padded + B::width, Scalar(0));
    }
}

/// dx of the tile's pixels from the sums of its lists; 0 where nothing is listed.
template <class Scalar>
void spread_sums(const MapTiles& tiles, const ActivePixels& listed, Index i, const Scalar* sums, Scalar* dx) {
    const TileOffsets at(tiles, i, listed.channels);
    tiles.for_pixels(tiles.tile(i), [&](Index pixel, Index) {
        std::fill_n(dx + pixel * listed.channels, listed.channels, Scalar(0));
    });
    for (Index c = 0; c < listed.channels; ++c) {
        const std::uint16_t* position = listed.first(i, c);
        for (Index k = 0; k < listed.count(i, c); ++k, ++sums) {
            dx[at.offset[position[k]] + c] = *sums;
        }
    }
}

}  // namespace detail

/// dw[ky, kx, i, o] += sum of dy over the outputs that a spike of channel i reaches through the tap, times its value where it
/// has one: `active` (ActivePixels or ActivePixelValues) lists the spikes in `tiles`, whose border is Kernel / 2; stride 1,
/// padding Kernel / 2. weight [Kernel, Kernel, in, out].
template <Index Kernel, class Scalar, class Arch = DefaultArch, class Active>
STAA_KERNEL void spike_weight_gradient(Arena& arena, const MapTiles& tiles, const Active& active, Index out,
                                       const Scalar* dy, Scalar* weight) {
    constexpr bool has_values = !std::is_same_v<Active, ActivePixels>;
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    // The tiles are cut into groups by sizes alone, so the order of the sums never depends on the number of threads.
    constexpr Index tasks = 16;
    const Index in = active.channels, blocks = B::blocks(out), size = B::taps * in * B::width;
    const Index groups = std::clamp<Index>(tasks / blocks, 1, tiles.count());
    const Scratch<Scalar> partial(arena, blocks * groups * size);
    parallel_for(blocks * groups, tiles.count() / groups * tiles.pixels() * in, [&](Index task) {
        const Index block = task / groups, group = task % groups;
        const Index used = std::min(B::width, out - block * B::width);
        alignas(64) Scalar map[MapTiles::capacity * B::width];
        Scalar* sums = partial.data() + task * size;
        std::fill_n(sums, size, Scalar(0));
        for (Index i = group * tiles.count() / groups; i < (group + 1) * tiles.count() / groups; ++i) {
            detail::load_block<Kernel, Arch>(tiles, i, dy + block * B::width, out, used, map);
            for (Index c = 0; c < in; ++c) {
                const Scalar* values = nullptr;
                if constexpr (has_values) {
                    values = active.first_value(i, c);
                }
                detail::add_neighbourhoods<Kernel, has_values, Arch>(active.first(i, c), values, active.count(i, c),
                                                                     map, tiles.padded_columns(),
                                                                     sums + c * B::taps * B::width);
            }
        }
    });
    parallel_for(in, B::taps * out * groups, [&](Index c) {
        for (Index task = 0; task < blocks * groups; ++task) {
            const Index block = task / groups * B::width, used = std::min(B::width, out - block);
            const Scalar* from = partial.data() + task * size + c * B::taps * B::width;
            for (Index tap = 0; tap < B::taps; ++tap, from += B::width) {
                Scalar* to = weight + (tap * in + c) * out + block;
                for (Index o = 0; o < used; ++o) {
                    to[o] += from[o];
                }
            }
        }
    });
}

/// dx[p, i] = sum over taps and o of dy[.., o] · w[ky, kx, i, o] where `wanted` lists pixel p of channel i, else 0. The
/// tiles are those of dx, with a border of Kernel / 2; stride 1, padding Kernel / 2. dx is overwritten.
template <Index Kernel, class Scalar, class Arch = DefaultArch>
STAA_KERNEL void windowed_input_gradient(Arena& arena, const MapTiles& tiles, const ActivePixels& wanted, Index out,
                                         const Scalar* dy, const Scalar* weight, Scalar* dx) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    const Index in = wanted.channels, blocks = B::blocks(out);
    constexpr Index round = 64;  // tiles whose sums are held at a time
    const Scratch<Scalar> all_sums(arena, std::min(round, tiles.count()) * wanted.room);
    const Scratch<Scalar> last_block(arena, out % B::width == 0 ? 0 : B::taps * in * B::width);
    detail::pad_last_block<Kernel, Arch>(in, out, weight, last_block.data());
    for (Index first = 0; first < tiles.count(); first += round) {
        parallel_for(std::min(round, tiles.count() - first), tiles.pixels() * in * out, [&](Index slot) {
            const Index i = first + slot;
            alignas(64) Scalar map[MapTiles::capacity * B::width];
            Scalar* sums = all_sums.data() + slot * wanted.room;
            std::fill_n(sums, wanted.count(i), Scalar(0));
            for (Index b = 0; b < blocks; ++b) {
                const Index used = std::min(B::width, out - b * B::width);
                detail::load_block<Kernel, Arch>(tiles, i, dy + b * B::width, out, used, map);
                const bool is_whole = used == B::width;
                const Scalar* from = is_whole ? weight + b * B::width : last_block.data();
                const Index stride = is_whole ? out : B::width;
                for (Index c = 0; c < in; ++c) {
                    detail::multiply_neighbourhoods<Kernel, Arch>(
                        wanted.first(i, c), wanted.count(i, c), map, tiles.padded_columns(), from + c * stride,
                        in * stride, sums + (wanted.first(i, c) - wanted.first(i, 0)));
                }
            }
            detail::spread_sums(tiles, wanted, i, sums, dx);
        });
    }
}

}  // namespace staa::inline STAA_ABI
