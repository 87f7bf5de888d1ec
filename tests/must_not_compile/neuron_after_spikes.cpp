// expect: staa::Lif: its input is spikes, but it needs a current
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<16>, BatchNorm, Lif<>, Lif<>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
