// SPDX-License-Identifier: MIT
// The VGG network of the paper.
#pragma once

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/encoded_convolution.hpp"
#include "staa/networks/network.hpp"

namespace staa {
inline namespace STAA_ABI {

/// VGG-13 with five widths of your choice. The sizes beside the layers are those of the maps of a 32 x 32 input.
template <class Input, int Classes, class Neuron, int A, int B, int C, int D, int E,
          template <int, int, int> class Convolution = ConvBn>
using Vgg13OfWidths = Network<
    Input,
    Named<"features", Sequential<Convolution<A, 3, 1>, Neuron, Convolution<A, 3, 1>, Neuron, AvgPool<2>,    // 32 x 32
                                 Convolution<B, 3, 1>, Neuron, Convolution<B, 3, 1>, Neuron, AvgPool<2>,    // 16 x 16
                                 Convolution<C, 3, 1>, Neuron, Convolution<C, 3, 1>, Neuron, AvgPool<2>,    //  8 x  8
                                 Convolution<D, 3, 1>, Neuron, Convolution<D, 3, 1>, Neuron, AvgPool<2>,    //  4 x  4
                                 Convolution<E, 3, 1>, Neuron, Convolution<E, 3, 1>, Neuron, AvgPool<2>>>,  //  2 x  2
    GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// VGG-13: five pairs of 3x3 convolutions and one linear layer. Neurons stand behind each convolution. A 2x2 average
/// pool stands behind each pair. The paper's width is 64: channels 64, 128, 256, 512, 512. The input may have any size,
/// as in resnet.hpp.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn>
using Vgg13On = Vgg13OfWidths<Input, Classes, Neuron, Width, 2 * Width, 4 * Width, 8 * Width, 8 * Width, Convolution>;

/// VGG-13 for CIFAR.
template <int Width, int Classes, class Neuron = StaaLif<>>
using Vgg13 = Vgg13On<Image<3, 32, 32>, Width, Classes, Neuron>;

}  // namespace STAA_ABI
}  // namespace staa
