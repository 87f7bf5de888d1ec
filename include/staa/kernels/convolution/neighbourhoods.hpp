// SPDX-License-Identifier: MIT
// The inner loops of both gradients over lists of pixels. For each listed pixel they read its neighbourhood, the output
// pixels that read it through the taps, in a tile of dy. A multiply-add takes one load, and nothing is stored on the
// way. Plain loops: plain/convolution.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

#include "staa/kernels/convolution/packed_weights.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The block of output channels that one pass takes: a register for every tap and vector, and a few left over.
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

/// sums[tap, o] += sum over the listed positions of dy[q, o], times the value of the position if it has one. Output q
/// reads the position through the tap: in y and in x, q = position + Kernel / 2 - tap. The kernel reads two positions
/// ahead, and so two more than the list has: no addition then waits for the address of its neighbourhood, which saves 5
/// to 10 % of the time.
template <Index Kernel, bool HasValues, class Arch, class Scalar>
STAA_NOINLINE void add_neighbourhoods(const std::uint16_t* positions, [[maybe_unused]] const Scalar* values,
                                      Index count, const Scalar* dy, Index padded_width, Scalar* sums) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    using V = typename B::V;
    V sum[B::taps][B::vectors];
    unroll<B::taps>([&](auto tap) STAA_INLINE_LAMBDA {
        unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA { sum[tap][v] = V(Scalar(0)); });
    });
    const Index row = padded_width * B::width;
    Index next = positions[0], after_next = positions[1];
    for (Index i = 0; i < count; ++i) {
        const Scalar* centre = dy + next * B::width;
        next = std::exchange(after_next, Index{positions[i + 2]});
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
/// `stride` is from a tap to the next.
template <Index Kernel, class Arch, class Scalar>
STAA_NOINLINE void multiply_neighbourhoods(const std::uint16_t* positions, Index count, const Scalar* dy,
                                           Index padded_width, const Scalar* weight, Index stride, Scalar* sums) {
    using B = NeighbourhoodBlock<Kernel, Scalar, Arch>;
    using V = typename B::V;
    V weights[B::taps][B::vectors];
    unroll<B::taps>([&](auto tap) STAA_INLINE_LAMBDA {
        unroll<B::vectors>([&](auto v) STAA_INLINE_LAMBDA {
            weights[tap][v] = V::load_unaligned(weight + tap * stride + v * lanes_of<V>);
        });
    });
    const Index row = padded_width * B::width;
    for (Index i = 0; i < count; ++i) {
        const Scalar* centre = dy + Index{positions[i]} * B::width;
        V sum[Kernel][B::vectors];  // one sum per line of taps: a single sum would wait for each multiply-add before it
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

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
