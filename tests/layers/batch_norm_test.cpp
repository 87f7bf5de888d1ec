// SPDX-License-Identifier: MIT
#include "staa/layers/batch_norm.hpp"

#include <algorithm>
#include <cmath>

#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

using Layer = BatchNorm::at<Frames<1, 1, 2, double>>;

/// One channel with the values -1, 1, 3, 5: mean 2, variance 5 (unbiased 20 / 3).
struct FourValues : OneLayer<Layer> {
    FourValues() : OneLayer(Setup{.steps = 1}, 2) {
        for (Index i = 0; i < 4; ++i) {
            x.data()[i] = static_cast<double>(2 * i - 1);
        }
    }
};

}  // namespace

TEST_CASE("BatchNorm: training subtracts the batch's mean and divides by its deviation") {
    FourValues four;
    four.layer.parameters.weight(0) = 2;
    four.layer.parameters.bias(0) = 10;
    four.forward();
    for (Index i = 0; i < 4; ++i) {
        CHECK_THAT(four.y.data()[i], WithinRel(10 + 2 * (four.x.data()[i] - 2) / std::sqrt(5 + 1e-5), 1e-14));
    }
}

TEST_CASE("BatchNorm: running averages take in a tenth of the batch's mean and unbiased variance, as in PyTorch") {
    FourValues four;
    four.forward();
    CHECK(four.layer.statistics.mean(0) == 0);
    four.layer.absorb(four.tape, four.call());
    CHECK_THAT(four.layer.statistics.mean(0), WithinRel(0.1 * 2, 1e-14));
    CHECK_THAT(four.layer.statistics.variance(0), WithinRel(0.9 + 0.1 * 20 / 3, 1e-14));
    CHECK(four.layer.statistics.batches == 1);
    four.layer.absorb(four.tape, four.call());
    CHECK_THAT(four.layer.statistics.mean(0), WithinRel(0.9 * 0.2 + 0.1 * 2, 1e-14));
    CHECK(four.layer.statistics.batches == 2);
}

TEST_CASE("BatchNorm: evaluation uses the running averages") {
    FourValues four;
    four.layer.statistics.mean(0) = 3;
    four.layer.statistics.variance(0) = 4;
    Nothing state;
    four.layer.infer(four.x, four.y, state, four.call());
    for (Index i = 0; i < 4; ++i) {
        CHECK_THAT(four.y.data()[i], WithinAbs((four.x.data()[i] - 3) / std::sqrt(4 + 1e-5), 1e-14));
    }
}

TEST_CASE("BatchNorm: with frozen averages the gradients are the derivatives too, and the averages stay as they are") {
    OneLayer<BatchNorm::at<Frames<5, 3, 2, double>>> one(Setup{});
    one.move_parameters();
    one.layer.statistics.mean.setConstant(0.5);
    one.layer.statistics.variance.setConstant(2);
    one.layer.is_frozen = true;
    check_gradients(one);
    one.layer.absorb(one.tape, one.call());
    CHECK(one.layer.statistics.mean(0) == 0.5);
    CHECK(one.layer.statistics.batches == 0);
}

TEST_CASE("BatchNorm: a batch of equal values gives the bias, not a division by zero") {
    FourValues four;
    std::fill_n(four.x.data(), 4, 7.0);
    four.layer.parameters.bias(0) = 0.5;
    four.forward();
    CHECK(four.y.data()[0] == 0.5);
    CHECK(four.y.data()[3] == 0.5);
}
