// SPDX-License-Identifier: MIT
#include "staa/kernels/convolution/convolution.hpp"

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
        staa::list_active_channels(bits.data(), s.images, active());
    }
    staa::ActiveChannels active() {
        return {s.in_width, s.in_height * s.in_width, s.in_channels, begin.data(), entries.data()};
    }

    ConvolutionShape s;
    staa::Random random{7};
    Array<std::uint64_t> bits;
    Array<double> x = numbers_of(bits, s.in_pixels(), s.in_channels);
    Array<std::int32_t> begin =
        unwritten<std::int32_t>(staa::ActiveChannels::begin_size(s.images, s.in_height* s.in_width, s.in_channels));
    Array<std::uint16_t> entries =
        unwritten<std::uint16_t>(staa::ActiveChannels::entries_size(s.images, s.in_height* s.in_width, s.in_channels));
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
        const auto bias = random_values<Scalar>(p.random, s.out_channels);
        staa::pack_convolution_weights<Scalar, Arch>(s.kernel, s.in_channels, s.out_channels, w.data(), nullptr,
                                                     p.packed.data());
        auto y = unwritten<Scalar>(p.outputs);
        staa::spike_convolution<Scalar, Arch>(s, p.active(), p.packed.data(), bias.data(), y.data());

        auto expected = zeros<double>(p.outputs);
        staa::plain::convolution(s, p.x.data(), as<double>(w).data(), expected.data());
        for (Index i = 0; i < p.outputs; ++i)
            expected[i] += static_cast<double>(bias[i % s.out_channels]);
        CHECK(sum_mismatch(y, expected) == "");
    }
}

TEMPLATE_TEST_CASE("Convolutions over lists of spikes and over the same numbers give the same bits", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    for (const ConvolutionShape& s :
         {convolution_of(3, {7, 5}, {130, 70}, 3, 1, 1), convolution_of(3, {7, 5}, {64, 16}, 3, 2, 1),
          convolution_of(2, {5, 5}, {70, 3}, 1, 1, 0), convolution_of(9, {7, 7}, {64, 128}, 3, 1, 1),
          convolution_of(9, {7, 7}, {64, 80}, 3, 1, 1), convolution_of(2, {7, 7}, {70, 64}, 3, 2, 1),
          convolution_of(0, {7, 7}, {64, 64}, 3, 1, 1)}) {
        INFO(describe(s));
        Problem<Scalar, Arch> p(s, 0.2);
        const Begins begins =
            s.out_channels % 16 == 0 ? Begins::aligned : Begins::anywhere;  // sums in y itself, or not
        const auto w = random_values<Scalar>(p.random, p.weights),
                   bias = random_values<Scalar>(p.random, s.out_channels);
        staa::pack_convolution_weights<Scalar, Arch>(s.kernel, s.in_channels, s.out_channels, w.data(), nullptr,
                                                     p.packed.data());
        auto of_spikes = unwritten<Scalar>(p.outputs, begins), of_numbers = unwritten<Scalar>(p.outputs, begins);
        staa::spike_convolution<Scalar, Arch>(s, p.active(), p.packed.data(), bias.data(), of_spikes.data());
        staa::dense_convolution<Scalar, Arch>(s, as<Scalar>(p.x).data(), p.packed.data(), bias.data(),
                                              of_numbers.data());
        CHECK(std::equal(of_spikes.begin(), of_spikes.end(), of_numbers.begin()));
        CHECK((of_spikes.guards_survived() && of_numbers.guards_survived()));
    }
}

TEMPLATE_TEST_CASE("Convolutions over lists of values and over all values give the same bits", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    for (const ConvolutionShape& s : convolution_cases()) {
        INFO(describe(s));
        Problem<Scalar, Arch> p(s, 0.2);
        auto x = as<Scalar>(p.x);
        for (Index i = 0; i < s.in_pixels() * s.in_channels; ++i)
            x[i] *= static_cast<Scalar>(p.random.uniform(-1.0, 1.0));
        const auto w = random_values<Scalar>(p.random, p.weights),
                   bias = random_values<Scalar>(p.random, s.out_channels);
        staa::pack_convolution_weights<Scalar, Arch>(s.kernel, s.in_channels, s.out_channels, w.data(), nullptr,
                                                     p.packed.data());
        staa::Arena arena;
        const staa::ActiveValuesMemory<Scalar> lists(arena, s.images, s.in_width, s.in_height * s.in_width,
                                                     s.in_channels);
        auto of_lists = unwritten<Scalar>(p.outputs), of_all = unwritten<Scalar>(p.outputs);
        staa::spike_convolution<Scalar, Arch>(s, lists.list(x.data()), p.packed.data(), bias.data(), of_lists.data());
        staa::dense_convolution<Scalar, Arch>(s, x.data(), p.packed.data(), bias.data(), of_all.data());
        CHECK(std::equal(of_lists.begin(), of_lists.end(), of_all.begin()));
        CHECK(of_lists.guards_survived());
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
    const ConvolutionShape s = convolution_of(20, {7, 7}, {65, 128}, 3, 1, 1);
    const int threads_before = staa::threads();
    const auto run = [&](int threads) {
        staa::set_threads(threads);
        Problem<float, staa::DefaultArch> p(s, 0.2);
        const auto w = random_values<float>(p.random, p.weights), dy = random_values<float>(p.random, p.outputs);
        auto y = unwritten<float>(p.outputs, Begins::aligned);
        staa::pack_convolution_weights(s.kernel, s.in_channels, s.out_channels, w.data(), nullptr, p.packed.data());
        staa::spike_convolution(s, p.active(), p.packed.data(), nullptr, y.data());
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
