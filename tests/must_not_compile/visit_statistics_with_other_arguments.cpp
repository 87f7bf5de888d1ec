// expect: staa: a layer has a visit_statistics that can't be called as visit_statistics(self, prefix, visitor)
// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

using namespace staa;

struct Averages {
    template <class In>
    struct at : BatchNorm::at<In> {
        using BatchNorm::at<In>::at;
        template <class Visitor>
        void visit_statistics(Visitor&&) {}
    };
};

using Net = Network<Frames<3, 8, 8>, Averages, GlobalAvgPool, Linear<10>>;
Net net(NetworkOptions{});
