// expect: staa: a description hides a chain or a Residual behind an at<In> of its own; write it as an alias
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

struct Hidden {
    template <class In>
    using at = typename Sequential<Conv2d<4>, BatchNorm>::template at<In>;
};

using Net = Network<Frames<3, 8, 8>, Hidden, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
