// expect: staa::Residual: a Shortcut stands before other layers; place it at the end of the list
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net =
    Network<Image<3, 8, 8>, Conv2d<8>, BatchNorm, Lif<>,
            Residual<Conv2d<8>, Shortcut<Conv2d<8, 1>, BatchNorm>, BatchNorm>, Lif<>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
