// expect: staa::Conv2d: the kernel size must be odd
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<16, 4>, BatchNorm, StaaLif<>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
