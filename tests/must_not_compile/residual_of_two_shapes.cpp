// expect: staa::Residual: the body's output has another shape than the shortcut's
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<16>, BatchNorm, StaaLif<>, Residual<Conv2d<32, 3, 2>, BatchNorm>,
                    StaaLif<>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
