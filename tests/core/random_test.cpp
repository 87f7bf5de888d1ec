// SPDX-License-Identifier: MIT
#include "staa/core/random.hpp"

#include <array>
#include <cmath>
#include <set>

#include "support/catch.hpp"

namespace {

using staa::Random;
using staa_tests::WithinAbs;
using staa_tests::WithinRel;

TEST_CASE("The numbers are those of SplitMix64", "[core]") {
    // As published with the generator, for the seed 1234567.
    Random random(1234567);
    for (const std::uint64_t expected :
         {6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u}) {
        CHECK(random.next() == expected);
    }
}

TEST_CASE("The same seed gives the same draws on every machine", "[core]") {
    Random random(42);
    CHECK(random.uniform() == 0.7415648787718233);
    CHECK(random.uniform(-3, 5) == -1.7207168569846392);
    CHECK(random.below(1000) == 278);
    CHECK_THAT(random.normal(), WithinRel(0.892470392690831, 1e-12));  // log and cos may differ in the last place
    CHECK(random.split(3).next() == 6481809775315348517u);
}

TEST_CASE("Uniform numbers fill their range evenly, without its upper end", "[core]") {
    Random random(1);
    std::array<int, 10> bins{};
    for (int i = 0; i < 10000; ++i) {
        const double value = random.uniform(-2, 3);
        REQUIRE((value >= -2 && value < 3));
        ++bins[static_cast<std::size_t>((value + 2) * 2)];
    }
    for (const int count : bins) {
        CHECK(std::abs(count - 1000) < 150);  // five standard deviations
    }
}

TEST_CASE("All whole numbers below a count are drawn equally often, and no others", "[core]") {
    Random random(2);
    std::array<int, 7> drawn{};
    for (int i = 0; i < 7000; ++i) {
        const std::uint64_t value = random.below(drawn.size());
        REQUIRE(value < drawn.size());
        ++drawn[value];
    }
    for (const int count : drawn) {
        CHECK(std::abs(count - 1000) < 150);
    }
    CHECK(random.below(1) == 0);
    CHECK(random.below(0) == 0);
}

TEST_CASE("Normal numbers have mean 0, variance 1 and no heavy tails", "[core]") {
    Random random(3);
    constexpr int draws = 20000;
    double sum = 0, squares = 0, fourths = 0;
    for (int i = 0; i < draws; ++i) {
        const double value = random.normal();
        REQUIRE(std::isfinite(value));
        sum += value;
        squares += value * value;
        fourths += value * value * value * value;
    }
    CHECK_THAT(sum / draws, WithinAbs(0, 0.04));
    CHECK_THAT(squares / draws, WithinAbs(1, 0.05));
    CHECK_THAT(fourths / draws, WithinAbs(3, 0.4));
}

TEST_CASE("Splitting gives the same generator for the same stream, and does not change the original", "[core]") {
    Random random(4), untouched(4);
    Random first = random.split(7), again = random.split(7);
    for (int i = 0; i < 100; ++i) {
        CHECK(first.next() == again.next());
    }
    CHECK(random.next() == untouched.next());
}

TEST_CASE("Split generators share no numbers with each other or with the original", "[core]") {
    Random random(5);
    std::set<std::uint64_t> seen;
    std::size_t drawn = 0;
    const auto draw = [&](Random generator) {
        for (int i = 0; i < 1000; ++i, ++drawn) {
            seen.insert(generator.next());
        }
    };
    for (std::uint64_t stream = 0; stream < 20; ++stream) {
        draw(random.split(stream));
    }
    draw(random);
    CHECK(seen.size() == drawn);
}

TEST_CASE("Neighbouring streams are not correlated", "[core]") {
    const Random random(6);
    Random left = random.split(0), right = random.split(1);
    constexpr int draws = 10000;
    double sum = 0;
    for (int i = 0; i < draws; ++i) {
        sum += left.uniform(-1, 1) * right.uniform(-1, 1);
    }
    CHECK_THAT(sum / draws, WithinAbs(0, 5.0 / 3 / std::sqrt(draws)));  // five standard deviations
}

}  // namespace
