// SPDX-License-Identifier: MIT
// Training keeps its memory: once the first two steps have found their blocks nothing is allocated, however long it runs.
#include "staa/layers/batch_norm.hpp"
#include "staa/layers/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/layers/staa_lif.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;

using Net = Network<Image<3, 9, 8>, Conv2d<16>, BatchNorm, Lif<>,
                    Residual<Conv2d<24, 3, 2>, BatchNorm, StaaLif<>, Conv2d<24>, BatchNorm,
                             Shortcut<AvgPool<2, 2, 0, Edge::average>, Conv2d<24, 1>, BatchNorm>>,
                    StaaLif<>, GlobalAvgPool, Linear<10>>;

}  // namespace

TEST_CASE("from the third training step on nothing is allocated in the tape's arena") {
    Net net(NetworkOptions{});
    Sgd<Net> sgd(SgdOptions{});
    Tape<Net> tape;
    Net::Images images(6, 9, 8, 3);
    Labels labels(6);
    labels.setZero();
    const auto step = [&] {
        images.setRandom();
        net.backward(cross_entropy(net.forward(images, tape), labels).gradient, tape);
        sgd.step(net);
        return tape.arena.bytes();
    };
    const std::size_t after_first = step(), after_second = step();
    CHECK(after_first > 0);
    CHECK(after_second < after_first + after_first / 50);
    for (int further = 0; further < 5; ++further) {
        CHECK(step() == after_second);
    }
}
