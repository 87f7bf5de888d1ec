// expect: staa::Network: its last layer must give one analog value per class
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<16>, BatchNorm, StaaLif<>>;
Net net(NetworkOptions{});
