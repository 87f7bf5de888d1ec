// SPDX-License-Identifier: MIT
#include "staa/kernels/maps/channels.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/channels.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;

/// Calls check(rows, channels) for few rows, and for about one and two parts, which are tasks.
template <class Check>
void for_each_size(const Check& check) {
    for (const Index rows : {1, 3, 15, 49, 255, 256, 257, 600}) {
        for (const Index channels : odd_channels) {
            INFO(rows << " rows, " << channels << " channels");
            check(rows, channels);
        }
    }
}

TEMPLATE_TEST_CASE("Channels are scaled where there is a scale, and shifted where there is a shift", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    const bool has_shift = GENERATE(false, true), has_scale = GENERATE(false, true), adds = GENERATE(false, true);
    staa::Random random(1);
    for_each_size([&](Index pixels, Index channels) {
        const auto x = random_values<Scalar>(random, pixels * channels);
        const auto scale = random_values<Scalar>(random, channels), shift = random_values<Scalar>(random, channels);
        const auto wide_x = as<double>(x), wide_scale = as<double>(scale), wide_shift = as<double>(shift);
        auto y = adds ? random_values<Scalar>(random, x.size()) : unwritten<Scalar>(x.size());
        const auto before = as<double>(y);
        staa::scale_channels<Scalar, typename TestType::Arch>(pixels, channels, x.data(),
                                                              has_scale ? scale.data() : nullptr,
                                                              has_shift ? shift.data() : nullptr, y.data(), adds);
        auto expected = zeros<double>(x.size());
        staa::plain::scale_channels<double>(pixels, channels, wide_x.data(), has_scale ? wide_scale.data() : nullptr,
                                            has_shift ? wide_shift.data() : nullptr, expected.data());
        for (Index i = 0; adds && i < x.size(); ++i)
            expected[i] += before[i];
        CHECK(mismatch(y, expected) == "");
    });
}

TEMPLATE_TEST_CASE("Channels are combined by scales and a shift, with a second map or without, in place too",
                   "[kernels]", FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    staa::Random random(4);
    for_each_size([&](Index rows, Index channels) {
        const auto x = random_values<Scalar>(random, rows * channels), z = random_values<Scalar>(random, x.size());
        const auto a = random_values<Scalar>(random, channels), b = random_values<Scalar>(random, channels);
        const auto shift = random_values<Scalar>(random, channels);
        const auto wide_a = as<double>(a), wide_b = as<double>(b), wide_shift = as<double>(shift);
        const auto wide_x = as<double>(x), wide_z = as<double>(z);
        auto expected = zeros<double>(x.size());

        auto y = unwritten<Scalar>(x.size());
        staa::combine_channels<Scalar, Arch>(rows, channels, {a.data(), x.data(), b.data(), z.data(), shift.data()},
                                             y.data());
        staa::plain::combine_channels<double>(
            rows, channels, {wide_a.data(), wide_x.data(), wide_b.data(), wide_z.data(), wide_shift.data()},
            expected.data());
        CHECK(mismatch(y, expected) == "");

        Array<Scalar> in_place = x;
        staa::combine_channels<Scalar, Arch>(
            rows, channels, {a.data(), in_place.data(), nullptr, nullptr, shift.data()}, in_place.data());
        staa::plain::combine_channels<double>(
            rows, channels, {wide_a.data(), wide_x.data(), nullptr, nullptr, wide_shift.data()}, expected.data());
        CHECK(mismatch(in_place, expected) == "");
    });
}

TEMPLATE_TEST_CASE("The mean of a map is taken channel by channel", "[kernels]", FloatSimd, DoubleSimd, FloatPlain,
                   DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Random random(2);
    for_each_size([&](Index pixels, Index channels) {
        const auto x = random_values<Scalar>(random, pixels * channels);
        auto mean = unwritten<Scalar>(channels);
        staa::mean_pixels<Scalar, typename TestType::Arch>(pixels, channels, x.data(), mean.data());
        auto expected = zeros<double>(channels);
        staa::plain::mean_pixels(pixels, channels, as<double>(x).data(), expected.data());
        CHECK(sum_mismatch(mean, expected) == "");
    });
}

TEMPLATE_TEST_CASE("The products of two maps are summed channel by channel", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Random random(3);
    for_each_size([&](Index pixels, Index channels) {
        const auto a = random_values<Scalar>(random, pixels * channels), b = random_values<Scalar>(random, a.size());
        auto sums = unwritten<Scalar>(channels);
        staa::channel_products<Scalar, typename TestType::Arch>(pixels, channels, a.data(), b.data(), sums.data());
        auto expected = zeros<double>(channels);
        staa::plain::channel_products(pixels, channels, as<double>(a).data(), as<double>(b).data(), expected.data());
        CHECK(sum_mismatch(sums, expected) == "");
    });
}

}  // namespace
