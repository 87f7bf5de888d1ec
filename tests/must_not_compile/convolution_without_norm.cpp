// expect: staa: a layer says that its role is convolution, but lacks infer(x, y, state, call, norm)
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

/// A convolution whose `infer` hides the one that takes a norm.
struct OwnConvolution {
    static constexpr Role role = Role::convolution;
    template <class In>
    struct at : Conv2d<4>::at<In> {
        using Base = typename Conv2d<4>::template at<In>;
        using Base::Base;
        void infer(const SignalOf<In>& x, Analog<float>& y, typename Base::State& state, const Call& call) const {
            Base::infer(x, y, state, call);
        }
    };
};

using Net = Network<Frames<3, 8, 8>, OwnConvolution, BatchNorm, Lif<>, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
