// SPDX-License-Identifier: MIT
// This room is compiled with -ffast-math, where compilers take std::isnan for false and std::isfinite for true. The checks
// of the library hold all the same.
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "staa/data/augmentation.hpp"
#include "staa/data/event_augmentation.hpp"
#include "staa/data/mixing.hpp"
#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/dropout.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/training/lookahead.hpp"
#include "staa/training/optimizer.hpp"
#include "staa/training/schedule.hpp"
#include "staa/training/temporal_loss.hpp"
#include "staa/training/trainer.hpp"
#include "support/catch.hpp"

#if !defined(__FAST_MATH__)
#error "this test needs -ffast-math"
#endif

namespace {

using namespace staa;
using staa_tests::contains_text;

using Net = Network<Image<1, 4, 4>, Conv2d<4>, BatchNorm, Lif<>, Dropout, GlobalAvgPool, Linear<2>>;

/// Not the constants of std::numeric_limits: the compiler may believe that they don't occur.
const double nan_bits = std::bit_cast<double>(std::uint64_t{0x7FF8000000000000});
const double infinite_bits = std::bit_cast<double>(std::uint64_t{0x7FF0000000000000});
const std::vector<double> not_finite{nan_bits, infinite_bits};

Labels two_labels() {
    Labels labels(2);
    labels.setValues({0, 1});
    return labels;
}

Tensor<float, 4> images_with(float value) {
    Tensor<float, 4> images(2, 4, 4, 1);
    images.setConstant(0.5f);
    images(1, 2, 3, 0) = value;
    return images;
}

}  // namespace

TEST_CASE("with -ffast-math a NaN logit is never right, and makes the loss not finite") {
    Tensor<float, 2> logits(2, 3);
    logits.setZero();
    logits(0, 0) = logits(1, 2) = static_cast<float>(nan_bits);
    CHECK(count_correct(logits, two_labels()) == 0);
    CHECK_FALSE(cross_entropy(logits, two_labels()).is_finite());
    logits(0, 0) = logits(1, 2) = static_cast<float>(infinite_bits);
    CHECK_FALSE(cross_entropy(logits, two_labels()).is_finite());
}

TEST_CASE("with -ffast-math images and gradients that are not finite are Errors") {
    Net net(NetworkOptions{.steps = 2});
    Tape<Net> tape;
    for (const double bad : not_finite) {
        CHECK_THROWS_WITH(net.forward(images_with(static_cast<float>(bad)), tape), contains_text("at [1, 2, 3, 0]"));
        Tensor<float, 2> gradient = net.forward(images_with(1), tape);
        gradient(1, 1) = static_cast<float>(bad);
        CHECK_THROWS_WITH(net.backward(gradient, tape), contains_text("at [1, 1]"));
        std::get<0>(std::get<0>(net.gradients)).weight.data()[3] = static_cast<float>(bad);
        Sgd<Net> sgd{{}};
        CHECK_THROWS_WITH(sgd.step(net), contains_text("the gradient of 0.weight"));
        CHECK_THROWS_AS(clip_gradients(net, 1), Error);
        net.zero_gradients();
    }
    const auto gradient = cross_entropy(net.forward(images_with(1e25f), tape), two_labels()).gradient;
    CHECK_THROWS_WITH(net.backward(gradient, tape), contains_text("1.running_var would become"));
}

TEST_CASE("with -ffast-math options that are not finite are Errors") {
    Net net(NetworkOptions{});
    Sgd<Net> sgd{{}};
    Random random(1);
    for (const double bad : not_finite) {
        CHECK_THROWS_AS(Sgd<Net>({.learning_rate = bad}), Error);
        CHECK_THROWS_AS(Sgd<Net>({.momentum = bad}), Error);
        CHECK_THROWS_AS(Sgd<Net>({.weight_decay = bad}), Error);
        CHECK_THROWS_AS(AdamW<Net>({.epsilon = bad}), Error);
        CHECK_THROWS_AS(Lamb<Net>({.largest_gradient_norm = bad}), Error);
        CHECK_THROWS_AS(CosineSchedule({.learning_rate = bad}), Error);
        CHECK_THROWS_AS(LinearSchedule({.final_learning_rate = bad}), Error);
        CHECK_THROWS_AS(StepSchedule({.factor = bad}), Error);
        CHECK_THROWS_AS(OneCycleSchedule({.rising_share = bad}), Error);
        CHECK_THROWS_AS(OneCycleSchedule({.final_divisor = bad}), Error);
        CHECK_THROWS_AS(WeightAverage<Net>(net, {.decay = bad}), Error);
        CHECK_THROWS_AS(Lookahead<Net>(net, 5, bad), Error);
        CHECK_THROWS_AS((Trainer<Net, Sgd<Net>>(net, sgd, {.label_smoothing = bad})), Error);
        CHECK_THROWS_AS((Trainer<Net, Sgd<Net>>(net, sgd, {.average_decay = bad})), Error);
        CHECK_THROWS_AS(Net(NetworkOptions{.neuron = {.threshold = bad}}), Error);
        CHECK_THROWS_AS(Net(NetworkOptions{.neuron = {.surrogate_width = bad}}), Error);
        CHECK_THROWS_AS(Net(NetworkOptions{.neuron = {.step_dropout = bad}}), Error);
        CHECK_THROWS_AS(check(EventAugmentation{.turn = bad}), Error);
        CHECK_THROWS_AS(check(EventAugmentation{.drop = bad}), Error);
        CHECK_THROWS_AS(check(Normalisation{.mean = {bad, 0, 0}}), Error);
        CHECK_THROWS_AS(check(Normalisation{.deviation = {1, 1, bad}}), Error);
        CHECK_THROWS_AS(scale_gradients(net, bad), Error);
        CHECK_THROWS_AS(
            temporal_cross_entropy(Tensor<float, 3>(net.forward_steps(images_with(1), *std::make_unique<Tape<Net>>())),
                                   two_labels(), {.target = bad}),
            Error);
        auto images = images_with(1);
        CHECK_THROWS_AS(mixup(images, two_labels(), 2, bad, random), Error);
        net.layer<"3">().probability = bad;
        Tape<Net> tape;
        CHECK_THROWS_AS(net.forward(images, tape), Error);
        net.layer<"3">().probability = 0.5;
    }
}
