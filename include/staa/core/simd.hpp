// SPDX-License-Identifier: MIT
// The instruction set as a template argument, and everything in which versions of xsimd differ.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

#include "staa/core/parallel.hpp"

/// Whether `zeros_past_caches` goes past them.
#if defined(__SSE2__) && !defined(STAA_PLAIN)
#define STAA_STORES_PAST_CACHES
#include <immintrin.h>
#endif

namespace staa {
inline namespace STAA_ABI {

/// The architecture of a machine without SIMD: vectors of one lane.
struct Plain {};

#if defined(XSIMD_NO_SUPPORTED_ARCHITECTURE) || defined(STAA_PLAIN)
using DefaultArch = Plain;
#else
/// What the consumer's compiler flags give. Define STAA_PLAIN to run everything without SIMD.
using DefaultArch = xsimd::default_arch;
#endif

/// A vector of one lane: the tail of every loop, and the whole loop where there is no SIMD. Same interface as
/// xsimd::batch, as far as the kernels use it.
template <class Real>
struct OneLane {
    static constexpr std::size_t size = 1;
    Real value;
    OneLane() = default;
    OneLane(Real v) : value(v) {}  // NOLINT: implicit like xsimd::batch
    static OneLane load_unaligned(const Real* from) { return *from; }
    static OneLane load_aligned(const Real* from) { return *from; }
    void store_unaligned(Real* to) const { *to = value; }
    void store_aligned(Real* to) const { *to = value; }
    friend OneLane operator+(OneLane a, OneLane b) { return a.value + b.value; }
    friend OneLane operator-(OneLane a, OneLane b) { return a.value - b.value; }
    friend OneLane operator*(OneLane a, OneLane b) { return a.value * b.value; }
    friend OneLane operator/(OneLane a, OneLane b) { return a.value / b.value; }
    OneLane& operator+=(OneLane b) { return *this = *this + b; }
    friend bool operator==(OneLane a, OneLane b) { return a.value == b.value; }
    friend bool operator>=(OneLane a, OneLane b) { return a.value >= b.value; }
    friend bool operator>(OneLane a, OneLane b) { return a.value > b.value; }
    friend bool operator<(OneLane a, OneLane b) { return a.value < b.value; }
    /// Rounded once where the machine does that at no cost. Left to the compiler, one kernel might round twice.
    friend OneLane fma(OneLane a, OneLane b, OneLane c) {
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
        return std::fma(a.value, b.value, c.value);
#else
        return a.value * b.value + c.value;
#endif
    }
    friend OneLane select(bool mask, OneLane a, OneLane b) { return mask ? a : b; }
    friend OneLane abs(OneLane a) { return std::abs(a.value); }
    friend OneLane exp(OneLane a) { return std::exp(a.value); }
};

namespace detail {
template <class Real, class Arch>
struct VectorOf {
    using type = xsimd::batch<Real, Arch>;
};
#if !defined(XSIMD_NO_SUPPORTED_ARCHITECTURE)
/// A scalar that the architecture has no vectors of: double on 32-bit NEON.
template <class Real, class Arch>
    requires(!xsimd::has_simd_register<Real, Arch>::value)
struct VectorOf<Real, Arch> {
    using type = OneLane<Real>;
};
#endif
template <class Real>
struct VectorOf<Real, Plain> {
    using type = OneLane<Real>;
};
}  // namespace detail

/// The vector of `Real` on `Arch`.
template <class Real, class Arch = DefaultArch>
using Vector = typename detail::VectorOf<Real, Arch>::type;

/// Lanes of a vector as a signed number.
template <class V>
inline constexpr Index lanes_of = static_cast<Index>(V::size);

// g++ 12 takes the undefined operand of AVX-512 intrinsics for an uninitialised variable (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
/// The sum of a vector's lanes.
template <class Real>
Real sum_lanes(OneLane<Real> v) {
    return v.value;
}
template <class Real, class Arch>
Real sum_lanes(const xsimd::batch<Real, Arch>& v) {
    if constexpr (requires { reduce_add(v); }) {
        return reduce_add(v);
    } else {
        return hadd(v);  // xsimd before 9
    }
}

/// The smaller and the larger of each pair of lanes; where a is no number, a, for vectors of any width.
template <class V>
V smaller_of(V a, V b) {
    return select(b < a, b, a);
}
template <class V>
V larger_of(V a, V b) {
    return select(a < b, b, a);
}

/// e to the power of each lane; 0 where that is below the normal numbers, and no number where the lane is none. xsimd turns
/// a part of the exponent into an integer, which is undefined for what no integer can be.
template <class V>
V exponential(V v) {
    using Real = decltype(sum_lanes(v));
    const V lowest(sizeof(Real) == sizeof(float) ? Real(-87) : Real(-708));
    const V power = exp(select(v >= lowest, v, lowest));
    return select(v >= lowest, power, select(v < lowest, V(Real(0)), v));
}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

/// A comparison's result as bits: lane i is bit i.
inline std::uint64_t mask_bits(bool mask) { return mask ? 1u : 0u; }
template <class Real, class Arch>
std::uint64_t mask_bits(const xsimd::batch_bool<Real, Arch>& mask) {
    if constexpr (requires { mask.mask(); }) {
        return static_cast<std::uint64_t>(mask.mask());
    } else if constexpr (requires { std::uint64_t{mask.data}; }) {
        return std::uint64_t{mask.data};  // AVX-512 keeps a mask as bits
    } else {
#if defined(__AVX__)
        if constexpr (std::is_same_v<Real, float> && sizeof(mask.data) == 32) {
            return static_cast<std::uint32_t>(_mm256_movemask_ps(mask.data));
        }
#endif
        bool lanes[xsimd::batch<Real, Arch>::size];
        mask.store_unaligned(lanes);
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < xsimd::batch<Real, Arch>::size; ++i) {
            bits |= std::uint64_t{lanes[i]} << i;
        }
        return bits;
    }
}

namespace detail {
template <class Body, Index... I>
STAA_INLINE void call_with_each(Body& body, std::integer_sequence<Index, I...>) {
    (body(std::integral_constant<Index, I>{}), ...);
}
}  // namespace detail

/// Calls body(integral_constant<Index, i>) for i in [0, Count), unrolled by the language, so that arrays of vectors
/// indexed by i stay in registers whatever the optimisation level thinks of the loop.
template <Index Count, class Body>
STAA_INLINE void unroll(Body&& body) {
    detail::call_with_each(body, std::make_integer_sequence<Index, Count>{});
}

/// The type of vector that a loop's body is called with.
template <class V>
struct Lanes {
    using type = V;
};

/// Calls body(Lanes<V>{}, first) over [0, count): full vectors first, then one lane at a time. A kernel is written
/// once, for any width, and holds for counts that are not a multiple of it.
template <class Real, class Arch, class Body>
STAA_INLINE void for_lanes(Index count, Body&& body) {
    using V = Vector<Real, Arch>;
    const Index whole = count - count % lanes_of<V>;
    for (Index first = 0; first < whole; first += lanes_of<V>) {
        body(Lanes<V>{}, first);
    }
    if constexpr (1 < lanes_of<V>) {
        for (Index first = whole; first < count; ++first) {
            body(Lanes<OneLane<Real>>{}, first);
        }
    }
}

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

/// Asks for `count` values that are read soon, where the machine would not foresee it. Only a hint.
template <class Real>
STAA_INLINE void prefetch([[maybe_unused]] const Real* values, [[maybe_unused]] Index count) {
#if defined(__GNUC__)
    for (Index i = 0; i < count; i += 64 / static_cast<Index>(sizeof(Real))) {
        __builtin_prefetch(values + i);
    }
#endif
}

#if defined(STAA_STORES_PAST_CACHES)
namespace detail {
/// A line of 64 zero bytes; `to` is aligned to as many.
STAA_INLINE void zero_line_past_caches(void* to) {
#if defined(__AVX512F__)
    _mm512_stream_si512(static_cast<__m512i*>(to), _mm512_setzero_si512());
#else
    for (int i = 0; i < 4; ++i) {
        _mm_stream_si128(static_cast<__m128i*>(to) + i, _mm_setzero_si128());
    }
#endif
}
}  // namespace detail
#endif

/// Writes `count` zeros that nobody reads soon. Where the machine can, they go past the caches: a line that is written as a
/// whole need not be read first. `finish_past_caches` comes before another thread reads them.
template <class Real>
void zeros_past_caches(Real* to, Index count) {
    Real* const end = to + count;
#if defined(STAA_STORES_PAST_CACHES)
    constexpr Index line = 64 / static_cast<Index>(sizeof(Real));
    for (; to < end && reinterpret_cast<std::uintptr_t>(to) % 64 != 0; ++to) {
        *to = Real(0);
    }
    for (; end - to >= line; to += line) {
        detail::zero_line_past_caches(to);
    }
#endif
    std::fill(to, end, Real(0));
}

/// Everything that this thread has written past the caches comes before what it writes from now on.
STAA_INLINE void finish_past_caches() {
#if defined(STAA_STORES_PAST_CACHES)
    _mm_sfence();
#endif
}

/// Stores `used` values of vectors that lie in a row: all of them, or the first.
template <class V, Index Count, class Real>
STAA_INLINE void store_used(const V (&vectors)[Count], Index used, Real* to) {
    constexpr Index size = Count * lanes_of<V>;
    if (used == size) {
        unroll<Count>([&](auto v) STAA_INLINE_LAMBDA { vectors[v].store_unaligned(to + v * lanes_of<V>); });
    } else {
        Real all[size];
        unroll<Count>([&](auto v) STAA_INLINE_LAMBDA { vectors[v].store_unaligned(all + v * lanes_of<V>); });
        std::copy_n(all, used, to);
    }
}

/// Pixels of a strip: what is read of them before the next channels stays in the first cache.
constexpr Index strip_of(Index channels) { return std::max<Index>(8, 2048 / std::max<Index>(1, channels)); }

/// Calls body(Lanes<V>{}, vectors constant, first channel, first pixel, last pixel) over a map [pixels, channels], strip by
/// strip of pixels, so that memory is read nearly in order: all pixels of one vector of channels at a time would use a part
/// of every line that the memory sends. A body's sums go on from strip to strip in memory; their order is that of the
/// pixels. It takes `Together` vectors that lie in a row, as long as there are channels for them, then one, then one lane:
/// lines that lie in a row come from the memory up to twice as fast as every fourth.
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

/// The same for bodies of arithmetic alone: body(Lanes<V>{}, first channel, first pixel, last pixel), where V is a VectorRow
/// for vectors that lie in a row.
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
