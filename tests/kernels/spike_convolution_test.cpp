// SPDX-License-Identifier: MIT
#include "staa/kernels/spike_convolution.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/convolution.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::ConvolutionShape;

/// Random spikes, as the kernels read them and as numbers, and arrays of their convolution.
template <class Scalar, class Arch>
struct Problem {
    Problem(const ConvolutionShape& shape, double rate)
        : s(shape), bits(random_spikes(random, s.in_pixels(), s.in_channels, rate)) {
        staa::list_active_channels(bits.data(), s.images, s.in_height * s.in_width, s.in_channels, active());
    }
    staa::ActiveChannels active() { return {begin.data(), count.data(), channels.data()}; }

    ConvolutionShape s;
    staa::Random random{7};
    Array<std::uint64_t> bits;
    Array<double> x = numbers_of(bits, s.in_pixels(), s.in_channels);
    Array<std::int64_t> begin = unwritten<std::int64_t>(s.in_pixels());
    Array<std::int32_t> count = unwritten<std::int32_t>(s.in_pixels());
    Array<std::uint16_t> channels = unwritten<std::uint16_t>(s.in_pixels() * s.in_channels);
    Index weights = s.taps() * s.in_channels * s.out_channels;
    Index outputs = s.out_pixels() * s.out_channels;
    Array<Scalar> packed = unwritten<Scalar>(
        staa::Blocking<Scalar, Arch>::packed_size(s.taps() * s.in_channels, s.out_channels), Begins::aligned);
};

TEMPLATE_TEST_CASE("A convolution of spikes is the sum over the taps and the channels that fire", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    const double rate = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    for (const ConvolutionShape& s : convolution_cases()) {
        INFO(describe(s) << ", firing rate " << rate);
        Problem<Scalar, Arch> p(s, rate);
        const auto w = random_values<Scalar>(p.random, p.weights);
        staa::pack_weights<Scalar, Arch>(s.taps(), s.in_channels, s.out_channels, w.data(), p.packed.data());
        auto y = unwritten<Scalar>(p.outputs);
        staa::spike_convolution<Scalar, Arch>(s, p.active(), p.packed.data(), y.data());

        auto expected = zeros<double>(p.outputs);
        staa::plain::convolution(s, p.x.data(), as<double>(w).data(), expected.data());
        CHECK(sum_mismatch(y, expected) == "");
    }
}

TEMPLATE_TEST_CASE("The weight gradient of a convolution of spikes sums over the pixels that fire", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    const double rate = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    for (const ConvolutionShape& s : convolution_cases()) {
        INFO(describe(s) << ", firing rate " << rate);
        Problem<Scalar, Arch> p(s, rate);
        const auto dy = random_values<Scalar>(p.random, p.outputs);
        staa::spike_convolution_weight_gradient<Scalar, Arch>(s, p.active(), dy.data(), p.packed.data());
        Array<Scalar> dw(p.weights, Scalar(0), Scalar(113));
        staa::add_packed_weights<Scalar, Arch>(s.taps(), s.in_channels, s.out_channels, p.packed.data(), dw.data());

        auto expected = zeros<double>(p.weights);
        staa::plain::convolution_weight_gradient(s, p.x.data(), as<double>(dy).data(), expected.data());
        CHECK(sum_mismatch(dw, expected) == "");
        CHECK(p.packed.guards_survived());
    }
}

TEST_CASE("A convolution of spikes and its gradient are the same to the bit with one and two threads", "[kernels]") {
    const ConvolutionShape s = convolution_of(5, 7, 7, 65, 130, 3, 1, 1);
    const int threads_before = staa::threads();
    const auto run = [&](int threads) {
        staa::set_threads(threads);
        Problem<float, staa::DefaultArch> p(s, 0.2);
        const auto w = random_values<float>(p.random, p.weights), dy = random_values<float>(p.random, p.outputs);
        auto y = unwritten<float>(p.outputs);
        staa::pack_weights(s.taps(), s.in_channels, s.out_channels, w.data(), p.packed.data());
        staa::spike_convolution(s, p.active(), p.packed.data(), y.data());
        staa::spike_convolution_weight_gradient(s, p.active(), dy.data(), p.packed.data());
        std::vector<float> results(y.begin(), y.end());
        results.insert(results.end(), p.packed.begin(), p.packed.end());
        return results;
    };
    const std::vector<float> alone = run(1), together = run(2);
    staa::set_threads(threads_before);
    CHECK(alone == together);
}

}  // namespace
