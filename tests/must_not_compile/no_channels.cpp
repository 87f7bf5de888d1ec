// expect: staa::Conv2d: give it at least one output channel
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<0>, BatchNorm, StaaLif<>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
