// SPDX-License-Identifier: MIT
// The innermost step of the dense weights' gradients: products of some values of x with some vectors of dy.
#pragma once

#include "staa/core/simd.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Sums of `Rows` rows of a weights' gradient, in registers. They are the first `Vectors` vectors of each row of
/// gradient [Rows][columns]. The constructor loads them, `store` writes them back.
template <class V, Index Vectors, Index Rows, class Scalar>
class GradientSums {
 public:
    STAA_INLINE GradientSums(Scalar* gradient, Index columns) : gradient_(gradient), columns_(columns) {
        for_sums([&](auto r, auto v) STAA_INLINE_LAMBDA { sums_[r][v] = V::load_aligned(place(r, v)); });
    }

    /// Adds values[r] · dy to each row r.
    STAA_INLINE void add(const Scalar* values, const Scalar* dy) {
        V of_dy[Vectors];
        unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA { of_dy[v] = V::load_unaligned(dy + v * lanes_of<V>); });
        unroll<Rows>([&](auto r) STAA_INLINE_LAMBDA {
            const V value(values[r]);
            unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA { sums_[r][v] = fma(value, of_dy[v], sums_[r][v]); });
        });
    }

    STAA_INLINE void store() const {
        for_sums([&](auto r, auto v) STAA_INLINE_LAMBDA { sums_[r][v].store_aligned(place(r, v)); });
    }

 private:
    template <class Visit>
    STAA_INLINE static void for_sums(const Visit& visit) {
        unroll<Rows>([&](auto r)
                         STAA_INLINE_LAMBDA { unroll<Vectors>([&](auto v) STAA_INLINE_LAMBDA { visit(r, v); }); });
    }
    STAA_INLINE Scalar* place(Index r, Index v) const { return gradient_ + r * columns_ + v * lanes_of<V>; }

    V sums_[Rows][Vectors];
    Scalar* gradient_;
    Index columns_;
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
