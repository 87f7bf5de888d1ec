// SPDX-License-Identifier: MIT
#include "staa/kernels/maps/channel_sums.hpp"

#include <algorithm>

#include "kernels/cases.hpp"
#include "staa/kernels/plain/channel_sums.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;

/// About one and two parts of the rows. Parts are summed one by one and then joined.
constexpr Index row_counts[] = {1, 3, 49, 255, 256, 257, 600};

template <class Check>
void for_each_size(const Check& check) {
    for (const Index rows : row_counts) {
        for (const Index channels : odd_channels) {
            INFO(rows << " rows, " << channels << " channels");
            check(rows, channels);
        }
    }
}

template <class Machine>
void check_moments(Index rows, const Array<typename Machine::Scalar>& x, double allowed) {
    using Scalar = typename Machine::Scalar;
    staa::Arena arena;
    const Index channels = x.size() / rows;
    auto mean = unwritten<Scalar>(channels), variance = unwritten<Scalar>(channels);
    staa::channel_moments<Scalar, typename Machine::Arch>(arena, rows, channels, x.data(), mean.data(),
                                                          variance.data());
    auto expected_mean = zeros<double>(channels), expected_variance = zeros<double>(channels);
    staa::plain::channel_moments(rows, channels, as<double>(x).data(), expected_mean.data(), expected_variance.data());
    CHECK(sum_mismatch(mean, expected_mean) == "");
    CHECK(mismatch(variance, expected_variance, allowed) == "");
}

TEMPLATE_TEST_CASE("Channel moments are the mean and the biased variance of every channel", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Random random(1);
    for_each_size([&](Index rows, Index channels) {
        check_moments<TestType>(rows, random_values<Scalar>(random, rows * channels), tolerance<Scalar>);
    });
}

TEMPLATE_TEST_CASE("A mean of 10,000 does not spoil a variance of 1", "[kernels]", FloatSimd, DoubleSimd, FloatPlain,
                   DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Random random(2);
    auto x = zeros<Scalar>(600 * 65);
    for (Scalar& value : x) {
        value = static_cast<Scalar>(1e4 + random.normal());
    }
    // The mean is off by a few units in its last place, 1e-3 in float, and the variance by the square of that. The mean
    // of squares less the square of the mean would be off by 1e8 units in the last place: 10 in float, 1e-8 in double.
    check_moments<TestType>(600, x, sizeof(Scalar) == sizeof(float) ? 1e-3 : 1e-11);
}

TEMPLATE_TEST_CASE("Channels that never change have exactly their value as the mean, and variance 0", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Arena arena;
    for (const Scalar value : {Scalar(0.75), Scalar(10.1), Scalar(-2e19), Scalar(1e37)}) {
        const Array<Scalar> x(600 * 65, value, poison<Scalar>());
        auto mean = unwritten<Scalar>(65), variance = unwritten<Scalar>(65);
        staa::channel_moments<Scalar, typename TestType::Arch>(arena, 600, 65, x.data(), mean.data(), variance.data());
        CHECK(std::all_of(mean.begin(), mean.end(), [value](Scalar found) { return found == value; }));
        CHECK(std::all_of(variance.begin(), variance.end(), [](Scalar found) { return found == 0; }));
    }
}

TEMPLATE_TEST_CASE("Channel gradients are the sums of dy, and of dy times the distance of x from its mean", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Random random(3);
    staa::Arena arena;
    for_each_size([&](Index rows, Index channels) {
        const auto x = random_values<Scalar>(random, rows * channels), dy = random_values<Scalar>(random, x.size());
        const auto mean = random_values<Scalar>(random, channels);
        auto sum = unwritten<Scalar>(channels), product = unwritten<Scalar>(channels);
        staa::channel_gradients<Scalar, typename TestType::Arch>(arena, rows, channels, x.data(), mean.data(),
                                                                 dy.data(), {sum.data(), product.data()});
        auto expected_sum = zeros<double>(channels), expected_product = zeros<double>(channels);
        staa::plain::channel_gradients(rows, channels, as<double>(x).data(), as<double>(mean).data(),
                                       as<double>(dy).data(), expected_sum.data(), expected_product.data());
        CHECK(sum_mismatch(sum, expected_sum) == "");
        CHECK(sum_mismatch(product, expected_product) == "");
    });
}

TEST_CASE("Channel moments are the same to the bit with one and two threads", "[kernels]") {
    staa::Random random(5);
    staa::Arena arena;
    const auto x = random_values<float>(random, 2000 * 65);
    const int threads_before = staa::threads();
    const auto run = [&](int threads) {
        staa::set_threads(threads);
        std::vector<float> moments(2 * 65);
        staa::channel_moments(arena, 2000, 65, x.data(), moments.data(), moments.data() + 65);
        return moments;
    };
    const std::vector<float> alone = run(1), together = run(2);
    staa::set_threads(threads_before);
    CHECK(alone == together);
}

}  // namespace
