// SPDX-License-Identifier: MIT
// The residual networks of the paper. Each type is written like its row in docs/model.md.
//
// `ResNet20<Width, Classes>` takes images of the paper's size. `ResNet20On<Input, Width, Classes>` takes an input of
// any size: an image that is the same at every step, or the frames of an event camera, such as Frames<2, 48, 48>. One
// template argument is the neuron. One more is the convolution: it can have a position encoding
// (encoded_convolution.hpp).
#pragma once

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/encoded_convolution.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"
#include "staa/networks/stages.hpp"

namespace staa {
inline namespace STAA_ABI {

/// ResNet-20: three stem convolutions with plain LIF, a 2x2 average pool, four stages of two basic blocks. 12.7 M
/// parameters at width 64 and 100 classes. The maps of a 32 x 32 input: stem 32 x 32, stages 16, 8, 4 and 2.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn, class StemNeuron = Lif<>>
using ResNet20On = Network<Input,
                           Named<"stem", Sequential<ConvBn<Width>, StemNeuron, ConvBn<Width>, StemNeuron,  //
                                                    ConvBn<Width>, StemNeuron, AvgPool<2>>>,               //
                           Named<"body", Stages<PooledBlock, Width, Neuron, Convolution, 2, 2, 2, 2>>,     //
                           GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-20 for CIFAR.
template <int Width, int Classes, class Neuron = StaaLif<>>
using ResNet20 = ResNet20On<Image<3, 32, 32>, Width, Classes, Neuron>;

/// ResNet-19: one stem convolution, stages of 3, 3 and 2 basic blocks. The paper's width is 128. The maps of a 32 x 32
/// input: stem 32 x 32, stages 32, 16 and 8.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn>
using ResNet19On = Network<Input, Named<"stem", Sequential<Convolution<Width, 3, 1>, Neuron>>,        //
                           Named<"body", Stages<StridedBlock, Width, Neuron, Convolution, 3, 3, 2>>,  //
                           GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-19 for CIFAR.
template <int Width, int Classes, class Neuron = StaaLif<>>
using ResNet19 = ResNet19On<Image<3, 32, 32>, Width, Classes, Neuron>;

/// The stem of the ImageNet networks: 7x7 convolution with stride 2, 3x3 average pool with stride 2.
template <int Width, class Neuron, template <int, int, int> class Convolution = ConvBn>
using ImageNetStem = Named<"stem", Sequential<Convolution<Width, 7, 2>, Neuron, AvgPool<3, 2, 1>>>;

/// ResNet-18: four stages of two basic blocks. The paper's width is 64. The maps of a 224 x 224 input: stem 56 x 56,
/// stages 56, 28, 14 and 7.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn>
using ResNet18On = Network<Input, ImageNetStem<Width, Neuron, Convolution>,                              //
                           Named<"body", Stages<StridedBlock, Width, Neuron, Convolution, 2, 2, 2, 2>>,  //
                           GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-18 for ImageNet.
template <int Width, int Classes, class Neuron = StaaLif<>>
using ResNet18 = ResNet18On<Image<3, 224, 224>, Width, Classes, Neuron>;

/// ResNet-34: stages of 3, 4, 6 and 3 basic blocks. Everything else is as in ResNet-18.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn>
using ResNet34On = Network<Input, ImageNetStem<Width, Neuron, Convolution>,                              //
                           Named<"body", Stages<StridedBlock, Width, Neuron, Convolution, 3, 4, 6, 3>>,  //
                           GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-34 for ImageNet.
template <int Width, int Classes, class Neuron = StaaLif<>>
using ResNet34 = ResNet34On<Image<3, 224, 224>, Width, Classes, Neuron>;

}  // namespace STAA_ABI
}  // namespace staa
