// SPDX-License-Identifier: MIT
// The residual networks of the paper. Each reads like its row in docs/model.md.
#pragma once

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/layers/staa_lif.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"

namespace staa::inline STAA_ABI {

/// Convolution and batch norm, with the names that the reference gives their parameters.
template <int Channels, int Kernel = 3, int Stride = 1>
using ConvBn = Sequential<Named<"layer", Sequential<Conv2d<Channels, Kernel, Stride>, BatchNorm>>>;

/// How a basic block that halves the map shortens it on the shortcut.
template <int Channels>
using PooledShortcut = Shortcut<AvgPool<2, 2, 0, Edge::average>, ConvBn<Channels, 1>>;
template <int Channels>
using StridedShortcut = Shortcut<Named<"", ConvBn<Channels, 1, 2>>>;

/// Two 3x3 convolutions, a neuron after the first and one after the sum with the shortcut. Without layers in `Path` the
/// shortcut is the identity.
template <int Channels, class Neuron, int Stride = 1, class... Path>
using BasicBlock = Sequential<Named<"", Residual<Named<"conv1", ConvBn<Channels, 3, Stride>>, Named<"lif1", Neuron>,
                                                 Named<"conv2", ConvBn<Channels>>, Path...>>,
                              Named<"lif2", Neuron>>;

/// A block that halves the map and changes the channels, on the shortcut by pooling or by a strided convolution.
template <int Channels, class Neuron>
using PooledBlock = BasicBlock<Channels, Neuron, 2, PooledShortcut<Channels>>;
template <int Channels, class Neuron>
using StridedBlock = BasicBlock<Channels, Neuron, 2, StridedShortcut<Channels>>;

/// ResNet-20 on an input of any size: three stem convolutions with plain LIF, a 2x2 average pool, four stages of two
/// basic blocks. 12.7 M parameters at width 64 and 100 classes.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>>
using ResNet20On =
    Network<Input,
            Named<"stem", Sequential<ConvBn<Width>, Lif<>, ConvBn<Width>, Lif<>, ConvBn<Width>, Lif<>, AvgPool<2>>>,
            Named<"body", Sequential<BasicBlock<Width, Neuron>, BasicBlock<Width, Neuron>,             // 16 x 16
                                     PooledBlock<2 * Width, Neuron>, BasicBlock<2 * Width, Neuron>,    //  8 x  8
                                     PooledBlock<4 * Width, Neuron>, BasicBlock<4 * Width, Neuron>,    //  4 x  4
                                     PooledBlock<8 * Width, Neuron>, BasicBlock<8 * Width, Neuron>>>,  //  2 x  2
            GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-20 for CIFAR.
template <int Width, int Classes, class Neuron = StaaLif<>>
using ResNet20 = ResNet20On<Image<3, 32, 32>, Width, Classes, Neuron>;

/// ResNet-19: one stem convolution, stages of 3, 3 and 2 basic blocks. The paper's width is 128.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>>
using ResNet19On = Network<Input, Named<"stem", Sequential<ConvBn<Width>, Neuron>>,
                           Named<"body", Sequential<BasicBlock<Width, Neuron>, BasicBlock<Width, Neuron>,
                                                    BasicBlock<Width, Neuron>, StridedBlock<2 * Width, Neuron>,
                                                    BasicBlock<2 * Width, Neuron>, BasicBlock<2 * Width, Neuron>,
                                                    StridedBlock<4 * Width, Neuron>, BasicBlock<4 * Width, Neuron>>>,
                           GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-18 for ImageNet: 7x7 stem with stride 2, 3x3 average pool with stride 2, four stages of two basic blocks.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>>
using ResNet18On = Network<Input, Named<"stem", Sequential<ConvBn<Width, 7, 2>, Neuron, AvgPool<3, 2, 1>>>,
                           Named<"body", Sequential<BasicBlock<Width, Neuron>, BasicBlock<Width, Neuron>,
                                                    StridedBlock<2 * Width, Neuron>, BasicBlock<2 * Width, Neuron>,
                                                    StridedBlock<4 * Width, Neuron>, BasicBlock<4 * Width, Neuron>,
                                                    StridedBlock<8 * Width, Neuron>, BasicBlock<8 * Width, Neuron>>>,
                           GlobalAvgPool, Named<"fc", Linear<Classes>>>;

}  // namespace staa::inline STAA_ABI
