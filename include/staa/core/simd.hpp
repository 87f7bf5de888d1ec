// SPDX-License-Identifier: MIT
// The vector of an instruction set as a template argument, loops over its lanes, and everything in which versions of
// xsimd differ.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

#include "staa/core/parallel.hpp"

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

/// A vector of one lane, for the tail of every loop and for machines without SIMD. It has the part of xsimd::batch that
/// the kernels use.
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
    /// Rounded once where the machine has such an instruction. If the compiler chose, kernels could round differently.
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
/// A scalar for which the architecture has no vectors, as double on 32-bit NEON.
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

/// Number of lanes of a vector, signed.
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

/// The smaller and the larger of each pair of lanes; a where one of them is NaN.
template <class V>
V smaller_of(V a, V b) {
    return select(b < a, b, a);
}
template <class V>
V larger_of(V a, V b) {
    return select(a < b, b, a);
}

/// e to the power of each lane; 0 where that is below the normal numbers, NaN where the lane is NaN. Lanes far below 0
/// are kept from xsimd's exp: it converts a part of them to an integer, which is undefined for values out of its range.
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

/// The result of a comparison as bits: lane i is bit i.
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

/// Calls body(integral_constant<Index, i>) for i in [0, Count), without a loop: arrays of vectors with the index i then
/// stay in registers at every optimisation level.
template <Index Count, class Body>
STAA_INLINE void unroll(Body&& body) {
    detail::call_with_each(body, std::make_integer_sequence<Index, Count>{});
}

/// Tells the body of a loop the type of its vectors.
template <class V>
struct Lanes {
    using type = V;
};

/// Calls body(Lanes<V>{}, first) over [0, count): for full vectors first, then for one lane at a time. So a kernel is
/// written once, for vectors of any width and for any count.
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

/// Stores the first `used` values of vectors that lie in a row.
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

}  // namespace STAA_ABI
}  // namespace staa
