// SPDX-License-Identifier: MIT
#include "staa/kernels/convolution/table_convolution.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/convolution.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::ConvolutionShape;

/// Random spikes, as bits and as numbers, and arrays of their convolution.
template <class Scalar, class Arch>
struct Problem {
    Problem(const ConvolutionShape& shape, double rate)
        : s(shape), bits(random_spikes(random, s.in_pixels(), s.in_channels, rate)) {}

    ConvolutionShape s;
    staa::Random random{7};
    Array<std::uint64_t> bits;
    Array<double> x = numbers_of(bits, s.in_pixels(), s.in_channels);
    Array<Scalar> weight = random_values<Scalar>(random, s.taps() * s.in_channels * s.out_channels);
    Array<Scalar> bias = random_values<Scalar>(random, s.out_channels);
    Array<Scalar> tables = unwritten<Scalar>(
        staa::WeightTables<Scalar, Arch>::size(s.kernel, s.in_channels, s.out_channels), Begins::aligned);
    Array<Scalar> y = unwritten<Scalar>(s.out_pixels() * s.out_channels);
};

TEMPLATE_TEST_CASE("A convolution by tables is the sum over the taps and the channels that fire", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    const double rate = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    std::vector<ConvolutionShape> shapes = convolution_cases();
    shapes.push_back(convolution_of(1, {3, 80}, {500, 3}, 3, 1, 1));  // a task has as many lines as its memory holds
    shapes.push_back(convolution_of(0, {3, 5}, {16, 16}, 3, 1, 1));
    for (const ConvolutionShape& s : shapes) {
        INFO(describe(s) << ", firing rate " << rate);
        REQUIRE(staa::fits_tables(s));
        Problem<Scalar, Arch> p(s, rate);
        staa::make_weight_tables<Scalar, Arch>(s.kernel, s.in_channels, s.out_channels, p.weight.data(), nullptr,
                                               p.tables.data());
        staa::table_convolution<Scalar, Arch>(s, p.bits.data(), p.tables.data(), p.bias.data(), p.y.data());

        auto expected = zeros<double>(s.out_pixels() * s.out_channels);
        staa::plain::convolution(s, p.x.data(), as<double>(p.weight).data(), expected.data());
        for (Index i = 0; i < s.out_pixels() * s.out_channels; ++i)
            expected[i] += static_cast<double>(p.bias[i % s.out_channels]);
        CHECK(sum_mismatch(p.y, expected) == "");
        CHECK((p.y.guards_survived() && p.tables.guards_survived()));
    }
}

TEMPLATE_TEST_CASE("Tables with a scale are the tables of the scaled weights", "[kernels]", FloatSimd, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    const ConvolutionShape s = convolution_of(1, {3, 5}, {5, 19}, 3, 1, 1);
    Problem<Scalar, Arch> p(s, 0.2);
    auto scaled = p.weight;
    for (Index i = 0; i < s.taps() * s.in_channels * s.out_channels; ++i)
        scaled[i] *= p.bias[i % s.out_channels];
    auto expected = p.tables;
    staa::make_weight_tables<Scalar, Arch>(3, 5, 19, p.weight.data(), p.bias.data(), p.tables.data());
    staa::make_weight_tables<Scalar, Arch>(3, 5, 19, scaled.data(), nullptr, expected.data());
    CHECK(sum_mismatch(p.tables, as<double>(expected)) == "");
}

TEST_CASE("Tables do not fit a convolution whose lines of spikes are longer than a task's memory", "[kernels]") {
    CHECK(staa::fits_tables(convolution_of(1, {100, 100}, {64, 16}, 3, 1, 1)));
    CHECK_FALSE(staa::fits_tables(convolution_of(1, {100, 1000}, {64, 16}, 3, 1, 1)));
}

TEST_CASE("A convolution by tables is the same to the bit with one and two threads", "[kernels]") {
    const ConvolutionShape s = convolution_of(20, {17, 17}, {16, 40}, 3, 1, 1);
    const int threads_before = staa::threads();
    const auto run = [&](int threads) {
        staa::set_threads(threads);
        Problem<float, staa::DefaultArch> p(s, 0.2);
        staa::make_weight_tables<float>(3, 16, 40, p.weight.data(), nullptr, p.tables.data());
        staa::table_convolution<float>(s, p.bits.data(), p.tables.data(), nullptr, p.y.data());
        return std::vector<float>(p.y.begin(), p.y.end());
    };
    const std::vector<float> alone = run(1), together = run(2);
    staa::set_threads(threads_before);
    CHECK(alone == together);
}

}  // namespace
