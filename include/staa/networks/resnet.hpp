// SPDX-License-Identifier: MIT
// The residual networks of the paper. Each reads like its row in docs/model.md.
//
// `ResNet20<Width, Classes>` is for the paper's images, `ResNet20On<Input, Width, Classes>` for an input of any size: images
// shown at every step, or the frames of an event camera, Frames<2, 48, 48>. One template argument is the neuron, one more
// the convolution, for position encoding around it (encoded_convolution.hpp).
#pragma once

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/encoded_convolution.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How a basic block that halves the map shortens it on the shortcut.
template <int Channels>
using PooledShortcut = Shortcut<AvgPool<2, 2, 0, Edge::average>, ConvBn<Channels, 1>>;
template <int Channels>
using StridedShortcut = Shortcut<Named<"", ConvBn<Channels, 1, 2>>>;

/// Two 3x3 convolutions, a neuron after the first and one after the sum with the shortcut. Without layers in `Path` the
/// shortcut is the identity.
template <int Channels, class Neuron, template <int, int, int> class Convolution = ConvBn, int Stride = 1,
          class... Path>
using BasicBlock =
    Sequential<Named<"", Residual<Named<"conv1", Convolution<Channels, 3, Stride>>, Named<"lif1", Neuron>,
                                  Named<"conv2", Convolution<Channels, 3, 1>>, Path...>>,
               Named<"lif2", Neuron>>;

/// A block that halves the map and changes the channels, on the shortcut by pooling or by a strided convolution.
template <int Channels, class Neuron, template <int, int, int> class Convolution = ConvBn>
using PooledBlock = BasicBlock<Channels, Neuron, Convolution, 2, PooledShortcut<Channels>>;
template <int Channels, class Neuron, template <int, int, int> class Convolution = ConvBn>
using StridedBlock = BasicBlock<Channels, Neuron, Convolution, 2, StridedShortcut<Channels>>;

/// ResNet-20: three stem convolutions with plain LIF, a 2x2 average pool, four stages of two basic blocks. 12.7 M
/// parameters at width 64 and 100 classes. Sizes of the maps are those of a 32 x 32 input.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn, class StemNeuron = Lif<>>
using ResNet20On = Network<Input,
                           Named<"stem", Sequential<ConvBn<Width>, StemNeuron, ConvBn<Width>, StemNeuron,  // 32 x 32
                                                    ConvBn<Width>, StemNeuron, AvgPool<2>>>,               //
                           Named<"body", Sequential<BasicBlock<Width, Neuron, Convolution>,                // 16 x 16
                                                    BasicBlock<Width, Neuron, Convolution>,                //
                                                    PooledBlock<2 * Width, Neuron, Convolution>,           //  8 x  8
                                                    BasicBlock<2 * Width, Neuron, Convolution>,            //
                                                    PooledBlock<4 * Width, Neuron, Convolution>,           //  4 x  4
                                                    BasicBlock<4 * Width, Neuron, Convolution>,            //
                                                    PooledBlock<8 * Width, Neuron, Convolution>,           //  2 x  2
                                                    BasicBlock<8 * Width, Neuron, Convolution>>>,          //
                           GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-20 for CIFAR.
template <int Width, int Classes, class Neuron = StaaLif<>>
using ResNet20 = ResNet20On<Image<3, 32, 32>, Width, Classes, Neuron>;

/// ResNet-19: one stem convolution, stages of 3, 3 and 2 basic blocks. The paper's width is 128.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn>
using ResNet19On = Network<Input, Named<"stem", Sequential<Convolution<Width, 3, 1>, Neuron>>,     // 32 x 32
                           Named<"body", Sequential<BasicBlock<Width, Neuron, Convolution>,        //
                                                    BasicBlock<Width, Neuron, Convolution>,        //
                                                    BasicBlock<Width, Neuron, Convolution>,        //
                                                    StridedBlock<2 * Width, Neuron, Convolution>,  // 16 x 16
                                                    BasicBlock<2 * Width, Neuron, Convolution>,    //
                                                    BasicBlock<2 * Width, Neuron, Convolution>,    //
                                                    StridedBlock<4 * Width, Neuron, Convolution>,  //  8 x  8
                                                    BasicBlock<4 * Width, Neuron, Convolution>>>,  //
                           GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-19 for CIFAR.
template <int Width, int Classes, class Neuron = StaaLif<>>
using ResNet19 = ResNet19On<Image<3, 32, 32>, Width, Classes, Neuron>;

/// The stem of the ImageNet networks: 7x7 convolution with stride 2, 3x3 average pool with stride 2.
template <int Width, class Neuron, template <int, int, int> class Convolution = ConvBn>
using ImageNetStem = Named<"stem", Sequential<Convolution<Width, 7, 2>, Neuron, AvgPool<3, 2, 1>>>;

/// ResNet-18: stages of two basic blocks. The paper's width is 64. Sizes of the maps are those of a 224 x 224 input.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn>
using ResNet18On = Network<Input, ImageNetStem<Width, Neuron, Convolution>,
                           Named<"body", Sequential<BasicBlock<Width, Neuron, Convolution>,        // 56 x 56
                                                    BasicBlock<Width, Neuron, Convolution>,        //
                                                    StridedBlock<2 * Width, Neuron, Convolution>,  // 28 x 28
                                                    BasicBlock<2 * Width, Neuron, Convolution>,    //
                                                    StridedBlock<4 * Width, Neuron, Convolution>,  // 14 x 14
                                                    BasicBlock<4 * Width, Neuron, Convolution>,    //
                                                    StridedBlock<8 * Width, Neuron, Convolution>,  //  7 x  7
                                                    BasicBlock<8 * Width, Neuron, Convolution>>>,  //
                           GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-18 for ImageNet.
template <int Width, int Classes, class Neuron = StaaLif<>>
using ResNet18 = ResNet18On<Image<3, 224, 224>, Width, Classes, Neuron>;

/// ResNet-34: stages of 3, 4, 6 and 3 basic blocks.
template <class Input, int Width, int Classes, class Neuron = StaaLif<>,
          template <int, int, int> class Convolution = ConvBn>
using ResNet34On = Network<
    Input, ImageNetStem<Width, Neuron, Convolution>,
    Named<
        "body",
        Sequential<BasicBlock<Width, Neuron, Convolution>, BasicBlock<Width, Neuron, Convolution>,            // 56 x 56
                   BasicBlock<Width, Neuron, Convolution>,                                                    //
                   StridedBlock<2 * Width, Neuron, Convolution>, BasicBlock<2 * Width, Neuron, Convolution>,  // 28 x 28
                   BasicBlock<2 * Width, Neuron, Convolution>, BasicBlock<2 * Width, Neuron, Convolution>,    //
                   StridedBlock<4 * Width, Neuron, Convolution>, BasicBlock<4 * Width, Neuron, Convolution>,  // 14 x 14
                   BasicBlock<4 * Width, Neuron, Convolution>, BasicBlock<4 * Width, Neuron, Convolution>,    //
                   BasicBlock<4 * Width, Neuron, Convolution>, BasicBlock<4 * Width, Neuron, Convolution>,    //
                   StridedBlock<8 * Width, Neuron, Convolution>, BasicBlock<8 * Width, Neuron, Convolution>,  // 7 x 7
                   BasicBlock<8 * Width, Neuron, Convolution>>>,                                              //
    GlobalAvgPool, Named<"fc", Linear<Classes>>>;

/// ResNet-34 for ImageNet.
template <int Width, int Classes, class Neuron = StaaLif<>>
using ResNet34 = ResNet34On<Image<3, 224, 224>, Width, Classes, Neuron>;

}  // namespace STAA_ABI
}  // namespace staa
