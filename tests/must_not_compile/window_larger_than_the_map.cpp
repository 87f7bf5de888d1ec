// expect: staa::AvgPool: the map is smaller than the window
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 8, 8>, Conv2d<16>, BatchNorm, StaaLif<>, AvgPool<9>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
