// SPDX-License-Identifier: MIT
// Max pooling in a network's terms: shapes, gradients, spikes, what the tape holds. The kernels have tests of their own.
#include "staa/layers/max_pool.hpp"

#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

template <int Channels, int Height, int Width>
using Maps = Frames<Channels, Height, Width, double>;
template <int Channels, int Height, int Width>
using SpikeMaps = Map<Channels, Height, Width, Signal::spikes, double>;

template <class Description, class In>
using Out = typename Description::template at<In>::Output;

static_assert(Layer<MaxPool<2>::at<Maps<3, 4, 4>>> && Layer<MaxPool<2>::at<SpikeMaps<3, 4, 4>>>);
static_assert(Out<MaxPool<2>, Maps<3, 5, 6>>::height == 2 && Out<MaxPool<2>, Maps<3, 5, 6>>::width == 3);
static_assert(Out<MaxPool<3, 2, 1>, Maps<3, 5, 6>>::height == 3 && Out<MaxPool<3, 2, 1>, Maps<3, 5, 6>>::width == 3);
static_assert(Out<MaxPool<2>, SpikeMaps<3, 4, 4>>::is_spikes && !Out<MaxPool<2>, Maps<3, 4, 4>>::is_spikes);
static_assert(Out<MaxPool<2>, Image<3, 4, 4>>::is_constant);
static_assert(sizeof(MaxPool<16>::at<Maps<1, 16, 16>>::Position) == 1);
static_assert(sizeof(MaxPool<17>::at<Maps<1, 17, 17>>::Position) == 2);

/// Pools spikes, and the same spikes as numbers, which differences have checked.
template <class Description, int Channels, int Height, int Width>
void check_spikes_as_numbers() {
    OneLayer<typename Description::template at<SpikeMaps<Channels, Height, Width>>> bits(Setup{});
    OneLayer<typename Description::template at<Maps<Channels, Height, Width>>> numbers(Setup{});
    for (Index i = 0; i < numbers.x.extents().size(); ++i) {
        numbers.x.data()[i] = bits.x.test(i / Channels, i % Channels) ? 1.0 : 0.0;
    }
    std::copy_n(bits.dy.data(), bits.dy.extents().size(), numbers.dy.data());
    bits.forward();
    numbers.forward();
    REQUIRE(bits.y.extents() == numbers.y.extents());
    bool same = true;
    for (Index i = 0; i < numbers.y.extents().size(); ++i) {
        same = same && bits.y.test(i / Channels, i % Channels) == (numbers.y.data()[i] == 1.0);
    }
    CHECK(same);
    CHECK(bits.y.window() == nullptr);
    bits.backward();
    numbers.backward();
    REQUIRE(bits.dx.extents() == numbers.dx.extents());
    CHECK(std::equal(bits.dx.data(), bits.dx.data() + bits.dx.extents().size(), numbers.dx.data()));
}

}  // namespace

TEST_CASE("MaxPool: gradients are the derivatives, for windows side by side, overlapping and padded") {
    check_gradients_of<MaxPool<2>, Maps<5, 4, 6>>();
    check_gradients_of<MaxPool<2>, Maps<5, 5, 3>>();
    check_gradients_of<MaxPool<3, 1, 1>, Maps<5, 4, 3>>();
    check_gradients_of<MaxPool<3, 2, 1>, Maps<67, 5, 6>>();
    check_gradients_of<MaxPool<17, 1>, Maps<2, 18, 17>>();
    check_gradients_of<MaxPool<2>, Image<3, 4, 4, double>>();
}

TEST_CASE("MaxPool: spikes give what the same zeros and ones as numbers give, forward and backward") {
    check_spikes_as_numbers<MaxPool<2>, 5, 5, 3>();
    check_spikes_as_numbers<MaxPool<3, 2, 1>, 67, 4, 5>();
}

TEST_CASE("MaxPool: the window of spikes goes with the neuron that the gradient goes to") {
    OneLayer<MaxPool<2>::at<SpikeMaps<1, 2, 4>>> one(Setup{.steps = 1}, 1);
    one.x.resize(one.arena, one.x.extents());
    one.x.add_window(one.arena);
    one.x.set(1, 0);  // the second pixel of the left window fires, and is in its surrogate's window
    one.x.window()[1] = 1;
    one.x.window()[3] =
        1;  // in the right window of pixels none fires, and only the second neuron is in the surrogate's
    one.forward();
    CHECK((one.y.test(0, 0) && !one.y.test(1, 0)));
    REQUIRE(one.y.window() != nullptr);
    CHECK((one.y.window()[0] == 1 && one.y.window()[1] == 0));
    one.backward();
    const std::vector<double> expected{0, one.dy.data()[0], one.dy.data()[1], 0, 0, 0, 0, 0};
    CHECK(std::vector<double>(one.dx.data(), one.dx.data() + 8) == expected);
}

TEST_CASE("MaxPool: inference gives what training gives") {
    OneLayer<MaxPool<3, 2, 1>::at<Maps<5, 4, 5>>> one(Setup{});
    one.forward();
    Analog<double> y;
    Nothing state;
    one.layer.infer(one.x, y, state, one.call());
    CHECK(std::equal(y.data(), y.data() + y.extents().size(), one.y.data()));
}
