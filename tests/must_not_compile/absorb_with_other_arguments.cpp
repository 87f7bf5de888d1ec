// expect: staa: a layer has an absorb that can't be called as absorb(tape, call)
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

struct Averages {
    template <class In>
    struct at : BatchNorm::at<In> {
        using BatchNorm::at<In>::at;
        void absorb(const typename BatchNorm::at<In>::Tape&) {}
    };
};

using Net = Network<Frames<3, 8, 8>, Averages, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
