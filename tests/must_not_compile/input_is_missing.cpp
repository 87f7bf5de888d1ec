// expect: staa::Network: its first argument is the input
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Conv2d<16>, BatchNorm, StaaLif<>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
