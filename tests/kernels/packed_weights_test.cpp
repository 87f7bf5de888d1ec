// SPDX-License-Identifier: MIT
#include "staa/kernels/convolution/packed_weights.hpp"

#include "kernels/cases.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;

/// Every value of an array, ascending.
template <class Scalar>
std::vector<Scalar> sorted(const Array<Scalar>& array) {
    std::vector<Scalar> values(array.begin(), array.end());
    std::sort(values.begin(), values.end());
    return values;
}

/// Weights 1, 2, 3, ..: no two are the same.
template <class Scalar>
Array<Scalar> numbered(Index size) {
    Array<Scalar> weights = zeros<Scalar>(size);
    for (Index i = 0; i < size; ++i) {
        weights[i] = static_cast<Scalar>(i + 1);
    }
    return weights;
}

/// The same with zeros before them, as many as fill `size`.
template <class Scalar>
std::vector<Scalar> filled_with_zeros(Index size, const Array<Scalar>& numbered) {
    std::vector<Scalar> values(static_cast<std::size_t>(size - numbered.size()));
    values.insert(values.end(), numbered.begin(), numbered.end());
    return values;
}

constexpr Index taps = 4;

TEMPLATE_TEST_CASE("Packed weights hold every weight once, and zeros up to whole vectors", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    using Blocking = staa::Blocking<Scalar, Arch>;
    for (const Index in : odd_channels) {
        for (const Index out : odd_channels) {
            INFO("channels " << in << " to " << out);
            const auto weights = numbered<Scalar>(taps * in * out);
            auto packed = unwritten<Scalar>(Blocking::packed_size(taps * in, out), Begins::aligned);
            staa::pack_weights<Scalar, Arch>(taps, in, out, weights.data(), packed.data());
            CHECK((sorted(packed) == filled_with_zeros(packed.size(), weights)));
            CHECK(packed.guards_survived());

            auto transposed = unwritten<Scalar>(Blocking::packed_size(taps * out, in), Begins::aligned);
            staa::pack_transposed_weights<Scalar, Arch>(taps, in, out, weights.data(), transposed.data());
            CHECK((sorted(transposed) == filled_with_zeros(transposed.size(), weights)));
            CHECK(transposed.guards_survived());
        }
    }
}

TEMPLATE_TEST_CASE("Weights packed for a convolution lie word by word within a line of taps, and are scaled",
                   "[kernels]", FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    using Blocking = staa::Blocking<Scalar, Arch>;
    constexpr Index kernel = 2, in = 70, out = 5;
    const auto weights = numbered<Scalar>(kernel * kernel * in * out);
    const Scalar scale[out] = {1, 2, 3, 4, 5};
    auto packed = unwritten<Scalar>(Blocking::packed_size(kernel * kernel * in, out), Begins::aligned);
    staa::pack_convolution_weights<Scalar, Arch>(kernel, in, out, weights.data(), scale, packed.data());
    Index row = 0, wrong = 0;
    for (Index ky = 0; ky < kernel; ++ky)
        for (const auto& [first, last] : {std::pair<Index, Index>{0, 64}, {64, 70}})
            for (Index kx = 0; kx < kernel; ++kx)
                for (Index c = first; c < last; ++c, ++row)
                    for (Index o = 0; o < out; ++o) {
                        const Index block = o / Blocking::width, vectors = Blocking::vectors(block, out);
                        const Index at = Blocking::block_offset(block, kernel * kernel * in) +
                                         row * vectors * Blocking::lanes + o % Blocking::width;
                        wrong += packed[at] != weights[((ky * kernel + kx) * in + c) * out + o] * scale[o];
                    }
    CHECK(wrong == 0);
    CHECK(packed.guards_survived());
}

TEMPLATE_TEST_CASE("add_packed_weights adds every packed weight at its place", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    for (const Index in : odd_channels) {
        for (const Index out : odd_channels) {
            INFO("channels " << in << " to " << out);
            const auto weights = numbered<Scalar>(taps * in * out);
            auto packed = unwritten<Scalar>(staa::Blocking<Scalar, Arch>::packed_size(taps * in, out), Begins::aligned);
            staa::pack_weights<Scalar, Arch>(taps, in, out, weights.data(), packed.data());
            Array<Scalar> sum(weights.size(), Scalar(1), Scalar(113));
            staa::add_packed_weights<Scalar, Arch>(taps, in, out, packed.data(), sum.data());

            auto expected = as<double>(weights);
            for (double& value : expected) {
                value += 1;
            }
            CHECK(mismatch(sum, expected, 0) == "");
        }
    }
}

TEMPLATE_TEST_CASE("Packing transposed is the same as packing the transposed weights", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    for (const Index in : odd_channels) {
        for (const Index out : odd_channels) {
            INFO("channels " << in << " to " << out);
            const auto weights = numbered<Scalar>(taps * in * out);
            auto turned = zeros<Scalar>(weights.size());
            for (Index i = 0; i < weights.size(); ++i) {
                const Index tap = i / (in * out), row = i / out % in, column = i % out;
                turned[(tap * out + column) * in + row] = weights[i];
            }
            const Index size = staa::Blocking<Scalar, Arch>::packed_size(taps * out, in);
            auto found = unwritten<Scalar>(size, Begins::aligned), expected = unwritten<Scalar>(size, Begins::aligned);
            staa::pack_transposed_weights<Scalar, Arch>(taps, in, out, weights.data(), found.data());
            staa::pack_weights<Scalar, Arch>(taps, out, in, turned.data(), expected.data());
            CHECK(mismatch(found, as<double>(expected), 0) == "");
        }
    }
}

}  // namespace
