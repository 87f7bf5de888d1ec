// SPDX-License-Identifier: MIT
// A convolution with batch norm, alone or with a position encoding. The ablation study of the paper compares places of
// the encoding; two of them are outside the neuron: before the convolution and behind it.
#pragma once

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/position_encoding.hpp"
#include "staa/networks/sequential.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A convolution and a batch norm. Their parameters have the names of the reference. The networks consist of these
/// pairs.
template <int Channels, int Kernel = 3, int Stride = 1>
using ConvBn = Sequential<Named<"layer", Sequential<Conv2d<Channels, Kernel, Stride>, BatchNorm>>>;

/// ConvBn of X + P. The input of the convolution is then analog, so a convolution of spikes becomes a dense one.
template <int Channels, int Kernel = 3, int Stride = 1>
using EncodingConvBn = Sequential<Named<"", PositionEncoding<>>, Named<"", ConvBn<Channels, Kernel, Stride>>>;

/// X + P between the convolution and its batch norm. The weights have the same names in all three types.
template <int Channels, int Kernel = 3, int Stride = 1>
using ConvEncodingBn = Sequential<Named<"layer", Sequential<Conv2d<Channels, Kernel, Stride>>>,  //
                                  Named<"", PositionEncoding<>>,                                 //
                                  Named<"layer", Sequential<Named<"1", BatchNorm>>>>;

}  // namespace STAA_ABI
}  // namespace staa
