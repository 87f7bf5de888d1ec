// expect: staa: a layer says that its role is neurons, but its forward, infer or backward does not take
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

/// A monitor whose `infer` hides the one that takes Currents.
struct Monitored {
    static constexpr Role role = Role::neurons;
    template <class In>
    struct at : Lif<>::at<In> {
        using Neurons = typename Lif<>::template at<In>;
        using Neurons::Neurons;
        void infer(const Analog<float>& x, Spikes& y, typename Neurons::State& state, const Call& call) const {
            Neurons::infer(x, y, state, call);
        }
    };
};

using Net = Network<Image<3, 8, 8>, Conv2d<4>, BatchNorm, Monitored, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
