// expect: staa: two layers have the same name; give one of them another name
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Frames<3, 8, 8>, Named<"conv", Conv2d<4>>, Named<"conv", Conv2d<4>>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
