// expect: staa: a type in the list of a network is no layer, because it has no template <class In> at
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

using Net = Network<Frames<3, 8, 8>, Conv2d<4>::at<Frames<3, 8, 8>>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
