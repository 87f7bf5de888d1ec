// SPDX-License-Identifier: MIT
#include "staa/core/simd.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "support/catch.hpp"

namespace {

using staa::Index;
using staa::lanes_of;

/// A vector of the machine, and the one of a machine without SIMD.
using FloatSimd = staa::Vector<float>;
using DoubleSimd = staa::Vector<double>;
using FloatPlain = staa::Vector<float, staa::Plain>;
using DoublePlain = staa::Vector<double, staa::Plain>;

template <class V>
using ScalarOf = decltype(staa::sum_lanes(V(0)));

static_assert(lanes_of<FloatPlain> == 1 && lanes_of<DoublePlain> == 1);

/// The vector whose lane i is value(i).
template <class V, class Value>
V vector_of(const Value& value) {
    std::array<ScalarOf<V>, V::size> lanes;
    for (std::size_t i = 0; i < V::size; ++i) {
        lanes[i] = static_cast<ScalarOf<V>>(value(i));
    }
    return V::load_unaligned(lanes.data());
}

TEMPLATE_TEST_CASE("sum_lanes adds all lanes of a vector", "[core]", FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    const auto powers = vector_of<TestType>([](std::size_t i) { return 1 << i; });
    CHECK(staa::sum_lanes(powers) == static_cast<ScalarOf<TestType>>((1 << TestType::size) - 1));
}

TEMPLATE_TEST_CASE("Bit i of mask_bits is the result of lane i", "[core]", FloatSimd, DoubleSimd, FloatPlain,
                   DoublePlain) {
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << TestType::size; ++bits) {
        const auto signs = vector_of<TestType>([&](std::size_t i) { return (bits >> i & 1u) != 0 ? 1 : -1; });
        REQUIRE(staa::mask_bits(signs >= TestType(0)) == bits);
    }
}

template <class Real, class Arch>
void check_for_lanes() {
    constexpr Index lanes = lanes_of<staa::Vector<Real, Arch>>;
    for (Index count = 0; count <= 4 * lanes + 3; ++count) {
        Index vectors = 0, end = 0;
        staa::for_lanes<Real, Arch>(count, [&](auto kind, Index first) {
            constexpr Index width = lanes_of<typename decltype(kind)::type>;
            REQUIRE(first == end);
            end = first + width;
            REQUIRE(end <= count);
            vectors += width == lanes;
        });
        INFO(count << " values, " << lanes << " lanes");
        CHECK(end == count);
        CHECK(vectors == count / lanes);
    }
}

TEST_CASE("for_lanes visits every value once, in order: whole vectors first, then one lane at a time", "[core]") {
    check_for_lanes<float, staa::DefaultArch>();
    check_for_lanes<double, staa::DefaultArch>();
    check_for_lanes<float, staa::Plain>();
    check_for_lanes<double, staa::Plain>();
}

TEST_CASE("unroll passes every index, in order, as a constant", "[core]") {
    std::vector<Index> called;
    staa::unroll<4>([&](auto i) {
        static_assert(decltype(i)::value < 4);
        called.push_back(i);
    });
    CHECK(called == std::vector<Index>{0, 1, 2, 3});
}

TEST_CASE("One lane computes like a vector", "[core]") {
    using One = staa::OneLane<double>;
    const One a(3), b(-2);
    CHECK((a + b).value == 1);
    CHECK((a - b).value == 5);
    CHECK((a * b).value == -6);
    CHECK((a / b).value == -1.5);
    CHECK(fma(a, b, One(10)).value == 4);
    CHECK(select(a < b, a, b).value == -2);
    CHECK(select(a >= b, a, b).value == 3);
    CHECK(staa::smaller_of(a, b).value == -2);
    CHECK(staa::larger_of(a, b).value == 3);
    CHECK(abs(b).value == 2);
    CHECK(staa::exponential(One(0)).value == 1);
}

TEMPLATE_TEST_CASE("The exponential of a number far below 0 is 0, and that of NaN is NaN", "[core]", float, double) {
    using V = staa::Vector<TestType>;
    TestType lanes[V::size];
    const auto last_lane = [&](TestType value) {
        staa::exponential(V(value)).store_unaligned(lanes);
        return lanes[V::size - 1];
    };
    CHECK(last_lane(TestType(-1e30)) == 0);
    CHECK(last_lane(-std::numeric_limits<TestType>::infinity()) == 0);
    CHECK(std::isnan(last_lane(std::numeric_limits<TestType>::quiet_NaN())));
    CHECK(last_lane(-1) > TestType(0.367));
    CHECK(last_lane(-1) < TestType(0.368));
}

}  // namespace
