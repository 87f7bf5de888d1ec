// SPDX-License-Identifier: MIT
// A value that is not finite is an Error before the network takes it in.
#include "staa/networks/finite_pass.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "staa/analysis/first_fault.hpp"
#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"
#include "support/catch.hpp"
#include "support/network_values.hpp"

namespace {

using namespace staa;
using staa_tests::contains_text;
using staa_tests::values_of;

using Net = Network<Image<1, 4, 4>, Conv2d<4>, BatchNorm, Lif<>, GlobalAvgPool, Linear<2>>;
using Deep = Network<Image<1, 4, 4>, Conv2d<4>, BatchNorm, Lif<>, Residual<Conv2d<4>, BatchNorm>, Lif<>,
                     Residual<Conv2d<8, 3, 2>, BatchNorm, Shortcut<Conv2d<8, 1, 2>, BatchNorm>>, Lif<>, GlobalAvgPool,
                     Linear<2>>;

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN(),
                infinity = std::numeric_limits<float>::infinity();

Tensor<float, 4> images_with(float value) {
    Tensor<float, 4> images(8, 4, 4, 1);
    Random random(5);
    for (Index i = 0; i < images.size(); ++i) {
        images.data()[i] = static_cast<float>(random.uniform());
    }
    images(7, 2, 1, 0) = value;
    return images;
}

Labels labels_of_eight() {
    Labels labels(8);
    for (Index i = 0; i < 8; ++i) {
        labels(i) = static_cast<int>(i % 2);
    }
    return labels;
}

template <class AnyNet>
bool gradients_are_zero(const AnyNet& net) {
    bool zero = true;
    net.visit(
        [&](const ParameterName&, const auto&, const auto& gradient) {
            for (Index i = 0; i < gradient.size(); ++i) {
                zero = zero && gradient.data()[i] == 0;
            }
        },
        net.gradients);
    return zero;
}

}  // namespace

TEST_CASE("an image that is not finite is an Error that says where, in training and in evaluation") {
    const Net net(NetworkOptions{.steps = 2, .seed = 1});
    for (const float value : {not_a_number, infinity, -infinity}) {
        Tape<Net> tape;
        State<Net> state = net.start();
        const auto text = contains_text("at [7, 2, 1, 0]; expected finite numbers");
        CHECK_THROWS_WITH(net.forward(images_with(value), tape), text);
        CHECK_THROWS_WITH(net.infer(images_with(value), state), text);
        CHECK_THROWS_WITH(net.step(images_with(value), state), text);
    }
}

TEST_CASE("a stream goes on after a frame that is not finite, as if it had not been there") {
    const Net net(NetworkOptions{.steps = 2, .seed = 1});
    State<Net> state = net.start(), other = net.start();
    net.step(images_with(0.5f), state);
    net.step(images_with(0.5f), other);
    CHECK_THROWS_AS(net.step(images_with(not_a_number), state), Error);
    const Tensor<float, 2> logits = net.step(images_with(1), state), expected = net.step(images_with(1), other);
    CHECK(state.steps() == 2);
    for (Index i = 0; i < logits.size(); ++i) {
        CHECK(logits.data()[i] == expected.data()[i]);
    }
}

TEST_CASE("a running average that would become infinite is an Error that names it, and nothing has changed") {
    for (const bool fuse : {true, false}) {
        for (const float value : {1e20f, 1e30f, -1e30f}) {
            Net net(NetworkOptions{.steps = 2, .seed = 1, .fuse = fuse});
            Sgd<Net> sgd{{}};
            Tape<Net> tape;
            const auto before = values_of(net);
            const auto gradient = cross_entropy(net.forward(images_with(value), tape), labels_of_eight()).gradient;
            CHECK_THROWS_WITH(net.backward(gradient, tape),
                              contains_text("staa::Network::backward: 1.running_var would become inf"));
            CHECK(values_of(net) == before);
            CHECK(gradients_are_zero(net));
            sgd.step(net);
            CHECK(values_of(net) == before);
        }
    }
}

TEST_CASE("a training goes on after an Error of backward with the same bits as without the bad batch") {
    const auto train = [](bool with_bad_batch) {
        Net net(NetworkOptions{.steps = 2, .seed = 1});
        Sgd<Net> sgd{{}};
        Tape<Net> tape;
        for (int i = 0; i < 3; ++i) {
            if (with_bad_batch) {
                const auto bad = cross_entropy(net.forward(images_with(1e25f), tape), labels_of_eight()).gradient;
                CHECK_THROWS_AS(net.backward(bad, tape), Error);
            }
            const auto images = images_with(static_cast<float>(i));
            net.backward(cross_entropy(net.forward(images, tape), labels_of_eight()).gradient, tape);
            sgd.step(net);
        }
        return values_of(net);
    };
    CHECK(train(true) == train(false));
}

TEST_CASE("a gradient of the logits that is not finite is an Error before anything is computed") {
    Net net(NetworkOptions{.steps = 2, .seed = 1});
    Tape<Net> tape;
    auto gradient = cross_entropy(net.forward(images_with(1), tape), labels_of_eight()).gradient;
    gradient(3, 1) = not_a_number;
    const auto before = values_of(net);
    CHECK_THROWS_WITH(net.backward(gradient, tape),
                      contains_text("staa::Network::backward: the gradient of the logits has the value nan at [3, 1]"));
    CHECK(values_of(net) == before);
    CHECK(gradients_are_zero(net));
    gradient(3, 1) = 0;
    net.backward(gradient, tape);
    CHECK(!gradients_are_zero(net));
}

TEST_CASE("of gradients that are too large the one nearest to the logits is named, and averages are not updated") {
    Net net(NetworkOptions{.steps = 2, .seed = 1, .neuron = {.surrogate_width = 4}});
    Tape<Net> tape;
    net.layer<"4">().parameters.weight.setConstant(3e30f);
    const auto before = values_of(net);
    auto gradient = cross_entropy(net.forward(images_with(1), tape), labels_of_eight()).gradient;
    gradient.setConstant(1e30f);
    CHECK_THROWS_WITH(net.backward(gradient, tape), contains_text("the gradient of 1.bias is"));
    CHECK(values_of(net) == before);
    CHECK(gradients_are_zero(net));
}

TEST_CASE("the first fault names a parameter that is not finite, or the layer, step and image") {
    Deep net(NetworkOptions{.steps = 3, .seed = 1});
    CHECK(first_fault(net, images_with(1)).empty());
    net.layer<"0">().parameters.weight.setConstant(2);
    CHECK(first_fault(net, images_with(3e38f)) ==
          "the first value that is not finite is inf, in the output of layer 0 (convolution) at step 1 of 1, image 7, "
          "row 1, column 0, channel 0");
    net.layer<"0">().parameters.weight.setConstant(0.1f);
    net.layer<"3.0">().parameters.weight.setConstant(3e38f);
    CHECK_THAT(first_fault(net, images_with(1)), contains_text("in the output of layer 3.0 (convolution) at step"));
    net.layer<"3.0">().parameters.weight.setConstant(0);
    net.layer<"5.shortcut.1">().parameters.bias.setConstant(3e38f);
    net.layer<"5.1">().parameters.bias.setConstant(3e38f);
    CHECK_THAT(first_fault(net, images_with(1)),
               contains_text("in the sum of the residual block that ends with layer 5.shortcut.1 (norm) at step 1 of"));
    net.layer<"1">().parameters.weight(2) = not_a_number;
    CHECK(first_fault(net, images_with(1)) == "1.weight of the network has a value that is not finite");
}

TEST_CASE("batch norm of equal values is the bias, to the bit, however large they are") {
    using Norm = Network<Image<1, 16, 16>, Conv2d<1, 1>, BatchNorm, GlobalAvgPool>;
    Norm net(NetworkOptions{.steps = 1, .seed = 1});
    net.layer<"0">().parameters.weight.setConstant(1);
    net.layer<"1">().parameters.bias.setConstant(0.25f);
    for (const float value : {0.1f, 10.1f, 1e4f, 1e18f, 2e19f, -3e37f}) {
        Tape<Norm> tape;
        Tensor<float, 4> images(3, 16, 16, 1);  // three parts of a sum
        images.setConstant(value);
        const auto logits = net.forward(images, tape);
        CHECK(logits(0, 0) == 0.25f);
        CHECK(logits(2, 0) == 0.25f);
    }
}
