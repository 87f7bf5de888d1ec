// SPDX-License-Identifier: MIT
#include "staa/training/optimizer.hpp"

#include <limits>
#include <optional>
#include <string>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
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

TEST_CASE("a group with both scales 0 is frozen, and the first group that holds a parameter counts") {
    OneNumber net(NetworkOptions{});
    Sgd<OneNumber> sgd({.learning_rate = 0.5,
                        .weight_decay = 0.1,
                        .groups = {{.holds = begins_with("0.w"), .learning_rate_scale = 0, .weight_decay_scale = 0},
                                   {.holds = begins_with("0."), .learning_rate_scale = 2}}});
    weight(net) = 2;
    gradient(net) = 1;
    std::get<0>(net.gradients).bias(0) = 1;
    net.layer<"0">().parameters.bias(0) = 3;
    sgd.step(net);
    CHECK(weight(net) == 2);
    CHECK(net.layer<"0">().parameters.bias(0) == 3 - 0.5 * 2 * (1 + 0.1 * 3));
}

TEST_CASE("a frozen parameter gets no momentum, and its gradient does not count for the norm") {
    OneNumber net(NetworkOptions{});
    const std::vector<ParameterGroup> groups = {
        {.holds = is_product_weight, .learning_rate_scale = 0, .weight_decay_scale = 0}};
    Sgd<OneNumber> sgd({.groups = groups});
    gradient(net) = 4;
    std::get<0>(net.gradients).bias(0) = 3;
    CHECK(gradient_norm(net) == 5);
    CHECK(clip_gradients(net, 10, groups) == 3);
    sgd.step(net);
    CHECK(gradient(net) == 0);
    sgd.visit_state(net, [](const ParameterName& name, const auto& momentum) {
        CHECK(momentum.data()[0] == (name.text == "momentum.0.weight" ? 0 : 3));
    });
}

TEST_CASE("begins_with keeps the prefix that it gets") {
    const auto holds = begins_with(std::string("a.name.that.is.too.long.for.a.short.string.") + "weight");
    CHECK(holds({"a.name.that.is.too.long.for.a.short.string.weight", Layout::same, {}}));
    CHECK_FALSE(holds({"a.name.that.is.too.long.for.a.short.string.bias", Layout::same, {}}));
}

TEST_CASE("a gradient that is not finite is an error that names the parameter, and nothing has changed") {
    const double bad = GENERATE(std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity());
    OneNumber net(NetworkOptions{});
    Sgd<OneNumber> sgd({.learning_rate = 0.5});
    AdamW<OneNumber> adamw({});
    weight(net) = 2;
    gradient(net) = 1;
    std::get<0>(net.gradients).bias(0) = bad;
    CHECK_THROWS_WITH(sgd.step(net), contains_text("staa::Sgd: the gradient of 0.bias is"));
    CHECK_THROWS_WITH(adamw.step(net), contains_text("staa::AdamW: the gradient of 0.bias is"));
    CHECK(weight(net) == 2);
    CHECK(gradient(net) == 1);
    OneNumber other(NetworkOptions{});  // the optimiser does not belong to a network yet
    CHECK_NOTHROW(sgd.step(other));
}

TEST_CASE("gradients whose norm is not finite are an error in double, and nothing has changed") {
    OneNumber net(NetworkOptions{});
    weight(net) = 2;
    gradient(net) = 1e200;
    Lamb<OneNumber> lamb({});
    CHECK_THROWS_WITH(lamb.step(net), contains_text("staa::Lamb: the squares of the gradients are too large"));
    CHECK_THROWS_AS(clip_gradients(net, 1.0), Error);
    CHECK(weight(net) == 2);
    CHECK(gradient(net) == 1e200);
}

TEST_CASE("options of optimisers out of their range are errors, in the constructor and at a step") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(Sgd<OneNumber>({.learning_rate = nan}),
                      "staa::Sgd: the learning rate is nan; expected 0 or more, and finite");
    CHECK_THROWS_AS(Sgd<OneNumber>({.learning_rate = -1}), Error);
    CHECK_THROWS_WITH(Sgd<OneNumber>({.momentum = 1.5}),
                      "staa::Sgd: the momentum is 1.5; expected 0 or more, and less than 1");
    CHECK_THROWS_AS(AdamW<OneNumber>({.second_decay = 1}), Error);
    CHECK_THROWS_AS(Lamb<OneNumber>({.weight_decay = -0.1}), Error);
    CHECK_THROWS_WITH(AdamW<OneNumber>({.epsilon = 0}),
                      "staa::AdamW: epsilon is 0; expected more than 0 (in the network's precision), and less than 1");
    CHECK_THROWS_AS((Lamb<Network<Image<1, 1, 1, float>, Linear<1>>>({.epsilon = 1e-60})), Error);
    CHECK_THROWS_WITH(Sgd<OneNumber>({.groups = {{.holds = nullptr}}}),
                      "staa::Sgd: a group has no `holds`; expected a function such as staa::is_bias");
    CHECK_THROWS_AS(Sgd<OneNumber>({.groups = {{.holds = is_bias, .weight_decay_scale = nan}}}), Error);
    OneNumber net(NetworkOptions{});
    Sgd<OneNumber> sgd({});
    sgd.options.learning_rate = nan;
    CHECK_THROWS_AS(sgd.step(net), Error);
    for (const double factor : {nan, std::numeric_limits<double>::infinity()}) {
        CHECK_THROWS_AS(scale_gradients(net, factor), Error);
    }
    for (const double norm : {nan, 0.0, -1.0}) {
        CHECK_THROWS_AS(clip_gradients(net, norm), Error);
    }
}

TEST_CASE("an optimiser that was used for one network refuses another") {
    OneNumber first(NetworkOptions{}), second(NetworkOptions{});
    Sgd<OneNumber> sgd({});
    sgd.step(first);
    CHECK_THROWS_WITH(sgd.step(second), contains_text("this optimiser holds the state of another network"));

    using WithEncoding = Network<Image<2, 4, 4>, Conv2d<4>, BatchNorm, StaaLif<>, GlobalAvgPool, Linear<3>>;
    std::optional<WithEncoding> net(NetworkOptions{.steps = 8});
    AdamW<WithEncoding> adamw({});
    adamw.step(*net);
    net.emplace(NetworkOptions{.steps = 2});  // at the same address, with a smaller position encoding
    CHECK_THROWS_WITH(adamw.step(*net), contains_text("this optimiser holds the state of another network"));
}

TEST_CASE("the logits of every step have the mean that forward gives, and their gradients lead to the same weights") {
    using Net = Network<Image<3, 6, 6, double>, Conv2d<4>, BatchNorm, Lif<>, GlobalAvgPool, Linear<3>>;
    Net net(NetworkOptions{.steps = 3, .seed = 2}), other(NetworkOptions{.steps = 3, .seed = 2});
    Net::Images images(2, 6, 6, 3);
    Random random(1);
    for (Index i = 0; i < images.size(); ++i) {
        images.data()[i] = random.normal();
    }
    Tape<Net> tape, other_tape;
    const Net::Logits logits = net.forward(images, tape);
    const Net::StepLogits of_steps = other.forward_steps(images, other_tape);
    REQUIRE(of_steps.dimension(0) == 3);
    Net::Logits d_logits(2, 3);
    Net::StepLogits d_steps(3, 2, 3);
    for (Index n = 0; n < 2; ++n) {
        for (Index c = 0; c < 3; ++c) {
            CHECK_THAT((of_steps(0, n, c) + of_steps(1, n, c) + of_steps(2, n, c)) / 3, WithinAbs(logits(n, c), 1e-14));
            d_logits(n, c) = random.normal();
            for (Index t = 0; t < 3; ++t) {
                d_steps(t, n, c) = d_logits(n, c) / 3;
            }
        }
    }
    net.backward(d_logits, tape);
    other.backward(d_steps, other_tape);
    net.visit(
        [](const ParameterName& name, const auto&, const auto& a, const auto& b) {
            for (Index i = 0; i < a.size(); ++i) {
                INFO(name.text);
                CHECK(a.data()[i] == b.data()[i]);
            }
        },
        net.gradients, other.gradients);
    CHECK_THROWS_WITH(other.backward(Net::StepLogits(2, 2, 3), other_tape),
                      "staa::Network::backward: the gradient is [2, 2, 3], but the logits were [3, 2, 3]");
}

TEST_CASE("a network without neurons has the same logits at every step, and adds up their gradients") {
    using Net = Network<Image<2, 1, 1, double>, Linear<3>>;
    Net net(NetworkOptions{.steps = 4});
    Net::Images images(1, 1, 1, 2);
    images.setValues({{{{2, -1}}}});
    Tape<Net> tape;
    const Net::StepLogits logits = net.forward_steps(images, tape);
    REQUIRE(logits.dimensions() == Net::StepLogits::Dimensions(4, 1, 3));
    Net::StepLogits gradient(4, 1, 3);
    for (Index t = 0; t < 4; ++t) {
        for (Index c = 0; c < 3; ++c) {
            CHECK(logits(t, 0, c) == logits(0, 0, c));
            gradient(t, 0, c) = static_cast<double>(10 * t + c);
        }
    }
    net.backward(gradient, tape);
    for (Index c = 0; c < 3; ++c) {
        const double sum = 60 + 4 * static_cast<double>(c);
        CHECK(std::get<0>(net.gradients).weight(0, c) == 2 * sum);
        CHECK(std::get<0>(net.gradients).weight(1, c) == -sum);
        CHECK(std::get<0>(net.gradients).bias(c) == sum);
    }
}
