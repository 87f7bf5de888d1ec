// SPDX-License-Identifier: MIT
#include "staa/kernels/maps/elementwise.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/elementwise.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;

TEMPLATE_TEST_CASE("Values are added to a map, in one task or in many", "[kernels]", float, double) {
    staa::Random random(4);
    for (const Index size : {Index{1}, Index{65}, Index{1 << 14}, Index{(5 << 14) + 3}}) {
        INFO(size << " values");
        const auto x = random_values<TestType>(random, size);
        auto y = random_values<TestType>(random, size);
        auto expected = as<double>(y);
        staa::add_values(size, x.data(), y.data());
        staa::plain::add_values(size, as<double>(x).data(), expected.data());
        CHECK(mismatch(y, expected) == "");
    }
}

TEMPLATE_TEST_CASE("Spikes are added to a map as the numbers 0 and 1", "[kernels]", float, double) {
    staa::Random random(5);
    const double rate = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    for (const Index map_pixels : odd_pixels) {
        for (const Index channels : odd_channels) {
            INFO(map_pixels << " pixels, " << channels << " channels, rate " << rate);
            const Index pixels = 3 * map_pixels;
            const auto bits = random_spikes(random, pixels, channels, rate);
            auto y = random_values<TestType>(random, pixels * channels);
            auto expected = as<double>(y);
            staa::add_spikes(3, map_pixels, channels, bits.data(), y.data());
            staa::plain::add_values(y.size(), numbers_of(bits, pixels, channels).data(), expected.data());
            CHECK(mismatch(y, expected) == "");
        }
    }
}

}  // namespace
