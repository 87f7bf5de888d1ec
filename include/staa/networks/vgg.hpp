// SPDX-License-Identifier: MIT
// The VGG network of the paper.
#pragma once

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/layers/staa_lif.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/resnet.hpp"

namespace staa::inline STAA_ABI {

/// VGG-13: ten 3x3 convolutions in pairs of `Widths` channels, a neuron after each and a 2x2 average pool after each pair,
/// one linear layer. The paper's widths are 64, 128, 256, 512, 512.
template <class Input, int Classes, class Neuron = StaaLif<>, int A = 64, int B = 128, int C = 256, int D = 512,
          int E = 512>
using Vgg13On = Network<Input,
                        Named<"features", Sequential<ConvBn<A>, Neuron, ConvBn<A>, Neuron, AvgPool<2>,    //
                                                     ConvBn<B>, Neuron, ConvBn<B>, Neuron, AvgPool<2>,    //
                                                     ConvBn<C>, Neuron, ConvBn<C>, Neuron, AvgPool<2>,    //
                                                     ConvBn<D>, Neuron, ConvBn<D>, Neuron, AvgPool<2>,    //
                                                     ConvBn<E>, Neuron, ConvBn<E>, Neuron, AvgPool<2>>>,  //
                        GlobalAvgPool, Named<"fc", Linear<Classes>>>;

}  // namespace staa::inline STAA_ABI
