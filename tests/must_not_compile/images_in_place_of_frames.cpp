// expect: staa::Network: a tensor has the wrong number of dimensions; a network of Image takes images [N, H, W, C]
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Frames<3, 32, 32>, Conv2d<16>, BatchNorm, Lif<>, GlobalAvgPool, Linear<10>>;
Net::Tape tape;
auto logits = Net(NetworkOptions{}).forward(Tensor<float, 4>(1, 32, 32, 3), tape);
