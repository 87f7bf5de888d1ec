// SPDX-License-Identifier: MIT
#include "staa/layers/neurons/staa_lif.hpp"

#include <limits>

#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

using In = Frames<7, 3, 5, double>;
constexpr Staa none{.global_context = false, .position_encoding = Encoding::none, .step_attention = false};

Setup with_dropout(double probability, Index steps = 4) {
    Setup setup{.steps = steps};
    setup.neuron.step_dropout = probability;
    return setup;
}

template <class Layer>
void forward_in_training(OneLayer<Layer>& one, std::uint64_t seed = 3) {
    Random random(seed);
    one.layer.forward(one.x, one.y, one.tape, Call{one.steps, one.batch, one.arena, &random});
}

bool same(const double* a, const double* b, Index size) { return std::equal(a, a + size, b); }
bool same(const Spikes& a, const Spikes& b) { return std::equal(a.data(), a.data() + a.words(), b.data()); }

/// Two layers with the same input, cotangent, M and N.
template <class A, class B>
void share(const OneLayer<A>& from, OneLayer<B>& to) {
    to.layer.adaptive.leak = from.layer.adaptive.leak;
    to.layer.adaptive.gain = from.layer.adaptive.gain;
    std::copy_n(from.x.data(), from.x.extents().size(), to.x.data());
    std::copy_n(from.dy.data(), from.dy.extents().size(), to.dy.data());
}

}  // namespace

TEST_CASE("Eq. 6: without its parts, as it starts, StaaLif is plain LIF, forward and backward") {
    const Setup setup = with_dropout(0.5);
    OneLayer<StaaLif<none>::at<In>> staa_lif(setup);
    OneLayer<Lif<>::at<In>> lif(setup);
    std::copy_n(lif.x.data(), lif.x.extents().size(), staa_lif.x.data());
    std::copy_n(lif.dy.data(), lif.dy.extents().size(), staa_lif.dy.data());
    forward_in_training(staa_lif);
    lif.forward();
    CHECK(lif.y.count() > 0);
    CHECK(same(staa_lif.y, lif.y));
    staa_lif.backward();
    lif.backward();
    CHECK(same(staa_lif.dx.data(), lif.dx.data(), lif.dx.extents().size()));
}

TEST_CASE("global context and position encoding start as the identity") {
    constexpr Staa parts{.step_attention = false};
    OneLayer<StaaLif<parts>::at<In>> with(Setup{});
    OneLayer<StaaLif<none>::at<In>> without(Setup{});
    share(with, without);
    with.forward();
    without.forward();
    CHECK(same(with.y, without.y));
}

TEST_CASE("time-step random dropout: with probability 0 no step is dropped") {
    OneLayer<StaaLif<>::at<In>> one(with_dropout(0, 50));
    forward_in_training(one);
    CHECK(one.tape.dropped == std::vector<char>(50, 0));
}

TEST_CASE("time-step random dropout: with probability 1 every step is that of the adaptive LIF alone") {
    OneLayer<StaaLif<>::at<In>> dropped(with_dropout(1));
    dropped.move_parameters();
    OneLayer<StaaLif<none>::at<In>> adaptive(with_dropout(0));
    share(dropped, adaptive);
    forward_in_training(dropped);
    adaptive.forward();
    CHECK(dropped.tape.dropped == std::vector<char>(4, 1));
    CHECK(dropped.y.count() > 0);
    CHECK(same(dropped.y, adaptive.y));
    dropped.backward();
    adaptive.backward();
    for (Index i = 0; i < dropped.dx.extents().size(); ++i) {
        CHECK_THAT(dropped.dx.data()[i], WithinAbs(adaptive.dx.data()[i], 1e-12));
    }
    CHECK(largest_of(dropped.gradients.context.value_weight.data(), 7) == 0);
    CHECK(largest_of(dropped.gradients.attention.expand.data(), 7) == 0);
    CHECK(largest_of(dropped.gradients.encoding.pe.data(), 4 * 7) == 0);
}

TEST_CASE("time-step random dropout: about as many steps are dropped as its probability says") {
    OneLayer<StaaLif<>::at<Frames<1, 1, 1>>> one(with_dropout(0.1, 10'000));
    forward_in_training(one);
    const auto count = std::count(one.tape.dropped.begin(), one.tape.dropped.end(), 1);
    CHECK(count > 900);  // 1,000 expected, deviation 30
    CHECK(count < 1'100);
}

TEST_CASE("time-step random dropout: what an earlier batch left on the tape is in no gradient") {
    OneLayer<StaaLif<>::at<In>> one(with_dropout(0));
    one.move_parameters();
    one.tape.dropped = {0, 1, 0, 1};
    one.forward();
    const Index rows = one.steps * one.batch;
    const double nan = std::numeric_limits<double>::quiet_NaN();
    std::fill_n(one.tape.attention.pooled.data(), rows * 7, nan);
    std::fill_n(one.tape.attention.hidden.data(), rows * 1, nan);
    one.forward();
    one.backward();
    StaaLif<>::at<In>::visit(
        one.layer, "",
        [](const ParameterName& name, auto&, auto& gradient) {
            INFO(name.text);
            CHECK(std::all_of(gradient.data(), gradient.data() + gradient.size(),
                              [](double value) { return std::isfinite(value); }));
        },
        one.gradients);
}

TEST_CASE("time-step random dropout: the generator's seed decides which steps are dropped") {
    OneLayer<StaaLif<>::at<In>> one(with_dropout(0.5, 50));
    forward_in_training(one, 3);
    const std::vector<char> first = one.tape.dropped;
    forward_in_training(one, 3);
    CHECK(one.tape.dropped == first);
    forward_in_training(one, 4);
    CHECK(one.tape.dropped != first);
}

TEST_CASE("time-step random dropout: is off in evaluation") {
    OneLayer<StaaLif<>::at<In>> always(with_dropout(1)), never(with_dropout(0));
    always.move_parameters();
    never.move_parameters();
    NeuronState<double> of_always, of_never;
    always.layer.infer(always.x, always.y, of_always, always.call());
    never.layer.infer(never.x, never.y, of_never, never.call());
    CHECK(same(always.y, never.y));
    never.forward();
    CHECK(same(always.y, never.y));
    forward_in_training(always);
    CHECK_FALSE(same(always.y, never.y));
}

TEST_CASE("Eq. 11: each step of a stream has its own encoding, and beyond the last it is an error") {
    OneLayer<StaaLif<>::at<In>> one(Setup{});
    one.move_parameters();
    one.forward();
    OneLayer<StaaLif<>::at<In>> step(Setup{.steps = 1});
    NeuronState<double> state;
    for (Index t = 0; t < 4; ++t) {
        std::copy_n(one.x.map(t * one.batch), step.x.extents().size(), step.x.data());
        one.layer.infer(step.x, step.y, state, step.call());
        CHECK(std::equal(step.y.data(), step.y.data() + step.y.words(), one.y.map(t * one.batch)));
    }
    REQUIRE_THROWS_WITH(
        one.layer.infer(step.x, step.y, state, step.call()),
        "staa::PositionEncoding: step 5 was asked for, but the network was built with 4 steps; build it "
        "with more, or begin a new stream with start()");
}

TEST_CASE("Eq. 11: a step beyond the encoded ones is an error where threads share the work, too") {
    constexpr Staa encoding_only{.global_context = false, .step_attention = false};
    OneLayer<StaaLif<encoding_only>::at<Frames<32, 16, 16>>> one(Setup{.steps = 1}, 16);
    NeuronState<float> state;
    one.layer.infer(one.x, one.y, state, one.call());
    REQUIRE_THROWS_WITH(one.layer.infer(one.x, one.y, state, one.call()), contains_text("step 2 was asked for"));
}
