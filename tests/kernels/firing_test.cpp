// SPDX-License-Identifier: MIT
#include "staa/kernels/firing.hpp"

#include "kernels/cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;

/// Calls `function` on every value, one vector at a time.
template <class Scalar, class Arch, class Function>
Array<Scalar> map(const Array<double>& values, const Function& function) {
    const auto from = as<Scalar>(values);
    auto to = unwritten<Scalar>(from.size());
    staa::for_lanes<Scalar, Arch>(from.size(), [&](auto lanes, Index i) {
        using V = typename decltype(lanes)::type;
        function(V::load_unaligned(from.data() + i)).store_unaligned(to.data() + i);
    });
    return to;
}

/// Distances U - v_th from -2 to 2 in steps of 1/8: both ends of the windows are among them.
Array<double> distances() {
    Array<double> values = zeros<double>(33);
    for (Index i = 0; i < values.size(); ++i) {
        values[i] = static_cast<double>(i) / 8 - 2;
    }
    return values;
}

Array<double> expected(double (*function)(double)) {
    Array<double> values = distances();
    std::transform(values.begin(), values.end(), values.begin(), function);
    return values;
}

TEMPLATE_TEST_CASE("Eq. 2: a neuron exactly at threshold fires", "[kernels]", FloatSimd, DoubleSimd, FloatPlain,
                   DoublePlain) {
    using Scalar = typename TestType::Scalar;
    auto fired = map<Scalar, typename TestType::Arch>(
        distances(), [](auto distance) { return staa::fire<staa::Rectangle>(distance, Scalar(1)); });
    CHECK(mismatch(fired, expected([](double d) { return d >= 0 ? 1.0 : 0.0; }), 0) == "");
}

TEMPLATE_TEST_CASE("Eq. 5: the surrogate's slope is 1/a inside a window of width a, and 0 on its ends", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    auto narrow = map<Scalar, Arch>(distances(), [](auto d) { return staa::Rectangle::slope(d, Scalar(1)); });
    auto wide = map<Scalar, Arch>(distances(), [](auto d) { return staa::Rectangle::slope(d, Scalar(2)); });
    CHECK(mismatch(narrow, expected([](double d) { return std::abs(d) < 0.5 ? 1.0 : 0.0; }), 0) == "");
    CHECK(mismatch(wide, expected([](double d) { return std::abs(d) < 1.0 ? 0.5 : 0.0; }), 0) == "");
}

TEMPLATE_TEST_CASE("The ramp climbs from 0 to 1 inside the window, by the slope of the surrogate", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    auto value = map<Scalar, Arch>(distances(), [](auto d) { return staa::fire<staa::Ramp>(d, Scalar(2)); });
    auto slope = map<Scalar, Arch>(distances(), [](auto d) { return staa::Ramp::slope(d, Scalar(2)); });
    CHECK(mismatch(value, expected([](double d) { return std::clamp(d / 2 + 0.5, 0.0, 1.0); }), 0) == "");
    CHECK(mismatch(slope, expected([](double d) { return std::abs(d) < 1.0 ? 0.5 : 0.0; }), 0) == "");
}

}  // namespace
