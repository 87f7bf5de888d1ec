// SPDX-License-Identifier: MIT
// How a network takes a tensor from its caller: without a copy where it has the right type, and with a sentence of our
// own where it has another one.
#pragma once

#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A tensor that a network reads. A `Tensor` or `TensorView` of the same scalar and rank is read where it lies. An
/// expression of Eigen, such as `frames.chip(t, 0)`, is computed first. A tensor of another layout, scalar or rank does
/// not compile. The object lives as long as the call for which it is made.
template <class Scalar, int Rank>
class TensorArgument {
 public:
    using View = TensorView<const Scalar, Rank>;  ///< what the network reads

    /// Reads a tensor where it lies.
    TensorArgument(const Tensor<Scalar, Rank>& tensor) : view_(tensor.data(), tensor.dimensions()) {}
    /// Reads the caller's memory where it lies.
    TensorArgument(const TensorView<Scalar, Rank>& tensor) : view_(tensor.data(), tensor.dimensions()) {}
    /// Reads the caller's memory where it lies.
    TensorArgument(const View& tensor) : view_(tensor) {}

    /// Computes an expression first. Another layout, scalar or rank does not compile.
    template <class Given>
    TensorArgument(const Eigen::TensorBase<Given, Eigen::ReadOnlyAccessors>& given)
        : computed_(computed(static_cast<const Given&>(given))), view_(computed_.data(), computed_.dimensions()) {}

    TensorArgument(const TensorArgument&) = delete;
    TensorArgument& operator=(const TensorArgument&) = delete;

    /// The values.
    const View& view() const { return view_; }

 private:
    template <class Given>
    static Tensor<Scalar, Rank> computed(const Given& given) {
        using Traits = Eigen::internal::traits<Given>;
        constexpr bool has_rank = Traits::NumDimensions == Rank;
        constexpr bool has_layout = static_cast<int>(Traits::Layout) == static_cast<int>(Eigen::RowMajor);
        constexpr bool has_scalar = std::is_same_v<std::remove_const_t<typename Traits::Scalar>, Scalar>;
        static_assert(has_rank,
                      "staa::Network: a tensor has the wrong number of dimensions; a network of Image takes images "
                      "[N, H, W, C], one of Frames takes frames [T, N, H, W, C], and step takes [N, H, W, C]");
        static_assert(
            has_layout,
            "staa::Network: a tensor is column major, as Eigen::Tensor is by default; use staa::Tensor, which "
            "is row major");
        static_assert(has_scalar,
                      "staa::Network: a tensor has another scalar than the network; tensor.cast<float>() converts it, "
                      "and Image<channels, height, width, double> makes a network of double");
        if constexpr (has_rank && has_layout && has_scalar) {
            return given;
        } else {
            return {};  // not reached: without it, messages of Eigen would follow ours
        }
    }

    Tensor<Scalar, Rank> computed_;  ///< empty where the tensor is read where it lies
    View view_;
};

}  // namespace STAA_ABI
}  // namespace staa
