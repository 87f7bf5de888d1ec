// SPDX-License-Identifier: MIT
// Optimisers, averages, schedules and losses against PyTorch and timm (make_training_cases.py), in double to 1e-9.
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "staa/training/lookahead.hpp"
#include "staa/training/optimizer.hpp"
#include "staa/training/schedule.hpp"
#include "staa/training/temporal_loss.hpp"
#include "staa/training/weight_average.hpp"
#include "training/training_cases.hpp"

namespace {

using namespace staa;
using namespace staa_tests;
using Net = TrainingNet;

constexpr int steps = 10;
constexpr double rates[steps] = {1.0, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.2, 0.1};

std::unique_ptr<Net> initial_network() {
    auto net = std::make_unique<Net>(NetworkOptions{});
    net->visit([](const ParameterName& name, auto& parameter) { read("initial", name, parameter); });
    return net;
}

void read_gradients(Net& net, int step) {
    std::as_const(net).visit([&](const ParameterName& name, const auto&,
                                 auto& gradient) { read("gradient." + std::to_string(step), name, gradient); },
                             net.gradients);
}

void check_weights(const Net& net, const std::string& group) {
    net.visit([&](const ParameterName& name, const auto& parameter) {
        auto expected = parameter;
        read(group, name, expected);
        for (Index i = 0; i < parameter.size(); ++i) {
            INFO(group << ": " << name.text << " at " << i);
            CHECK_THAT(parameter.data()[i], staa_tests::WithinAbs(expected.data()[i], 1e-9));
        }
    });
}

/// Ten steps from the file's weights with the file's gradients. Calls before(net) and after(net) around each step.
template <class Optimizer, class Before, class After>
std::unique_ptr<Net> run(Optimizer& optimizer, const Before& before, const After& after) {
    auto net = initial_network();
    const double rate = optimizer.options.learning_rate;
    for (int step = 0; step < steps; ++step) {
        read_gradients(*net, step);
        before(*net);
        optimizer.options.learning_rate = rate * rates[step];
        optimizer.step(*net);
        after(*net);
    }
    return net;
}
const auto nothing = [](Net&) {};

template <class Optimizer>
void check_optimizer(Optimizer optimizer, const std::string& group) {
    check_weights(*run(optimizer, nothing, nothing), group);
}

/// The running averages of a step, as make_training_cases.py makes them of its gradients.
void set_statistics(Net& net, int step) {
    const std::string group = "gradient." + std::to_string(step) + ".1.";
    auto& statistics = net.layer<"1">().statistics;
    for (std::size_t c = 0; c < 3; ++c) {
        statistics.mean.data()[c] = cases().values<double>(group + "bias")[c];
        statistics.variance.data()[c] = std::pow(cases().values<double>(group + "weight")[c], 2);
    }
}

void check_average(const WeightAverageOptions& options, const std::string& group) {
    Sgd<Net> sgd({.learning_rate = 0.1, .momentum = 0.9});
    WeightAverage<Net> average(*initial_network(), options);
    int step = 0;
    run(sgd, nothing, [&](Net& net) {
        set_statistics(net, step++);
        average.update(net);
    });
    check_weights(average.network(), group);
    const auto& statistics = average.network().layer<"1">().statistics;
    for (std::size_t c = 0; c < 3; ++c) {
        CHECK_THAT(statistics.mean.data()[c],
                   staa_tests::WithinAbs(cases().values<double>(group + ".1.running_mean")[c], 1e-9));
        CHECK_THAT(statistics.variance.data()[c],
                   staa_tests::WithinAbs(cases().values<double>(group + ".1.running_var")[c], 1e-9));
    }
}

/// The groups of make_training_cases.py.
std::vector<ParameterGroup> groups() {
    return {{.holds = is_product_weight},
            {.holds = is_bias, .learning_rate_scale = 0.5, .weight_decay_scale = 0},
            {.holds = [](const ParameterName&) { return true; }, .weight_decay_scale = 0}};
}

template <class Schedule>
void check_schedule(const Schedule& schedule, const std::string& name) {
    const std::vector<double> expected = cases().values<double>("schedule." + name);
    for (std::size_t step = 0; step < expected.size(); ++step) {
        INFO(name << ", step " << step);
        CHECK_THAT(schedule(static_cast<Index>(step)), staa_tests::WithinAbs(expected[step], 1e-12));
    }
}

template <class AnyTensor>
void check_near(const AnyTensor& found, const AnyTensor& expected) {
    REQUIRE(found.dimensions() == expected.dimensions());
    for (Index i = 0; i < found.size(); ++i) {
        CHECK_THAT(found.data()[i], staa_tests::WithinAbs(expected.data()[i], 1e-12));
    }
}

}  // namespace

TEST_CASE("ten steps of Sgd are those of torch.optim.SGD, plain, with momentum, with Nesterov's and with groups") {
    check_optimizer(Sgd<Net>({.learning_rate = 0.1, .momentum = 0}), "sgd");
    check_optimizer(Sgd<Net>({.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.05}), "sgd_momentum");
    check_optimizer(Sgd<Net>({.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.05, .nesterov = true}),
                    "sgd_nesterov");
    check_optimizer(Sgd<Net>({.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.05, .groups = groups()}),
                    "sgd_groups");
}

TEST_CASE("ten steps of AdamW are those of torch.optim.AdamW, with and without groups") {
    check_optimizer(AdamW<Net>({.learning_rate = 0.01, .weight_decay = 0.1}), "adamw");
    check_optimizer(AdamW<Net>({.learning_rate = 0.01, .weight_decay = 0.1, .groups = groups()}), "adamw_groups");
}

TEST_CASE("ten steps of Lamb are those of timm, with and without groups") {
    check_optimizer(Lamb<Net>({.learning_rate = 0.01, .weight_decay = 0.1}), "lamb");
    check_optimizer(Lamb<Net>({.learning_rate = 0.01, .weight_decay = 0.1, .groups = groups()}), "lamb_groups");
}

TEST_CASE("a frozen parameter is as one without gradient in PyTorch, also for clipping and Lamb's norm") {
    const std::vector<ParameterGroup> frozen = {
        {.holds = begins_with("0."), .learning_rate_scale = 0, .weight_decay_scale = 0}};
    Sgd<Net> sgd({.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 0.05, .groups = frozen});
    check_weights(*run(
                      sgd, [&](Net& net) { clip_gradients(net, 1.5, frozen); }, nothing),
                  "sgd_frozen");
    check_optimizer(Lamb<Net>({.learning_rate = 0.01, .weight_decay = 0.1, .groups = frozen}), "lamb_frozen");
}

TEST_CASE("clipped gradients are those of torch.nn.utils.clip_grad_norm_") {
    Sgd<Net> sgd({.learning_rate = 0.1, .momentum = 0.9});
    const auto clip = [](Net& net) {
        const double norm = gradient_norm(net);
        CHECK(clip_gradients(net, 1.5) == norm);
        CHECK(gradient_norm(net) <= 1.5);
    };
    check_weights(*run(sgd, clip, nothing), "sgd_clipped");
}

TEST_CASE("the average of weights and statistics is that of torch.optim.swa_utils.AveragedModel") {
    check_average({.decay = 0.8}, "average");
    check_average({.decay = 0.4, .warm_up = true}, "average_warm");
}

TEST_CASE("Lookahead moves the weights after every third step as its definition says") {
    Sgd<Net> sgd({.learning_rate = 0.1, .momentum = 0.9});
    std::unique_ptr<Lookahead<Net>> lookahead;
    const auto begin = [&](Net& net) {
        if (!lookahead) {
            lookahead = std::make_unique<Lookahead<Net>>(net, 3, 0.4);
        }
    };
    const auto net = run(sgd, begin, [&](Net& after) { lookahead->update(after); });
    check_weights(*net, "lookahead");
}

TEST_CASE("schedules are those of torch.optim.lr_scheduler") {
    check_schedule(CosineSchedule({.learning_rate = 0.1, .final_learning_rate = 0.01, .steps = 20}), "cosine");
    check_schedule(LinearSchedule({.learning_rate = 0.1, .final_learning_rate = 0.01, .steps = 20}), "linear");
    check_schedule(StepSchedule({.learning_rate = 0.1, .factor = 0.3, .milestones = {5, 12, 13}}), "steps");
    check_schedule(OneCycleSchedule({.learning_rate = 0.1, .steps = 20}), "one_cycle");
    check_schedule(
        OneCycleSchedule(
            {.learning_rate = 0.1, .steps = 7, .rising_share = 0.25, .start_divisor = 10, .final_divisor = 50}),
        "one_cycle_of_7");
}

TEST_CASE("cross entropy with label smoothing is that of torch.nn.CrossEntropyLoss") {
    const Tensor<double, 2> logits = tensor_of<3>("loss.logits").chip(0, 0);
    const Loss<double> loss = cross_entropy(logits, labels_of("loss.labels"), 0.2);
    CHECK_THAT(loss.value, staa_tests::WithinAbs(cases().values<double>("loss.smoothed")[0], 1e-12));
    check_near(loss.gradient, tensor_of<2>("loss.smoothed.gradient"));
}

TEST_CASE("the loss on the logits of every step is TET's") {
    const StepLoss<double> loss =
        temporal_cross_entropy(tensor_of<3>("loss.logits"), labels_of("loss.labels"), {.regularisation = 0.05});
    CHECK_THAT(loss.value, staa_tests::WithinAbs(cases().values<double>("loss.tet")[0], 1e-12));
    check_near(loss.gradient, tensor_of<3>("loss.tet.gradient"));
}
