// SPDX-License-Identifier: MIT
#include "staa/training/trainer.hpp"

#include <staa/staa.hpp>

#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace staa;
using staa_tests::contains_text;

using Net = Network<Image<3, 32, 32>, Conv2d<4, 3, 4>, BatchNorm, Lif<>, GlobalAvgPool, Linear<10>>;

std::vector<float> values_of(const Net& net) {
    std::vector<float> values;
    net.visit([&](const ParameterName&, const auto& tensor) {
        values.insert(values.end(), tensor.data(), tensor.data() + tensor.size());
    });
    return values;
}

const SyntheticImages& images() {
    static const SyntheticImages drawn(80);
    return drawn;
}

}  // namespace

TEST_CASE("a trainer does what the loop of hello_staa does, to the bit") {
    Loader loader(images(), {.batch = 16, .workers = 0});
    const auto by_trainer = std::make_unique<Net>(NetworkOptions{.steps = 2, .seed = 3});
    Sgd<Net> sgd{{.learning_rate = 0.05, .momentum = 0.9}};
    Trainer trainer(*by_trainer, sgd, {.epochs = 2, .seed = 0});
    CHECK(trainer.run(loader, loader));

    const auto by_hand = std::make_unique<Net>(NetworkOptions{.steps = 2, .seed = 3});
    Sgd<Net> own{{.learning_rate = 0.05, .momentum = 0.9}};
    Tape<Net> tape;
    for (Index epoch = 1; epoch <= 2; ++epoch) {
        for (auto&& [batch, labels] : loader.epoch(epoch)) {
            by_hand->backward(cross_entropy(by_hand->forward(batch, tape), labels).gradient, tape);
            own.step(*by_hand);
        }
    }
    CHECK(values_of(*by_trainer) == values_of(*by_hand));
}

TEST_CASE("a trainer calls back after every step and every epoch, and counts them") {
    Loader loader(images(), {.batch = 32, .workers = 0});
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> sgd{{}};
    Trainer trainer(*net, sgd, {.epochs = 3});
    Index steps = 0, epochs = 0;
    trainer.on_step = [&](auto& now) { CHECK(now.progress().step == ++steps); };
    trainer.on_epoch = [&](auto& now) {
        CHECK(now.progress().epochs.back().epoch == ++epochs);
        CHECK(now.progress().epochs.back().trained.images == 80);
        CHECK(now.progress().epochs.back().tested.images == 80);
    };
    CHECK(trainer.run(loader, loader));
    CHECK(steps == 9);
    CHECK(epochs == 3);
}

TEST_CASE("the learning rate of every step is that of the schedule") {
    Loader loader(images(), {.batch = 40, .workers = 0});
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> sgd{{}};
    Trainer trainer(*net, sgd,
                    {.epochs = 2, .learning_rate = [](Index step) { return 0.1 / static_cast<double>(1 + step); }});
    std::vector<double> rates;
    trainer.on_step = [&](auto&) { rates.push_back(sgd.options.learning_rate); };
    trainer.run(loader, loader);
    CHECK(rates == std::vector<double>{0.1, 0.1 / 2, 0.1 / 3, 0.1 / 4});
    CHECK(trainer.progress().epochs[1].learning_rate == 0.1 / 3);
}

TEST_CASE("gradients of several batches are averaged for a step, also at the end of an epoch") {
    Loader loader(images(), {.batch = 32, .workers = 0});  // 32, 32 and 16 images
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 2});
    Sgd<Net> sgd{{.learning_rate = 0.05}};
    Trainer trainer(*net, sgd, {.batches_per_step = 2, .seed = 0});
    trainer.run(loader, loader);
    CHECK(trainer.progress().step == 2);

    const auto by_hand = std::make_unique<Net>(NetworkOptions{.steps = 2});
    Sgd<Net> own{{.learning_rate = 0.05}};
    Tape<Net> tape;
    Index number = 0;
    for (auto&& [batch, labels] : loader.epoch(1)) {
        Tensor<float, 2> gradient = cross_entropy(by_hand->forward(batch, tape), labels).gradient;
        if (++number < 3) {
            gradient = (gradient / 2.0f).eval();
        }
        by_hand->backward(gradient, tape);
        if (number != 1) {
            own.step(*by_hand);
        }
    }
    CHECK(values_of(*net) == values_of(*by_hand));
}

TEST_CASE("a trainer stops when it is asked to, and goes on when it runs again") {
    Loader loader(images(), {.batch = 16, .workers = 0});
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> sgd{{}};
    Trainer trainer(*net, sgd, {.epochs = 1});
    trainer.must_stop = [&] { return trainer.progress().step == 2; };
    CHECK_FALSE(trainer.run(loader, loader));
    CHECK(trainer.progress().batch == 2);
    CHECK(trainer.run(loader, loader));
    CHECK(trainer.progress().step == 5);
}

TEST_CASE("training ends when the test accuracy has not become better for a number of epochs") {
    Loader loader(images(), {.batch = 80, .workers = 0});
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> sgd{{.learning_rate = 1e-30}};  // so that the accuracy stays what it was after the first epoch
    Trainer trainer(*net, sgd, {.epochs = 100, .patience = 2});
    net->layer<"1">().is_frozen = true;
    CHECK(trainer.run(loader, loader));
    CHECK(trainer.progress().best_epoch == 1);
    CHECK(trainer.progress().epochs.size() == 3);
}

TEST_CASE("a loss that is not finite is an error that says where, and the weights stay as they were") {
    Loader loader(images(), {.batch = 16, .workers = 0});
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> sgd{{}};
    Trainer trainer(*net, sgd, {.epochs = 1});
    net->layer<"4">().parameters.bias(0) = std::numeric_limits<float>::infinity();
    net->layer<"4">().parameters.bias(1) = std::numeric_limits<float>::infinity();
    const std::vector<float> before = values_of(*net);
    CHECK_THROWS_WITH(trainer.run(loader, loader), contains_text("the loss is not finite in epoch 1, batch 1"));
    CHECK_THROWS_WITH(trainer.run(loader, loader), contains_text("; 4.bias of the network has a value that is not"));
    CHECK(values_of(*net) == before);
}

TEST_CASE("an output that becomes infinite is an error that names its layer, and the batch") {
    Loader loader(images(), {.batch = 16, .workers = 0});
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> sgd{{}};
    Trainer trainer(*net, sgd, {.epochs = 1});
    net->layer<"0">().parameters.weight.setConstant(3e38f);
    const std::vector<float> before = values_of(*net);
    CHECK_THROWS_WITH(trainer.run(loader, loader),
                      contains_text("staa::Trainer: epoch 1, batch 1 (step 1 of the run): staa::Network::backward: ") &&
                          contains_text("in the output of layer 0 (convolution) at step 1 of 1, image 0"));
    CHECK(values_of(*net) == before);
}

TEST_CASE("a trainer clips gradients, and tests the average of the weights") {
    Loader loader(images(), {.batch = 16, .workers = 0});
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> sgd{{.learning_rate = 1, .momentum = 0}};
    Trainer trainer(*net, sgd, {.largest_gradient_norm = 0.01, .average_decay = 0.5});
    std::vector<float> last = values_of(*net), average = last;
    trainer.on_step = [&](auto&) {
        const std::vector<float> now = values_of(*net);
        double length = 0;
        for (std::size_t i = 0; i < now.size(); ++i) {
            length += std::pow(static_cast<double>(now[i] - last[i]), 2);
            average[i] = 0.5f * average[i] + 0.5f * now[i];
        }
        CHECK_THAT(std::sqrt(length), staa_tests::WithinAbs(0.01, 1e-4));
        last = now;
    };
    trainer.run(loader, loader);
    CHECK(values_of(trainer.tested_net()) == average);
    CHECK(average != last);
}

TEST_CASE("a running average or a gradient that is not finite is an error that names it and its place") {
    Loader loader(images(), {.batch = 40, .workers = 0});
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> sgd{{}};
    Trainer trainer(*net, sgd, {.epochs = 1});
    trainer.on_step = [&](auto& now) {
        if (now.progress().batch == 2) {
            net->visit_statistics([](const ParameterName&, auto& statistic) {
                if constexpr (requires { statistic.data(); }) {
                    statistic.data()[2] = std::numeric_limits<float>::quiet_NaN();
                }
            });
        }
    };
    CHECK_THROWS_WITH(trainer.run(loader, loader),
                      "staa::Trainer: 1.running_mean is not finite after epoch 1: training "
                      "has diverged; try a smaller learning rate, and look for values in "
                      "the images that are not finite");
    CHECK(trainer.progress().epochs.empty());

    const auto other = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> its_sgd{{}};
    Trainer its_trainer(*other, its_sgd, {.epochs = 1});
    its_trainer.on_step = [&](auto&) {
        other->visit([](const ParameterName&, const auto&, auto& gradient) { gradient.data()[0] = std::nanf(""); },
                     other->gradients);
    };
    CHECK_THROWS_WITH(
        its_trainer.run(loader, loader),
        contains_text("staa::Trainer: epoch 1, batch 2 (step 2 of the run): staa::Network::backward: the gradient "
                      "of 4.bias is"));
}

TEST_CASE("options of a trainer out of their range are errors") {
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Sgd<Net> sgd{{}};
    CHECK_THROWS_AS((Trainer<Net, Sgd<Net>>(*net, sgd, {.epochs = 0})), Error);
    CHECK_THROWS_AS((Trainer<Net, Sgd<Net>>(*net, sgd, {.batches_per_step = 0})), Error);
    CHECK_THROWS_AS((Trainer<Net, Sgd<Net>>(*net, sgd, {.patience = -1})), Error);
}

TEST_CASE("evaluation with mirrored images averages the logits of both views") {
    Loader loader(images(), {.batch = 16, .shuffle = false, .augmentation = Augmentation::none(), .workers = 0});
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 2, .seed = 4});
    Scores expected;
    for (auto&& [batch, labels] : loader.epoch(0)) {
        const Net::Images mirror = batch.reverse(Eigen::array<bool, 4>{false, false, true, false});
        const Net::Logits logits = (net->infer(batch) + net->infer(mirror)) * 0.5f;
        expected.add(cross_entropy(logits, labels).value, logits, labels);
    }
    const Scores scores = evaluate(*net, loader, {.mirror = true});
    CHECK(scores.correct == expected.correct);
    CHECK(scores.loss_sum == expected.loss_sum);
    CHECK(scores.loss() != evaluate(*net, loader).loss());
}
