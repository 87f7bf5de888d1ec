// expect: staa: a layer says that its role is channel_norm, but lacks one of
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

/// A norm whose `affine` hides the one of BatchNorm.
struct OwnNorm {
    static constexpr Role role = Role::channel_norm;
    template <class In>
    struct at : BatchNorm::at<In> {
        using BatchNorm::at<In>::at;
        void affine() const {}
    };
};

using Net = Network<Frames<3, 8, 8>, Conv2d<4>, OwnNorm, Lif<>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
