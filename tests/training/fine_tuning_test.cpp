// SPDX-License-Identifier: MIT
#include "staa/training/fine_tuning.hpp"

#include <algorithm>
#include <vector>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/sgd.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;

using Body = Named<"body", Sequential<Conv2d<4>, BatchNorm, Lif<>>>;
using Net = Network<Image<1, 4, 4>, Body, Conv2d<4>, BatchNorm, Lif<>, GlobalAvgPool, Named<"fc", Linear<2>>>;

template <class AnyTensor>
std::vector<float> copy_of(const AnyTensor& tensor) {
    return {tensor.data(), tensor.data() + tensor.size()};
}

void train_a_step(Net& net, Sgd<Net>& sgd) {
    Tensor<float, 4> images(4, 4, 4, 1);
    Random random(3);
    std::generate_n(images.data(), images.size(), [&] { return static_cast<float>(random.normal()); });
    Labels labels(4);
    labels.setValues({0, 1, 0, 1});
    Tape<Net> tape;
    net.backward(cross_entropy(net.forward(images, tape), labels).gradient, tape);
    sgd.step(net);
}

}  // namespace

TEST_CASE("frozen parameters keep their values, the others learn") {
    Net net{{.steps = 2, .seed = 1}};
    Sgd<Net> sgd{{.learning_rate = 0.1, .weight_decay = 0.1, .groups = {frozen(begins_with("body."))}}};
    const auto body = copy_of(net.layer<"body.0">().parameters.weight);
    const auto scale = copy_of(net.layer<"body.1">().parameters.weight);
    const auto head = copy_of(net.layer<"fc">().parameters.weight);
    train_a_step(net, sgd);
    CHECK(copy_of(net.layer<"body.0">().parameters.weight) == body);
    CHECK(copy_of(net.layer<"body.1">().parameters.weight) == scale);
    CHECK(copy_of(net.layer<"fc">().parameters.weight) != head);
}

TEST_CASE("batch norms are frozen by the beginning of their names: their running averages stay") {
    Net net{{.steps = 2, .seed = 1}};
    Sgd<Net> sgd{{.learning_rate = 0.1}};
    CHECK(freeze_batch_norms(net, "body.") == 1);
    train_a_step(net, sgd);
    CHECK(net.layer<"body.1">().statistics.batches == 0);
    CHECK(copy_of(net.layer<"body.1">().statistics.mean) == std::vector<float>(4, 0));
    CHECK(net.layer<"2">().statistics.batches == 1);
    CHECK(freeze_batch_norms(net) == 2);
    train_a_step(net, sgd);
    CHECK(net.layer<"2">().statistics.batches == 1);
    freeze_batch_norms(net, "2.", false);
    train_a_step(net, sgd);
    CHECK(net.layer<"2">().statistics.batches == 2);
    CHECK(net.layer<"body.1">().statistics.batches == 0);
}

TEST_CASE("a prefix that no batch norm has is an error") {
    Net net{{.steps = 2}};
    CHECK_THROWS_WITH(freeze_batch_norms(net, "bdy."),
                      "staa::freeze_batch_norms: the network has no batch norm whose name begins with \"bdy.\"");
}
