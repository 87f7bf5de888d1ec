// expect: staa::Residual: one path changes from step to step and the other does not
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Residual<Conv2d<3>, BatchNorm, Lif<>, Conv2d<3>, BatchNorm>, StaaLif<>,
                    GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
