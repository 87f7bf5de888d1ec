// SPDX-License-Identifier: MIT
// Two matrices with a narrow middle, C -> C/Ratio -> C: global context and step attention both compute gates with them.
#pragma once

#include <algorithm>

#include "staa/core/tensor.hpp"
#include "staa/kernels/maps/attention.hpp"
#include "staa/kernels/maps/matrix_product.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// The products and gradients of reduce [C, C/Ratio] and expand [C/Ratio, C]. Rows are those of all steps and images.
template <class Real, int Channels, int Ratio>
struct Bottleneck {
    static constexpr Index channels = Channels;
    static constexpr Index hidden = std::max(1, Channels / Ratio);
    using Matrix = Tensor<Real, 2>;

    /// The two matrices, packed for one direction.
    struct Packed {
        PackedMatrix<Real> reduce, expand;
    };
    /// For products with the matrices.
    static Packed packed(Arena& arena, const Matrix& reduce, const Matrix& expand) {
        return {PackedMatrix<Real>::forward(arena, channels, hidden, reduce.data()),
                PackedMatrix<Real>::forward(arena, hidden, channels, expand.data())};
    }
    /// For products with their transposes.
    static Packed packed_transposed(Arena& arena, const Matrix& reduce, const Matrix& expand) {
        return {PackedMatrix<Real>::transposed(arena, channels, hidden, reduce.data()),
                PackedMatrix<Real>::transposed(arena, hidden, channels, expand.data())};
    }

    /// values = scale · sigmoid(values), rows [first, first + count) of values [rows, C]. Every row is a call of its
    /// own, since the kernel may round the end of an array otherwise than its middle: the bits must not depend on
    /// `count`.
    static void make_gates(Index first, Index count, Real scale, Rows<Real>& values) {
        for (Index row = first; row < first + count; ++row) {
            sigmoid_gate<Real>(channels, scale, values.row(row), values.row(row));
        }
    }

    /// y = x · weight, so d_weight [in, out] += x [rows, in] transposed · dy [rows, out]. For expand, in is hidden and
    /// out is C.
    static void add_expand_gradient(Arena& arena, Index rows, const Rows<Real>& x, const Rows<Real>& dy,
                                    Matrix& gradient) {
        add_matrix_gradient<Real>(arena, rows, hidden, channels, x.data(), dy.data(), gradient.data());
    }
    /// For reduce, in is C and out is hidden.
    static void add_reduce_gradient(Arena& arena, Index rows, const Rows<Real>& x, const Rows<Real>& dy,
                                    Matrix& gradient) {
        add_matrix_gradient<Real>(arena, rows, channels, hidden, x.data(), dy.data(), gradient.data());
    }
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
