// SPDX-License-Identifier: MIT
// Loops over maps [pixels, channels] in the order in which memory delivers them fastest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "staa/core/simd.hpp"

namespace staa {
inline namespace STAA_ABI {

/// `Count` vectors that lie in a row, with the arithmetic of one.
template <class V, Index Count>
struct VectorRow {
    using Real = decltype(sum_lanes(std::declval<V>()));
    static constexpr std::size_t size = Count * V::size;
    V vectors[Count];

    VectorRow() = default;
    VectorRow(Real value) {  // NOLINT: implicit like xsimd::batch
        unroll<Count>([&](auto i) STAA_INLINE_LAMBDA { vectors[i] = V(value); });
    }
    STAA_INLINE static VectorRow load_unaligned(const Real* from) {
        return make([&](auto i) STAA_INLINE_LAMBDA { return V::load_unaligned(from + i * lanes_of<V>); });
    }
    STAA_INLINE void store_unaligned(Real* to) const {
        unroll<Count>([&](auto i) STAA_INLINE_LAMBDA { vectors[i].store_unaligned(to + i * lanes_of<V>); });
    }
    STAA_INLINE friend VectorRow operator+(const VectorRow& a, const VectorRow& b) {
        return make([&](auto i) STAA_INLINE_LAMBDA { return a.vectors[i] + b.vectors[i]; });
    }
    STAA_INLINE friend VectorRow operator-(const VectorRow& a, const VectorRow& b) {
        return make([&](auto i) STAA_INLINE_LAMBDA { return a.vectors[i] - b.vectors[i]; });
    }
    STAA_INLINE VectorRow& operator+=(const VectorRow& b) { return *this = *this + b; }
    STAA_INLINE friend VectorRow fma(const VectorRow& a, const VectorRow& b, const VectorRow& c) {
        return make([&](auto i) STAA_INLINE_LAMBDA { return fma(a.vectors[i], b.vectors[i], c.vectors[i]); });
    }

 private:
    template <class Make>
    STAA_INLINE static VectorRow make(const Make& vector) {
        VectorRow row;
        unroll<Count>([&](auto i) STAA_INLINE_LAMBDA { row.vectors[i] = vector(i); });
        return row;
    }
};

/// Pixels of a strip: what a loop reads of them for some channels stays in the first cache until it comes to the next.
constexpr Index strip_of(Index channels) { return std::max<Index>(8, 2048 / std::max<Index>(1, channels)); }

/// Calls body(Lanes<V>{}, vectors constant, first channel, first pixel, last pixel) over a map [pixels, channels],
/// strip of pixels by strip of pixels, so that memory is read nearly in order. (All pixels of one vector of channels at
/// a time would use only a part of each line that comes from memory.) Inside a strip, the body gets `Together` vectors
/// that lie in a row as long as there are channels for them, then one vector, then one lane: lines that lie in a row
/// come from memory up to twice as fast as every fourth line. A body that sums over the pixels keeps its sums in memory
/// from strip to strip; their order is the order of the pixels.
template <class Real, class Arch, Index Together, class Body>
STAA_INLINE void for_vector_strips(Index pixels, Index channels, Body&& body) {
    using V = Vector<Real, Arch>;
    constexpr Index row = Together * lanes_of<V>;
    const Index strip = strip_of(channels), of_rows = Together > 1 ? channels / row * row : 0;
    for (Index first = 0; first < pixels; first += strip) {
        const Index last = std::min(pixels, first + strip);
        for (Index c = 0; c < of_rows; c += row) {
            body(Lanes<V>{}, std::integral_constant<Index, Together>{}, c, first, last);
        }
        for_lanes<Real, Arch>(channels - of_rows, [&](auto lanes, Index c) STAA_INLINE_LAMBDA {
            body(lanes, std::integral_constant<Index, 1>{}, of_rows + c, first, last);
        });
    }
}

/// The same for a body that only calculates, body(Lanes<V>{}, first channel, first pixel, last pixel): for vectors that
/// lie in a row V is a VectorRow.
template <class Real, class Arch, Index Together = 1, class Body>
STAA_INLINE void for_strips(Index pixels, Index channels, Body&& body) {
    for_vector_strips<Real, Arch, Together>(
        pixels, channels, [&](auto lanes, auto vectors, Index c, Index first, Index last) STAA_INLINE_LAMBDA {
            if constexpr (vectors > 1) {
                body(Lanes<VectorRow<typename decltype(lanes)::type, vectors>>{}, c, first, last);
            } else {
                body(lanes, c, first, last);
            }
        });
}

}  // namespace STAA_ABI
}  // namespace staa
