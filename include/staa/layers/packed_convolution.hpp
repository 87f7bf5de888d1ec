// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "staa/core/tensor.hpp"
#include "staa/kernels/packed_weights.hpp"

namespace staa::inline STAA_ABI {

/// A convolution's weights packed for inference, at one revision of the network. With a batch norm after it, its channel o
/// is y · scale[o] + shift[o]: the scale goes to the weights, and the shift is the bias.
template <class Scalar>
class PackedConvolution {
 public:
    template <class... Norm>
    PackedConvolution(std::uint64_t revision, Index kernel, Index in, Index out, const Scalar* weight,
                      const Norm&... norm)
        : revision_(revision) {
        constexpr Index has_norm = sizeof...(Norm);
        const Scratch<Scalar> scale(arena_, has_norm * out);
        bias_.resize(arena_, has_norm * out);
        (norm.affine(scale.data(), bias_.data()), ...);
        weights_.resize(arena_, Blocking<Scalar, DefaultArch>::packed_size(kernel * kernel * in, out));
        pack_convolution_weights<Scalar>(kernel, in, out, weight, has_norm != 0 ? scale.data() : nullptr,
                                         weights_.data());
    }

    std::uint64_t revision() const { return revision_; }
    const Scalar* weights() const { return weights_.data(); }
    /// [out]; null without batch norm.
    const Scalar* bias() const { return bias_.data(); }

 private:
    std::uint64_t revision_;
    Arena arena_;
    Buffer<Scalar> weights_, bias_;
};

}  // namespace staa::inline STAA_ABI
