// SPDX-License-Identifier: MIT
// Losses through a spiking network against PyTorch (make_training_cases.py), in double to 1e-9.
#include <memory>
#include <string>

#include "staa/training/gradients.hpp"
#include "staa/training/temporal_loss.hpp"
#include "training/training_cases.hpp"

namespace {

using namespace staa;
using namespace staa_tests;
using Net = TrainingNet;

std::unique_ptr<Net> network() {
    auto net = std::make_unique<Net>(NetworkOptions{.steps = 3});
    net->visit([](const ParameterName& name, auto& parameter) { read("network", name, parameter); });
    return net;
}

void check_gradients_of(const Net& net, const std::string& group) {
    net.visit(
        [&](const ParameterName& name, const auto&, const auto& gradient) {
            auto expected = gradient;
            read(group, name, expected);
            for (Index i = 0; i < gradient.size(); ++i) {
                INFO(group << ": " << name.text << " at " << i);
                CHECK_THAT(gradient.data()[i], WithinAbs(expected.data()[i], 1e-9));
            }
        },
        net.gradients);
}

}  // namespace

TEST_CASE("the logits of every step, TET of them and its gradients in all layers are PyTorch's") {
    const auto net = network();
    Tape<Net> tape;
    const Net::StepLogits logits = net->forward_steps(tensor_of<4>("network.images"), tape);
    const Net::StepLogits expected = tensor_of<3>("network.logits");
    REQUIRE(logits.dimensions() == expected.dimensions());
    for (Index i = 0; i < logits.size(); ++i) {
        CHECK_THAT(logits.data()[i], WithinAbs(expected.data()[i], 1e-9));
    }
    const auto [loss, gradient] = temporal_cross_entropy(logits, labels_of("network.labels"), {.regularisation = 0.05});
    CHECK_THAT(loss, WithinAbs(cases().values<double>("network.tet")[0], 1e-9));
    net->backward(gradient, tape);
    check_gradients_of(*net, "network.tet");
}

TEST_CASE("two batches of 8 that share a step have the gradients of PyTorch's accumulation") {
    const auto net = network();
    const Net::Images images = tensor_of<4>("network.images");
    const Labels labels = labels_of("network.labels");
    Tape<Net> tape;
    for (const Index first : {0, 8}) {
        const Net::Images part =
            images.slice(Eigen::array<Index, 4>{first, 0, 0, 0}, Eigen::array<Index, 4>{8, 4, 4, 2});
        const Labels part_labels = labels.slice(Eigen::array<Index, 1>{first}, Eigen::array<Index, 1>{8});
        net->backward(cross_entropy(net->forward(part, tape), part_labels).gradient, tape);
    }
    scale_gradients(*net, 0.5);
    check_gradients_of(*net, "network.two_batches");
}
