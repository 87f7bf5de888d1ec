// SPDX-License-Identifier: MIT
// Backward of the layers without neurons, in double.
#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/global_context.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/layers/position_encoding.hpp"
#include "staa/layers/step_attention.hpp"
#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

template <int Channels, int Height, int Width>
using Maps = Frames<Channels, Height, Width, double>;
template <int Channels, int Height, int Width>
using Still = Image<Channels, Height, Width, double>;

double distance(const double* a, const double* b, Index size) {
    double largest = 0;
    for (Index i = 0; i < size; ++i) {
        const double difference = std::abs(a[i] - b[i]);
        if (!(difference <= largest)) {
            largest = difference;  // NaN must not pass
        }
    }
    return largest;
}

/// Runs a layer on spikes and on the same spikes as numbers, which differences have checked.
template <class Description, int Channels, int Height, int Width>
void check_spikes_as_numbers() {
    OneLayer<typename Description::template at<Map<Channels, Height, Width, Signal::spikes, double>>> bits(Setup{});
    OneLayer<typename Description::template at<Maps<Channels, Height, Width>>> numbers(Setup{});
    numbers.x.set_zero();
    for (Index pixel = 0; pixel < bits.x.extents().pixels(); ++pixel) {
        for (Index c = 0; c < Channels; ++c) {
            numbers.x.data()[pixel * Channels + c] = bits.x.test(pixel, c) ? 1.0 : 0.0;
        }
    }
    std::copy_n(bits.dy.data(), bits.dy.extents().size(), numbers.dy.data());
    bits.forward();
    numbers.forward();
    bits.backward();
    numbers.backward();
    REQUIRE(bits.dx.extents() == numbers.dx.extents());
    CHECK(distance(bits.y.data(), numbers.y.data(), bits.y.extents().size()) <= 1e-12);
    CHECK(distance(bits.dx.data(), numbers.dx.data(), bits.dx.extents().size()) <= 1e-12);
    const auto compare = [&](const ParameterName&, const auto& parameter, const auto& of_numbers, const auto& of_bits) {
        CHECK(distance(of_bits.data(), of_numbers.data(), parameter.size()) <= 1e-12);
    };
    visit_parameters(numbers.layer, "", compare, numbers.gradients, bits.gradients);
}

}  // namespace

TEST_CASE("Conv2d: gradients are the derivatives, on odd maps") { check_gradients_of<Conv2d<7>, Maps<3, 3, 5>>(); }

TEST_CASE("Conv2d: gradients are the derivatives with stride 2 and a 1x1 kernel") {
    check_gradients_of<Conv2d<5, 3, 2>, Maps<3, 5, 4>>();
    check_gradients_of<Conv2d<5, 1, 1>, Maps<7, 3, 2>>();
    check_gradients_of<Conv2d<5, 1, 2>, Maps<7, 3, 5>>();
}

TEST_CASE("Conv2d: gradients are the derivatives where the kernel is larger than the map") {
    check_gradients_of<Conv2d<3, 7, 2>, Maps<3, 4, 5>>();
    check_gradients_of<Conv2d<3, 5>, Maps<1, 1, 1>>();
}

TEST_CASE("Conv2d: gradients are the derivatives on an image, which is stored for one step") {
    check_gradients_of<Conv2d<7>, Still<3, 3, 5>>();
}

TEST_CASE("Conv2d: spikes give what the same zeros and ones as numbers give, forward and backward") {
    check_spikes_as_numbers<Conv2d<7>, 5, 3, 5>();
    check_spikes_as_numbers<Conv2d<5, 3, 2>, 67, 4, 3>();
}

TEST_CASE("BatchNorm: gradients are the derivatives, through the batch's mean and variance") {
    check_gradients_of<BatchNorm, Maps<5, 3, 2>>();
    check_gradients_of<BatchNorm, Still<5, 3, 2>>();
}

TEST_CASE("AvgPool: gradients are the derivatives, for either edge and with padding") {
    check_gradients_of<AvgPool<2>, Maps<5, 4, 6>>();
    check_gradients_of<AvgPool<2>, Maps<5, 5, 3>>();
    check_gradients_of<AvgPool<2, 2, 0, Edge::average>, Maps<5, 5, 3>>();
    check_gradients_of<AvgPool<3, 2, 1>, Maps<3, 5, 6>>();
    check_gradients_of<AvgPool<2>, Still<3, 4, 4>>();
}

TEST_CASE("GlobalAvgPool: gradients are the derivatives") { check_gradients_of<GlobalAvgPool, Maps<5, 3, 4>>(); }

TEST_CASE("Pooling: spikes give what the same zeros and ones as numbers give, forward and backward") {
    check_spikes_as_numbers<AvgPool<2, 2, 0, Edge::average>, 5, 5, 3>();
    check_spikes_as_numbers<GlobalAvgPool, 67, 3, 4>();
}

TEST_CASE("Linear: gradients are the derivatives") { check_gradients_of<Linear<5>, Maps<7, 1, 1>>(); }

TEST_CASE("GlobalContext: gradients are the derivatives, through softmax and LayerNorm") {
    check_gradients_of<GlobalContext<2>, Maps<7, 3, 5>>();
    check_gradients_of<GlobalContext<4>, Maps<13, 2, 2>>();
    check_gradients_of<GlobalContext<2>, Still<7, 3, 3>>();
    check_gradients_of<GlobalContext<2, ContextForm::additive>, Maps<7, 3, 5>>();
    check_gradients_of<GlobalContext<2, ContextForm::additive>, Still<7, 3, 3>>();
}

TEST_CASE("StepAttention: gradients are the derivatives, through the means of all channels") {
    check_gradients_of<StepAttention<2>, Maps<7, 3, 5>>();
    check_gradients_of<StepAttention<2>, Still<7, 3, 3>>();
}

TEST_CASE("PositionEncoding: spikes give what the same zeros and ones as numbers give, forward and backward") {
    check_spikes_as_numbers<PositionEncoding<>, 67, 3, 4>();
}

TEST_CASE("PositionEncoding: gradients are the derivatives, one per step or one per position") {
    check_gradients_of<PositionEncoding<Encoding::learnable, EncodingShape::per_step>, Maps<5, 3, 2>>();
    check_gradients_of<PositionEncoding<Encoding::learnable, EncodingShape::per_position>, Maps<5, 3, 2>>();
    check_gradients_of<PositionEncoding<Encoding::learnable, EncodingShape::per_position>, Still<5, 3, 2>>();
}

TEST_CASE("PositionEncoding: gradients are the derivatives, learnable and fixed") {
    check_gradients_of<PositionEncoding<Encoding::learnable>, Maps<5, 3, 2>>();
    check_gradients_of<PositionEncoding<Encoding::learnable>, Still<5, 3, 2>>();
    check_gradients_of<PositionEncoding<Encoding::sinusoidal>, Maps<5, 3, 2>>();
}
