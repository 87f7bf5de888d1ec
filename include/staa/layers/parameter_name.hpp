// SPDX-License-Identifier: MIT
// The tensors of a layer by their names, which are those of the PyTorch reference, and how they begin.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "staa/core/random.hpp"
#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How a tensor is laid out here, compared with PyTorch's state_dict.
enum class Layout {
    same,         ///< the same order
    matrix,       ///< here [in, out], there [out, in]
    convolution,  ///< here [kernel, kernel, in, out], there [out, in, kernel, kernel]
    map,          ///< here [.., height, width, channels], there [.., channels, height, width]
};

/// A tensor of the weights as PyTorch knows it: its dotted name and its shape in the reference's state_dict, and how it
/// is laid out here.
struct ParameterName {
    std::string text;          ///< the name, with its dots
    Layout layout;             ///< how PyTorch's tensor of this name lies
    std::vector<Index> shape;  ///< PyTorch's, with its extents of 1; empty for a single number
};

/// Fills a tensor with uniform values in ±1/sqrt(fan_in): PyTorch's default for convolutions and linear layers.
template <class AnyTensor>
void initialise_uniform(AnyTensor& tensor, Index fan_in, Random& random) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(fan_in));
    for (Index i = 0; i < tensor.size(); ++i) {
        tensor.data()[i] = static_cast<typename AnyTensor::Scalar>(random.uniform(-bound, bound));
    }
}

/// Fills a tensor with normal values of mean 0.
template <class AnyTensor>
void initialise_normal(AnyTensor& tensor, double deviation, Random& random) {
    for (Index i = 0; i < tensor.size(); ++i) {
        tensor.data()[i] = static_cast<typename AnyTensor::Scalar>(deviation * random.normal());
    }
}

/// A tensor of the same value everywhere.
template <class Scalar, class... Extent>
Tensor<Scalar, static_cast<int>(sizeof...(Extent))> filled(Scalar value, Extent... extents) {
    Tensor<Scalar, static_cast<int>(sizeof...(Extent))> tensor(static_cast<Eigen::Index>(extents)...);
    tensor.setConstant(value);
    return tensor;
}

}  // namespace STAA_ABI
}  // namespace staa
