// expect: staa::Network: a tensor is column major, as Eigen::Tensor is by default; use staa::Tensor, which is row major
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<16>, BatchNorm, Lif<>, GlobalAvgPool, Linear<10>>;
auto logits = Net(NetworkOptions{}).infer(Eigen::Tensor<float, 4>(1, 32, 32, 3));
