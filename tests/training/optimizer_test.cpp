// SPDX-License-Identifier: MIT
#include "staa/training/optimizer.hpp"

#include "staa/layers/linear.hpp"
#include "staa/networks/network.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

using OneNumber = Network<Image<1, 1, 1, double>, Linear<1>>;

double& weight(OneNumber& net) { return net.layer<"0">().parameters.weight(0, 0); }
double& gradient(OneNumber& net) { return std::get<0>(net.gradients).weight(0, 0); }

}  // namespace

TEST_CASE("Sgd: two steps with momentum and weight decay, computed by hand, and each sets the gradients to 0") {
    OneNumber net(NetworkOptions{});
    Sgd<OneNumber> sgd(SgdOptions{.learning_rate = 0.5, .momentum = 0.5, .weight_decay = 0.25});
    weight(net) = 2;
    gradient(net) = 1;
    sgd.step(net);
    CHECK(weight(net) == 2 - 0.5 * (1 + 0.25 * 2));  // v = 1.5
    CHECK(gradient(net) == 0);
    gradient(net) = 1;
    sgd.step(net);
    CHECK(weight(net) == 1.25 - 0.5 * (0.5 * 1.5 + 1 + 0.25 * 1.25));
    CHECK(gradient(net) == 0);
}

TEST_CASE("Sgd: the learning rate may change between steps, and does not change the momentum") {
    OneNumber net(NetworkOptions{});
    Sgd<OneNumber> sgd(SgdOptions{.learning_rate = 0.5, .momentum = 0.5});
    weight(net) = 2;
    gradient(net) = 1;
    sgd.step(net);
    sgd.options.learning_rate = 0.25;
    sgd.step(net);
    CHECK(weight(net) == 2 - 0.5 - 0.25 * 0.5);
}

TEST_CASE("Sgd: without gradient, momentum and weight decay no parameter changes") {
    OneNumber net(NetworkOptions{});
    const double before = weight(net);
    Sgd<OneNumber>(SgdOptions{}).step(net);
    CHECK(weight(net) == before);
}
