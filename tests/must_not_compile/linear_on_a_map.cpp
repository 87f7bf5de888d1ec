// expect: staa::Linear: its input is a map of several pixels; place GlobalAvgPool before it
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<16>, BatchNorm, StaaLif<>, AvgPool<2>, Linear<10>>;
Net net(NetworkOptions{});
