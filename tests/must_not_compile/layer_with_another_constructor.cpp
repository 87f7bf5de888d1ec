// expect: staa: a layer can't be built; give it a constructor at(const Setup&, Random&)
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

struct Norm {
    template <class In>
    struct at : BatchNorm::at<In> {
        explicit at(double momentum);
    };
};

using Net = Network<Frames<3, 8, 8>, Norm, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
