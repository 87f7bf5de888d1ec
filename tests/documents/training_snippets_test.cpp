// SPDX-License-Identifier: MIT
// The blocks of C++ in docs/training.md that are no part of an example. quotes_test.cpp compares them.
#include <staa/staa.hpp>

#include "support/catch.hpp"

namespace {

using namespace staa;

using Net = Network<Image<3, 32, 32>, Conv2d<4, 3, 4>, BatchNorm, Lif<>, GlobalAvgPool, Linear<10>>;

}  // namespace

TEST_CASE("docs/training.md: AdamW and Lamb, schedules, two batches per step, slow weights, the start by He et al.") {
    const SyntheticImages data(20, 1, Split::test);
    Loader batches{data, {.batch = 10, .augmentation = Augmentation::none()}};
    // [start]
    Net net{{.steps = 2, .initialisation = staa::Initialisation::he_fan_out}};
    // [/start]
    // [optimisers]
    staa::AdamW<Net> adamw{{.learning_rate = 1e-3, .weight_decay = 0.05, .groups = staa::decay_of_product_weights()}};
    staa::Lamb<Net> lamb{{.learning_rate = 5e-3, .weight_decay = 0.02}};
    // [/optimisers]
    // [schedules]
    staa::CosineSchedule cosine{{.learning_rate = 0.1, .steps = 3900, .warmup_steps = 100}};
    staa::LinearSchedule linear{{.learning_rate = 0.1, .final_learning_rate = 1e-3, .steps = 3900}};
    staa::StepSchedule falls{{.learning_rate = 0.1, .factor = 0.1, .milestones = {2000, 3000}, .warmup_steps = 100}};
    staa::OneCycleSchedule cycle{{.learning_rate = 0.1, .steps = 3900}};
    adamw.options.learning_rate = cosine(0);  // the rate of the first step
    // [/schedules]
    CHECK(adamw.options.learning_rate == 0.1 / 100);
    CHECK((linear(0) == 0.1 && falls(100) == 0.1 && cycle(0) < 0.1));
    Tape<Net> tape;
    // [lookahead]
    staa::Lookahead<Net> lookahead{net, 5, 0.5};
    // [/lookahead]
    // [two batches]
    for (auto&& [images, labels] : batches.epoch(1)) {  // two batches of equal size
        net.backward(staa::cross_entropy(net.forward(images, tape), labels, 0.1).gradient, tape);
    }
    staa::scale_gradients(net, 0.5);
    adamw.step(net);
    lookahead.update(net);  // after each step
    // [/two batches]
    CHECK_NOTHROW(lamb.step(net));
}

TEST_CASE("docs/training.md: groups of parameters, the loss of every step, clipping, an average, an evaluation") {
    const SyntheticImages data(20, 1, Split::test);
    Loader test_batches{data, {.batch = 20, .augmentation = Augmentation::none()}};
    Net net{{.steps = 2, .seed = 1}};
    // [groups]
    staa::Sgd<Net> sgd{
        {.learning_rate = 0.1,
         .weight_decay = 5e-4,
         .groups = {{.holds = staa::begins_with("0."), .learning_rate_scale = 0, .weight_decay_scale = 0},
                    {.holds = staa::is_bias, .learning_rate_scale = 2, .weight_decay_scale = 0}}}};
    // [/groups]
    WeightAverage<Net> average{net, {.decay = 0.999}};
    Tape<Net> tape;
    for (auto&& [images, labels] : test_batches.epoch(0)) {
        // [steps]
        auto of_steps = net.forward_steps(images, tape);  // [T, N, classes]
        auto [loss, gradient] = staa::temporal_cross_entropy(of_steps, labels);
        net.backward(gradient, tape);
        // [/steps]
        CHECK(loss > 0);
    }
    const Tensor<float, 4> frozen = net.layer<"0">().parameters.weight;
    // [around]
    staa::clip_gradients(net, 1.0);  // before the step: the norm of all gradients is at most 1
    sgd.step(net);
    average.update(net);  // after it: staa::WeightAverage<Net> average{net, {.decay = 0.999}};
    staa::Scores scores = staa::evaluate(average.network(), test_batches, {.mirror = true});
    // [/around]
    CHECK(scores.images == 20);
    for (Index i = 0; i < frozen.size(); ++i) {
        CHECK(net.layer<"0">().parameters.weight.data()[i] == frozen.data()[i]);
    }
}
