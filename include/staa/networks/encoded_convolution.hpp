// SPDX-License-Identifier: MIT
// Position encoding around a convolution: the two places of the paper's ablation that are outside the neuron.
#pragma once

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/position_encoding.hpp"
#include "staa/networks/sequential.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Convolution and batch norm, with the names that the reference gives their parameters: what the networks are made of.
template <int Channels, int Kernel = 3, int Stride = 1>
using ConvBn = Sequential<Named<"layer", Sequential<Conv2d<Channels, Kernel, Stride>, BatchNorm>>>;

/// X + P before the convolution. Its input is then analog: a convolution of spikes becomes a dense one.
template <int Channels, int Kernel = 3, int Stride = 1>
using EncodingConvBn = Sequential<Named<"", PositionEncoding<>>, Named<"", ConvBn<Channels, Kernel, Stride>>>;

/// X + P between the convolution and its batch norm. The weights have the same names in all three.
template <int Channels, int Kernel = 3, int Stride = 1>
using ConvEncodingBn = Sequential<Named<"layer", Sequential<Conv2d<Channels, Kernel, Stride>>>,  //
                                  Named<"", PositionEncoding<>>,                                 //
                                  Named<"layer", Sequential<Named<"1", BatchNorm>>>>;

}  // namespace STAA_ABI
}  // namespace staa
