// SPDX-License-Identifier: MIT
#include "staa/training/weight_average.hpp"

#include <limits>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/training/lookahead.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

/// Its position encoding has values per step.
using Net = Network<Image<2, 4, 4>, Conv2d<4>, BatchNorm, StaaLif<>, GlobalAvgPool, Linear<3>>;

}  // namespace

TEST_CASE("an average refuses a network for another number of steps, and nothing has changed") {
    const Net net(NetworkOptions{.steps = 8}), other(NetworkOptions{.steps = 2, .seed = 1});
    WeightAverage<Net> average(net, {.decay = 0.5});
    CHECK_THROWS_WITH(
        average.update(other),
        "staa::WeightAverage: the network was built for 2 steps, and the average for 8; expected networks "
        "with tensors of the same sizes");
    const auto& before = net.layer<"0">().parameters.weight;
    const auto& after = average.network().layer<"0">().parameters.weight;
    CHECK(std::equal(before.data(), before.data() + before.size(), after.data()));
}

TEST_CASE("with warm-up the first step keeps a tenth of the start, without it the decay") {
    Net net(NetworkOptions{});
    auto& bias = net.layer<"4">().parameters.bias;
    bias.setConstant(1);
    WeightAverage<Net> warm(net, {.decay = 0.75, .warm_up = true}), plain(net, {.decay = 0.75});
    bias.setConstant(3);
    warm.update(net);
    plain.update(net);
    CHECK_THAT(warm.network().layer<"4">().parameters.bias(0), WithinAbs(0.1 * 1 + 0.9 * 3, 1e-6));
    CHECK_THAT(plain.network().layer<"4">().parameters.bias(0), WithinAbs(0.75 * 1 + 0.25 * 3, 1e-6));
}

TEST_CASE("options of averages out of their range are errors, in the constructor and at a step") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    Net net(NetworkOptions{});
    CHECK_THROWS_WITH((WeightAverage<Net>(net, {.decay = nan})),
                      "staa::WeightAverage: the decay is nan; expected 0 or more, and less than 1");
    WeightAverage<Net> average(net, {});
    average.options.decay = 1;
    CHECK_THROWS_AS(average.update(net), Error);
    CHECK_THROWS_WITH(Lookahead<Net>(net, 0),
                      "staa::Lookahead: an interval of 0 steps and a rate of 0.5; expected at "
                      "least 1, and a number above 0 and at most 1");
    CHECK_THROWS_AS(Lookahead<Net>(net, 5, nan), Error);
}
