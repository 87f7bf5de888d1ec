// SPDX-License-Identifier: MIT
// The VGG network of the paper, and a small one for processors.
#pragma once

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/max_pool.hpp"
#include "staa/layers/neurons/lif.hpp"
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

/// Five 3x3 convolutions and one linear layer: a small network that learns within an hour on a processor. It isn't of the
/// paper. The maximum is taken of currents, before the neurons: each neuron fires for the strongest of four places, and
/// every convolution but the first one gets spikes. An image's first convolution runs once for all steps. 0.86 M
/// parameters at width 64 and 10 classes. The sizes beside the layers are those of the maps of a 32 x 32 input.
/// docs/recipe.md says how it was chosen.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn, class StemNeuron = Lif<>>
using Vgg6On = Network<Input, Named<"stem", Sequential<ConvBn<Width>, MaxPool<2>, StemNeuron>>,  // 32 x 32 -> 16 x 16
                       Named<"features", Sequential<Convolution<2 * Width, 3, 1>, MaxPool<2>, Neuron,  //  8 x  8
                                                    Convolution<3 * Width, 3, 1>, Neuron,              //
                                                    Convolution<3 * Width, 3, 1>, MaxPool<2>, Neuron,  //  4 x  4
                                                    Convolution<2 * Width, 3, 1>, Neuron>>,            //
                       GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// The small network for CIFAR.
template <int Width, int Classes, class Neuron = StaaLif<>>
using Vgg6 = Vgg6On<Image<3, 32, 32>, Width, Classes, Neuron>;

}  // namespace STAA_ABI
}  // namespace staa
