// SPDX-License-Identifier: MIT
#include "staa/kernels/convolution/convolution.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/convolution.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::ConvolutionShape;

/// Arrays of a convolution with random values.
template <class Scalar, class Arch>
struct Problem {
    explicit Problem(const ConvolutionShape& shape) : s(shape) {}

    using Blocking = staa::Blocking<Scalar, Arch>;
    ConvolutionShape s;
    staa::Random random{7};
    Index weights = s.taps() * s.in_channels * s.out_channels;
    Array<Scalar> x = random_values<Scalar>(random, s.in_pixels() * s.in_channels);
    Array<Scalar> w = random_values<Scalar>(random, weights);
    Array<Scalar> dy = random_values<Scalar>(random, s.out_pixels() * s.out_channels);
    Array<Scalar> packed =
        unwritten<Scalar>(Blocking::packed_size(s.taps() * s.in_channels, s.out_channels), Begins::aligned);

    /// dx, from dy and w.
    Array<Scalar> input_gradient() const {
        auto transposed =
            unwritten<Scalar>(Blocking::packed_size(s.taps() * s.out_channels, s.in_channels), Begins::aligned);
        staa::pack_input_gradient_weights<Scalar, Arch>(s, w.data(), transposed.data());
        auto dx = unwritten<Scalar>(x.size());
        staa::dense_convolution_input_gradient<Scalar, Arch>(s, dy.data(), transposed.data(), dx.data());
        CHECK(transposed.guards_survived());
        return dx;
    }
};

TEMPLATE_TEST_CASE("A convolution is the sum over its taps and channels, for all sizes", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    for (const ConvolutionShape& s : convolution_cases()) {
        INFO(describe(s));
        Problem<Scalar, Arch> p(s);
        staa::pack_convolution_weights<Scalar, Arch>(s.kernel, s.in_channels, s.out_channels, p.w.data(), nullptr,
                                                     p.packed.data());
        auto y = unwritten<Scalar>(p.dy.size());
        staa::dense_convolution<Scalar, Arch>(s, p.x.data(), p.packed.data(), nullptr, y.data());

        auto expected = zeros<double>(y.size());
        staa::plain::convolution(s, as<double>(p.x).data(), as<double>(p.w).data(), expected.data());
        CHECK(sum_mismatch(y, expected) == "");
        CHECK(p.packed.guards_survived());
    }
}

TEMPLATE_TEST_CASE("The input gradient of a convolution is its transpose", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    for (const ConvolutionShape& s : convolution_cases()) {
        INFO(describe(s));
        Problem<Scalar, Arch> p(s);
        auto dx = p.input_gradient();

        auto expected = zeros<double>(dx.size());
        staa::plain::convolution_input_gradient(s, as<double>(p.dy).data(), as<double>(p.w).data(), expected.data());
        CHECK(sum_mismatch(dx, expected) == "");
    }
}

TEST_CASE("Pixels that a convolution does not read have no gradient, on maps larger than the caches too", "[kernels]") {
    Problem<float, staa::DefaultArch> p(convolution_of(2, {257, 255}, {48, 3}, 1, 2, 0));
    REQUIRE(p.x.size() * Index{sizeof(float)} > staa::detail::size_past_caches);
    auto dx = p.input_gradient();
    auto expected = zeros<double>(dx.size());
    staa::plain::convolution_input_gradient(p.s, as<double>(p.dy).data(), as<double>(p.w).data(), expected.data());
    CHECK(sum_mismatch(dx, expected) == "");
}

TEMPLATE_TEST_CASE("The weight gradient of a convolution sums over all images and pixels", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    for (const ConvolutionShape& s : convolution_cases()) {
        INFO(describe(s));
        Problem<Scalar, Arch> p(s);
        staa::dense_convolution_weight_gradient<Scalar, Arch>(s, p.x.data(), p.dy.data(), p.packed.data());
        Array<Scalar> dw(p.weights, Scalar(0), Scalar(113));
        staa::add_packed_weights<Scalar, Arch>(s.taps(), s.in_channels, s.out_channels, p.packed.data(), dw.data());

        auto expected = zeros<double>(p.weights);
        staa::plain::convolution_weight_gradient(s, as<double>(p.x).data(), as<double>(p.dy).data(), expected.data());
        CHECK(sum_mismatch(dw, expected) == "");
        CHECK(p.packed.guards_survived());
    }
}

TEST_CASE("A convolution and its gradients are the same to the bit with one and two threads", "[kernels]") {
    const ConvolutionShape s =
        GENERATE(convolution_of(5, {7, 7}, {65, 130}, 3, 1, 1), convolution_of(20, {17, 17}, {16, 16}, 3, 1, 1),
                 convolution_of(3, {41, 30}, {2, 20}, 3, 1, 1), convolution_of(3, {9, 9}, {192, 128}, 1, 2, 0));
    const int threads_before = staa::threads();
    const auto run = [&](int threads) {
        staa::set_threads(threads);
        Problem<float, staa::DefaultArch> p(s);
        auto y = unwritten<float>(p.dy.size());
        staa::pack_convolution_weights(s.kernel, s.in_channels, s.out_channels, p.w.data(), nullptr, p.packed.data());
        staa::dense_convolution(s, p.x.data(), p.packed.data(), nullptr, y.data());
        auto dx = p.input_gradient();
        staa::dense_convolution_weight_gradient(s, p.x.data(), p.dy.data(), p.packed.data());
        std::vector<float> results(y.begin(), y.end());
        results.insert(results.end(), dx.begin(), dx.end());
        results.insert(results.end(), p.packed.begin(), p.packed.end());
        return results;
    };
    const std::vector<float> alone = run(1), together = run(2);
    staa::set_threads(threads_before);
    CHECK(alone == together);
}

}  // namespace
