// SPDX-License-Identifier: MIT
#include "staa/kernels/neuron/firing.hpp"

#include "kernels/cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::NeuronConstants;

/// Calls `function` on every value, one vector at a time.
template <class Machine, class Function>
Array<typename Machine::Scalar> map(const Array<double>& values, const Function& function) {
    using Scalar = typename Machine::Scalar;
    const auto from = as<Scalar>(values);
    auto to = unwritten<Scalar>(from.size());
    staa::for_lanes<Scalar, typename Machine::Arch>(from.size(), [&](auto lanes, Index i) {
        using V = typename decltype(lanes)::type;
        V(function(V::load_unaligned(from.data() + i))).store_unaligned(to.data() + i);
    });
    return to;
}

/// Threshold 0, so that a potential is its distance from it.
template <class Machine>
NeuronConstants<typename Machine::Scalar> neuron(double width, double sharpness = 3, double threshold = 0) {
    using Scalar = typename Machine::Scalar;
    return {static_cast<Scalar>(threshold), static_cast<Scalar>(width), static_cast<Scalar>(sharpness)};
}

/// Distances U - v_th from -2 to 2 in steps of 1/8: both ends of the windows are among them.
Array<double> distances() {
    Array<double> values = zeros<double>(33);
    for (Index i = 0; i < values.size(); ++i) {
        values[i] = static_cast<double>(i) / 8 - 2;
    }
    return values;
}

template <class Function>
Array<double> expected(const Function& function) {
    Array<double> values = distances();
    std::transform(values.begin(), values.end(), values.begin(), function);
    return values;
}

/// The slope of a surrogate at all distances.
template <class Surrogate, class Machine>
Array<typename Machine::Scalar> slopes(double width, double sharpness = 3) {
    const auto constants = neuron<Machine>(width, sharpness);
    return map<Machine>(distances(), [&](auto d) { return Surrogate::slope(d, constants); });
}

double sech_squared(double x) { return 1 / (std::cosh(x) * std::cosh(x)); }

/// The area under a surrogate, by the midpoint rule over [-reach, reach].
template <class Surrogate>
double area(double width, double reach) {
    const NeuronConstants<double> constants{1, width, 3};
    const double step = 1.0 / 1024;
    double sum = 0;
    for (double d = -reach + step / 2; d < reach; d += step) {
        sum += step * Surrogate::slope(staa::OneLane<double>(d), constants).value;
    }
    return sum;
}

#define STAA_EVERY_MACHINE FloatSimd, DoubleSimd, FloatPlain, DoublePlain

TEMPLATE_TEST_CASE("Eq. 2: a neuron exactly at threshold fires", "[kernels]", STAA_EVERY_MACHINE) {
    const auto constants = neuron<TestType>(1);
    auto fired = map<TestType>(distances(), [&](auto u) { return staa::Firing<>::spike(u, constants); });
    CHECK(mismatch(fired, expected([](double d) { return d >= 0 ? 1.0 : 0.0; }), 0) == "");
}

TEMPLATE_TEST_CASE("Exceeded: a neuron exactly at threshold does not fire", "[kernels]", STAA_EVERY_MACHINE) {
    using Fire = staa::Firing<staa::Rectangle, staa::HardReset, staa::Exceeded>;
    const auto constants = neuron<TestType>(1);
    auto fired = map<TestType>(distances(), [&](auto u) { return Fire::spike(u, constants); });
    CHECK(mismatch(fired, expected([](double d) { return d > 0 ? 1.0 : 0.0; }), 0) == "");
}

TEMPLATE_TEST_CASE("Eq. 3: a hard reset sets a neuron that fired to 0, and does not change one that did not",
                   "[kernels]", STAA_EVERY_MACHINE) {
    const auto constants = neuron<TestType>(1, 3, 0.5);
    auto carried = map<TestType>(distances(), [&](auto u) { return staa::Firing<>::carried(u, constants); });
    CHECK(mismatch(carried, expected([](double u) { return u >= 0.5 ? 0 : u; }), 0) == "");
}

TEMPLATE_TEST_CASE("A soft reset subtracts the threshold from the potential of a neuron that fired", "[kernels]",
                   STAA_EVERY_MACHINE) {
    using Fire = staa::Firing<staa::Rectangle, staa::SoftReset>;
    const auto constants = neuron<TestType>(1, 3, 0.5);
    auto carried = map<TestType>(distances(), [&](auto u) { return Fire::carried(u, constants); });
    CHECK(mismatch(carried, expected([](double u) { return u >= 0.5 ? u - 0.5 : u; }), 0) == "");
}

TEMPLATE_TEST_CASE("Eq. 5: the rectangle's slope is 1/a inside a window of width a, and 0 on its ends", "[kernels]",
                   STAA_EVERY_MACHINE) {
    auto narrow = slopes<staa::Rectangle, TestType>(1), wide = slopes<staa::Rectangle, TestType>(2);
    CHECK(mismatch(narrow, expected([](double d) { return std::abs(d) < 0.5 ? 1.0 : 0.0; }), 0) == "");
    CHECK(mismatch(wide, expected([](double d) { return std::abs(d) < 1.0 ? 0.5 : 0.0; }), 0) == "");
}

TEMPLATE_TEST_CASE("The triangle's slope falls from 1/a at the threshold to 0 at a distance of a", "[kernels]",
                   STAA_EVERY_MACHINE) {
    auto found = slopes<staa::Triangle, TestType>(1.5);
    CHECK(mismatch(found, expected([](double d) { return std::max(0.0, 1 - std::abs(d) / 1.5) / 1.5; })) == "");
}

TEMPLATE_TEST_CASE("The sigmoid's slope is that of 1 / (1 + exp(-4 d / a))", "[kernels]", STAA_EVERY_MACHINE) {
    auto found = slopes<staa::Sigmoid, TestType>(1.5);
    CHECK(mismatch(found, expected([](double d) { return sech_squared(2 * d / 1.5) / 1.5; })) == "");
}

TEMPLATE_TEST_CASE("The arctangent's slope is that of arctan(pi d / a) / pi", "[kernels]", STAA_EVERY_MACHINE) {
    auto found = slopes<staa::Arctangent, TestType>(1.5);
    const double pi = 3.14159265358979323846;
    CHECK(mismatch(found, expected([=](double d) { return 1 / 1.5 / (1 + std::pow(pi * d / 1.5, 2)); })) == "");
}

TEMPLATE_TEST_CASE("The tanh form is k (1 - tanh²(k (x - 1/2))) / (2 tanh(k/2)) for 0 < x < 1, x = d/a + 1/2",
                   "[kernels]", STAA_EVERY_MACHINE) {
    const double a = 1.5, k = 5;
    auto found = slopes<staa::Tanh, TestType>(a, k);
    const auto formula = [=](double d) {
        const double x = d / a + 0.5;
        return 0 < x && x < 1 ? k * sech_squared(k * (x - 0.5)) / (2 * std::tanh(k / 2)) / a : 0.0;
    };
    CHECK(mismatch(found, expected(formula)) == "");
}

TEST_CASE("The area under every surrogate is 1, for every width", "[kernels]") {
    for (const double width : {0.5, 1.0, 2.0}) {
        INFO("width " << width);
        CHECK_THAT(area<staa::Rectangle>(width, 4), WithinAbs(1, 1e-3));
        CHECK_THAT(area<staa::Triangle>(width, 4), WithinAbs(1, 1e-3));
        CHECK_THAT(area<staa::Sigmoid>(width, 16), WithinAbs(1, 1e-3));
        CHECK_THAT(area<staa::Arctangent>(width, 1024), WithinAbs(1, 1e-3));
        CHECK_THAT(area<staa::Tanh>(width, 4), WithinAbs(1, 1e-3));
    }
}

TEMPLATE_TEST_CASE("The slope far from the threshold is 0, and not NaN", "[kernels]", FloatSimd, FloatPlain) {
    const auto constants = neuron<TestType>(0.5);
    Array<double> far = zeros<double>(33);
    for (Index i = 0; i < far.size(); ++i) {
        far[i] = i % 2 == 0 ? 1e30 : -1e30;
    }
    const Array<double> zero = zeros<double>(33);
    auto sigmoid = map<TestType>(far, [&](auto d) { return staa::Sigmoid::slope(d, constants); });
    auto arctangent = map<TestType>(far, [&](auto d) { return staa::Arctangent::slope(d, constants); });
    auto tanh = map<TestType>(far, [&](auto d) { return staa::Tanh::slope(d, constants); });
    CHECK(mismatch(sigmoid, zero, 0) == "");
    CHECK(mismatch(arctangent, zero, 0) == "");
    CHECK(mismatch(tanh, zero, 0) == "");
}

TEMPLATE_TEST_CASE("The ramp climbs from 0 to 1 inside the window, by the slope of the surrogate", "[kernels]",
                   STAA_EVERY_MACHINE) {
    const auto constants = neuron<TestType>(2);
    auto value = map<TestType>(distances(), [&](auto u) { return staa::Firing<staa::Ramp>::spike(u, constants); });
    auto slope = slopes<staa::Ramp, TestType>(2);
    CHECK(mismatch(value, expected([](double d) { return std::clamp(d / 2 + 0.5, 0.0, 1.0); }), 0) == "");
    CHECK(mismatch(slope, expected([](double d) { return std::abs(d) < 1.0 ? 0.5 : 0.0; }), 0) == "");
}

}  // namespace
