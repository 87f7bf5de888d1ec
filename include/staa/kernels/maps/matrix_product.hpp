// SPDX-License-Identifier: MIT
// Products with small weight matrices. A matrix product is a convolution of 1x1 maps, so the convolution kernels
// compute it.
#pragma once

#include "staa/core/scratch.hpp"
#include "staa/kernels/convolution/convolution.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A matrix [in, out] (or its transpose) packed for `matrix_product`, in an arena's memory.
template <class Scalar, class Arch = DefaultArch>
class PackedMatrix {
 public:
    /// For y = x · weight; weight [in, out].
    static PackedMatrix forward(Arena& arena, Index in, Index out, const Scalar* weight) {
        PackedMatrix packed(arena, in, out);
        pack_weights<Scalar, Arch>(1, in, out, weight, packed.memory_.data());
        return packed;
    }
    /// For dx = dy · transpose of weight; weight [in, out].
    static PackedMatrix transposed(Arena& arena, Index in, Index out, const Scalar* weight) {
        PackedMatrix packed(arena, out, in);
        pack_transposed_weights<Scalar, Arch>(1, in, out, weight, packed.memory_.data());
        return packed;
    }

    /// y [rows, columns] = x [rows, inner] · this matrix [inner, columns] + bias [columns]; a null bias stands for 0.
    void multiply(Index rows, const Scalar* x, Scalar* y, const Scalar* bias = nullptr) const {
        const ConvolutionShape s{rows, 1, 1, inner_, 1, 1, columns_, 1, 1, 0};
        dense_convolution<Scalar, Arch>(s, x, memory_.data(), bias, y);
    }

 private:
    PackedMatrix(Arena& arena, Index inner, Index columns)
        : inner_(inner), columns_(columns), memory_(arena, Blocking<Scalar, Arch>::packed_size(inner, columns)) {}
    Index inner_, columns_;
    Scratch<Scalar> memory_;
};

/// gradient [in, out] += transpose of x [rows, in] · dy [rows, out].
template <class Scalar, class Arch = DefaultArch>
void add_matrix_gradient(Arena& arena, Index rows, Index in, Index out, const Scalar* x, const Scalar* dy,
                         Scalar* gradient) {
    const ConvolutionShape s{rows, 1, 1, in, 1, 1, out, 1, 1, 0};
    const Scratch<Scalar> packed(arena, Blocking<Scalar, Arch>::packed_size(in, out));
    dense_convolution_weight_gradient<Scalar, Arch>(s, x, dy, packed.data());
    add_packed_weights<Scalar, Arch>(1, in, out, packed.data(), gradient);
}

/// sums [columns] += the sum of the rows of x [rows, columns].
template <class Scalar>
void add_row_sums(Index rows, Index columns, const Scalar* x, Scalar* sums) {
    for (Index row = 0; row < rows; ++row) {
        for (Index column = 0; column < columns; ++column) {
            sums[column] += x[row * columns + column];
        }
    }
}

}  // namespace STAA_ABI
}  // namespace staa
