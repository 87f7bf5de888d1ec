// SPDX-License-Identifier: MIT
// Optimisers and averages that go on from what `visit_state` shows, and that get the same bits for any number of threads.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/layers/linear.hpp"
#include "staa/networks/network.hpp"
#include "staa/training/lookahead.hpp"
#include "staa/training/optimizer.hpp"
#include "staa/training/weight_average.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;

/// Its weights are split over threads.
using Net = Network<Image<300, 1, 1>, Linear<300>>;
using Saved = std::map<std::string, std::vector<float>>;

/// Saves what visit_state shows: show(visitor) calls it.
template <class Show>
Saved saved(const Show& show) {
    Saved state;
    show([&](const ParameterName& name, auto& value) {
        if constexpr (std::is_same_v<decltype(value), std::int64_t&>) {
            state[name.text] = {static_cast<float>(value)};
        } else {
            state[name.text].assign(value.data(), value.data() + value.size());
        }
    });
    return state;
}

template <class Show>
void restore(const Saved& state, const Show& show) {
    show([&](const ParameterName& name, auto& value) {
        const std::vector<float>& from = state.at(name.text);
        if constexpr (std::is_same_v<decltype(value), std::int64_t&>) {
            value = static_cast<std::int64_t>(from.at(0));
        } else {
            REQUIRE(static_cast<Index>(from.size()) == value.size());
            std::copy(from.begin(), from.end(), value.data());
        }
    });
}

/// A training: a network, its optimiser, slow weights and an average.
template <template <class> class Optimizer, class Options>
struct Training {
    explicit Training(const Options& options) : optimizer(options) {}

    void step(Index number) {
        Random random(static_cast<std::uint64_t>(number));
        std::as_const(*net).visit(
            [&](const ParameterName&, const auto&, auto& gradient) {
                for (Index i = 0; i < gradient.size(); ++i) {
                    gradient.data()[i] = static_cast<float>(random.normal());
                }
            },
            net->gradients);
        clip_gradients(*net, 20.0);
        optimizer.step(*net);
        lookahead.update(*net);
        average.update(*net);
    }

    auto show() {
        return [this](auto&& visitor) {
            const auto within = [&](const std::string& group) {
                return [&visitor, group](const ParameterName& name, auto& value) {
                    visitor(ParameterName{group + name.text, name.layout, name.shape}, value);
                };
            };
            net->visit(within("network."));
            optimizer.visit_state(*net, within("optimizer."));
            lookahead.visit_state(*net, within("lookahead."));
            average.visit_state(within("average."));
        };
    }

    std::unique_ptr<Net> net = std::make_unique<Net>(NetworkOptions{.steps = 1});
    Optimizer<Net> optimizer;
    Lookahead<Net> lookahead{*net, 3, 0.5};
    WeightAverage<Net> average{*net, {.decay = 0.5, .warm_up = true}};
};

/// Ten steps, and five steps with five more in new objects, give the same bits.
template <template <class> class Optimizer, class Options>
void check_goes_on(const Options& options) {
    Training<Optimizer, Options> whole(options), first(options), second(options);
    for (Index step = 0; step < 10; ++step) {
        whole.step(step);
    }
    for (Index step = 0; step < 5; ++step) {
        first.step(step);
    }
    restore(saved(first.show()), second.show());
    for (Index step = 5; step < 10; ++step) {
        second.step(step);
    }
    CHECK(saved(second.show()) == saved(whole.show()));
    CHECK(saved(second.show()) != saved(first.show()));
}

template <template <class> class Optimizer, class Options>
Saved trained_with(int thread_count, const Options& options) {
    const int before = threads();
    set_threads(thread_count);
    Training<Optimizer, Options> training(options);
    for (Index step = 0; step < 4; ++step) {
        training.step(step);
    }
    set_threads(before);
    return saved(training.show());
}

}  // namespace

TEST_CASE("what visit_state shows is all that an optimiser, slow weights and an average need to go on") {
    check_goes_on<Sgd>(SgdOptions{.learning_rate = 0.01, .nesterov = true});
    check_goes_on<AdamW>(AdamWOptions{});
    check_goes_on<Lamb>(LambOptions{});
}

TEST_CASE("clipping, optimisers, slow weights and averages give the same bits with 1, 2 and 3 threads") {
    const auto check = []<template <class> class Optimizer>(const auto& options) {
        const Saved one = trained_with<Optimizer>(1, options);
        CHECK(one == trained_with<Optimizer>(2, options));
        CHECK(one == trained_with<Optimizer>(3, options));
    };
    check.operator()<Sgd>(SgdOptions{.learning_rate = 0.01});
    check.operator()<AdamW>(AdamWOptions{});
    check.operator()<Lamb>(LambOptions{});
}

TEST_CASE("an optimiser that made no step shows zeros") {
    Net net(NetworkOptions{.steps = 1});
    AdamW<Net> adamw({});
    const Saved state = saved([&](auto&& visitor) { adamw.visit_state(net, visitor); });
    CHECK(state.size() == 5);
    for (const char* name : {"first_moment.0.weight", "second_moment.0.bias", "step"}) {
        CHECK(state.at(name) == std::vector<float>(state.at(name).size(), 0.0f));
    }
}
