// SPDX-License-Identifier: MIT
// The weights of a convolution in the order in which its forward kernels read them.
#pragma once

#include <cstdint>
#include <type_traits>

#include "staa/core/tensor.hpp"
#include "staa/kernels/convolution/packed_weights.hpp"
#include "staa/kernels/convolution/table_convolution.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How many scalars the weights take: as tables, or packed for dense kernels and lists.
template <class Scalar>
constexpr Index kernel_weights_size(bool as_tables, Index kernel, Index in, Index out) {
    return as_tables ? WeightTables<Scalar>::size(kernel, in, out)
                     : Blocking<Scalar, DefaultArch>::packed_size(kernel * kernel * in, out);
}

/// Writes the weights [kernel, kernel, in, out] to `to`, with output channel o times scale[o]; null: times 1.
template <bool HasTables, class Scalar>
void make_kernel_weights([[maybe_unused]] bool as_tables, Index kernel, Index in, Index out, const Scalar* weight,
                         const std::type_identity_t<Scalar>* scale, Scalar* to) {
    if constexpr (HasTables) {
        if (as_tables) {
            make_weight_tables<Scalar>(kernel, in, out, weight, scale, to);
            return;
        }
    }
    pack_convolution_weights<Scalar>(kernel, in, out, weight, scale, to);
}

/// The weights for inference, at one revision of the network. If a batch norm follows, channel o of the output becomes
/// y · scale[o] + shift[o]: the scale is multiplied into the weights, and the shift is the bias. HasTables: whether the
/// weights may be wanted as tables.
template <class Scalar, bool HasTables>
class PackedConvolution {
 public:
    template <class... Norm>
    PackedConvolution(std::uint64_t revision, bool as_tables, Index kernel, Index in, Index out, const Scalar* weight,
                      const Norm&... norm)
        : revision_(revision), are_tables_(as_tables) {
        constexpr Index has_norm = sizeof...(Norm);
        const Scratch<Scalar> scale(arena_, has_norm * out);
        bias_.resize(arena_, has_norm * out);
        (norm.affine(scale.data(), bias_.data()), ...);
        weights_.resize(arena_, kernel_weights_size<Scalar>(as_tables, kernel, in, out));
        make_kernel_weights<HasTables>(as_tables, kernel, in, out, weight, has_norm != 0 ? scale.data() : nullptr,
                                       weights_.data());
    }

    /// The revision of the weights that were packed.
    std::uint64_t revision() const { return revision_; }
    /// Whether the weights are tables.
    bool are_tables() const { return are_tables_; }
    const Scalar* weights() const { return weights_.data(); }
    /// [out], or null without batch norm.
    const Scalar* bias() const { return bias_.data(); }

 private:
    std::uint64_t revision_;
    bool are_tables_;
    Arena arena_;
    Buffer<Scalar> weights_, bias_;
};

}  // namespace STAA_ABI
}  // namespace staa
