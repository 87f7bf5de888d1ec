// SPDX-License-Identifier: MIT
#include "staa/kernels/maps/matrix_product.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/convolution.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::ConvolutionShape;
using staa::PackedMatrix;

/// Calls check(shape of the product) for rows [rows, in] times a matrix [in, out]: 127 rows are a whole tile and one more.
template <class Check>
void for_each_product_shape(const Check& check) {
    for (const Index rows : {1, 3, 127}) {
        for (const Index in : odd_channels) {
            for (const Index out : odd_channels) {
                INFO(rows << " rows, matrix " << in << "x" << out);
                check(convolution_of(rows, {1, 1}, {in, out}, 1, 1, 0));
            }
        }
    }
}

TEMPLATE_TEST_CASE("A packed matrix is multiplied by rows, and so is its transpose", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Matrix = PackedMatrix<Scalar, typename TestType::Arch>;
    staa::Arena arena;
    staa::Random random(3);
    for_each_product_shape([&](const ConvolutionShape& s) {
        const Index rows = s.images, in = s.in_channels, out = s.out_channels;
        const auto weight = random_values<Scalar>(random, in * out);
        const auto x = random_values<Scalar>(random, rows * in), dy = random_values<Scalar>(random, rows * out);
        auto y = unwritten<Scalar>(rows * out), dx = unwritten<Scalar>(rows * in);
        Matrix::forward(arena, in, out, weight.data()).multiply(rows, x.data(), y.data());
        Matrix::transposed(arena, in, out, weight.data()).multiply(rows, dy.data(), dx.data());

        auto expected_y = zeros<double>(y.size()), expected_dx = zeros<double>(dx.size());
        const auto w = as<double>(weight);
        staa::plain::convolution(s, as<double>(x).data(), w.data(), expected_y.data());
        staa::plain::convolution_input_gradient(s, as<double>(dy).data(), w.data(), expected_dx.data());
        CHECK(sum_mismatch(y, expected_y) == "");
        CHECK(sum_mismatch(dx, expected_dx) == "");
    });
}

TEMPLATE_TEST_CASE("The gradient of a matrix is added to its old values", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    staa::Arena arena;
    staa::Random random(4);
    for_each_product_shape([&](const ConvolutionShape& s) {
        const Index rows = s.images, in = s.in_channels, out = s.out_channels;
        const auto x = random_values<Scalar>(random, rows * in), dy = random_values<Scalar>(random, rows * out);
        auto gradient = random_values<Scalar>(random, in * out);
        auto expected = as<double>(gradient);
        staa::add_matrix_gradient<Scalar, Arch>(arena, rows, in, out, x.data(), dy.data(), gradient.data());
        staa::plain::convolution_weight_gradient(s, as<double>(x).data(), as<double>(dy).data(), expected.data());
        CHECK(sum_mismatch(gradient, expected) == "");
    });
}

TEMPLATE_TEST_CASE("Row sums are added to the old values", "[kernels]", float, double) {
    staa::Random random(5);
    constexpr Index rows = 3, columns = 65;
    const auto x = random_values<TestType>(random, rows * columns);
    auto sums = random_values<TestType>(random, columns);
    auto expected = as<double>(sums);
    for (Index i = 0; i < x.size(); ++i) {
        expected[i % columns] += static_cast<double>(x[i]);
    }
    staa::add_row_sums(rows, columns, x.data(), sums.data());
    CHECK(sum_mismatch(sums, expected) == "");
}

}  // namespace
