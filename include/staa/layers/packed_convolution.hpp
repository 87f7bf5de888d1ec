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
    PackedConvolution(std::uint64_t revision, Index kernel, Index in, Index out, const Scalar* weight)
        : revision_(revision) {
        pack(kernel, in, out, weight, nullptr);
    }
    template <class Norm>
    PackedConvolution(std::uint64_t revision, Index kernel, Index in, Index out, const Scalar* weight, const Norm& norm)
        : revision_(revision) {
        const Scratch<Scalar> scale(arena_, out);
        bias_.resize(arena_, out);
        norm.affine(scale.data(), bias_.data());
        pack(kernel, in, out, weight, scale.data());
    }

    std::uint64_t revision() const { return revision_; }
    const Scalar* weights() const { return weights_.data(); }
    /// [out]; null without batch norm.
    const Scalar* bias() const { return bias_.data(); }

 private:
    void pack(Index kernel, Index in, Index out, const Scalar* weight, const Scalar* scale) {
        weights_.resize(arena_, Blocking<Scalar, DefaultArch>::packed_size(kernel * kernel * in, out));
        pack_convolution_weights<Scalar>(kernel, in, out, weight, scale, weights_.data());
    }

    std::uint64_t revision_;
    Arena arena_;
    Buffer<Scalar> weights_, bias_;
};

}  // namespace staa::inline STAA_ABI
