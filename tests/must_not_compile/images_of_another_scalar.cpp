// expect: staa::Network: a tensor has another scalar than the network; tensor.cast<float>() converts it
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<16>, BatchNorm, Lif<>, GlobalAvgPool, Linear<10>>;
auto logits = Net(NetworkOptions{}).infer(Tensor<double, 4>(1, 32, 32, 3));
