// SPDX-License-Identifier: MIT
#include "staa/kernels/neuron/critical_width.hpp"

#include "staa/core/random.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using staa_tests::WithinAbs;

/// The same factor from random potentials.
template <class Surrogate>
double sampled_gain(const NeuronConstants<double>& neuron) {
    Random random(1);
    constexpr int count = 200000;
    double squares = 0, fired = 0;
    for (int i = 0; i < count; ++i) {
        const double distance = random.normal() - neuron.threshold;
        const double slope = Surrogate::slope(OneLane<double>(distance), neuron).value;
        squares += slope * slope / count;
        fired += distance >= 0 ? 1.0 / count : 0.0;
    }
    return squares / (fired * (1 - fired));
}

template <class Surrogate>
void check_critical(double threshold, double expected) {
    const double width = critical_surrogate_width<Surrogate>(threshold);
    CHECK_THAT(width, WithinAbs(expected, 0.002));
    CHECK_THAT(gradient_gain<Surrogate>({threshold, width, 3}), WithinAbs(1.0, 1e-6));
    CHECK_THAT(sampled_gain<Surrogate>({threshold, width, 3}), WithinAbs(1.0, 0.02));
}

}  // namespace

TEST_CASE("the rectangle of the paper multiplies the variance of gradients by 1.81") {
    CHECK_THAT(gradient_gain<Rectangle>({1, 1, 3}), WithinAbs(1.81, 0.01));
    CHECK_THAT(sampled_gain<Rectangle>({1, 1, 3}), WithinAbs(1.81, 0.03));
}

TEST_CASE("at its critical width every surrogate keeps the variance of gradients") {
    check_critical<Rectangle>(1, 1.797);
    check_critical<Rectangle>(0.5, 1.536);
    check_critical<Triangle>(1, 1.204);
    check_critical<Triangle>(0.5, 1.056);
    check_critical<Sigmoid>(1, 1.205);
    check_critical<Arctangent>(1, 0.904);
    CHECK_THAT(gradient_gain<Tanh>({1, critical_surrogate_width<Tanh>(1), 3}), WithinAbs(1.0, 1e-4));
}

TEST_CASE("a threshold that no potential reaches has a finite critical width") {
    CHECK(critical_surrogate_width<Rectangle>(100) == critical_surrogate_width<Rectangle>(5));
    CHECK(critical_surrogate_width<Rectangle>(-1e300) > 0);
}
