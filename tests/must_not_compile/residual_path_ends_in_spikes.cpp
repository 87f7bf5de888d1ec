// expect: staa::Residual: a path ends in spikes, but the sum needs currents
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<16>, BatchNorm, StaaLif<>, Residual<Conv2d<16>, BatchNorm, StaaLif<>>,
                    GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
