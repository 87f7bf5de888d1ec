// expect: staa: the name of a layer is longer than 96 characters
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net =
    Network<Frames<3, 8, 8>,
            Named<"0123456789_0123456789_0123456789_0123456789_0123456789_0123456789_0123456789_0123456789_0123456789",
                  Conv2d<4>>,
            GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
