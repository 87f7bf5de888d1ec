// SPDX-License-Identifier: MIT
#include "staa/kernels/maps/max_pooling.hpp"

#include <limits>

#include "kernels/cases.hpp"
#include "staa/kernels/plain/max_pooling.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::PoolingShape;

/// Calls check(shape) for windows that divide the map or don't, overlap, leave pixels out, are padded, or are the map.
template <class Check>
void for_each_shape(const Check& check) {
    struct Window {
        Index size, stride, padding;
    };
    for (const auto& [height, width] : {std::pair<Index, Index>{1, 1}, {3, 5}, {7, 7}}) {
        for (const Window& w : {Window{1, 1, 0}, {2, 2, 0}, {2, 2, 1}, {2, 3, 0}, {3, 2, 1}, {3, 1, 1}, {7, 7, 3}}) {
            if (std::min(height, width) + 2 * w.padding < w.size)
                continue;
            for (const Index channels : odd_channels) {
                INFO("map " << height << "x" << width << ", window " << w.size << ", stride " << w.stride
                            << ", padding " << w.padding << ", channels " << channels);
                check(PoolingShape{2, height, width, (height + 2 * w.padding - w.size) / w.stride + 1,
                                   (width + 2 * w.padding - w.size) / w.stride + 1, channels, w.size, w.stride,
                                   w.padding, false});
            }
        }
    }
}

/// Positions of the maxima of x, by the definition.
template <class Scalar>
Array<std::uint8_t> positions_of(const PoolingShape& s, const Scalar* x) {
    auto positions = zeros<std::uint8_t>(s.images * s.map_out() * s.channels);
    staa::plain::for_each_maximum(
        s, x, [&](Index o, Index, Index position) { positions[o] = static_cast<std::uint8_t>(position); });
    return positions;
}

/// The same values to the bit, NaN included, and nothing outside the array.
template <class T>
bool same(Array<T>& found, const Array<T>& expected) {
    return found.size() == expected.size() && found.guards_survived() &&
           std::memcmp(found.data(), expected.data(), static_cast<std::size_t>(found.size()) * sizeof(T)) == 0;
}

/// Forward on x, with positions and without, against the definition.
template <class On, class Scalar = typename On::Scalar>
void check_forward(const PoolingShape& s, const Array<Scalar>& x) {
    using Arch = typename On::Arch;
    const Index size = s.images * s.map_out() * s.channels;
    auto y = unwritten<Scalar>(size), alone = unwritten<Scalar>(size);
    auto positions = unwritten<std::uint8_t>(size);
    staa::max_pool<Scalar, std::uint8_t, Arch>(s, x.data(), y.data(), positions.data());
    staa::max_pool<Scalar, std::uint8_t, Arch>(s, x.data(), alone.data(), nullptr);
    auto expected = zeros<Scalar>(size);
    staa::plain::max_pool(s, x.data(), expected.data());
    CHECK(same(y, expected));
    CHECK(same(alone, expected));
    CHECK(same(positions, positions_of(s, x.data())));
}

}  // namespace

TEMPLATE_TEST_CASE("A pooled pixel is the largest of its window, of equal ones the first", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Random random(1);
    for_each_shape([&](const PoolingShape& s) {
        const Index size = s.images * s.map_in() * s.channels;
        check_forward<TestType>(s, random_values<Scalar>(random, size));
        check_forward<TestType>(s, as<Scalar>(random_eighths(random, size)));
        check_forward<TestType>(s, zeros<Scalar>(size));
    });
}

TEMPLATE_TEST_CASE("NaN is larger than all, and minus infinity is a value", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Random random(2);
    for_each_shape([&](const PoolingShape& s) {
        auto x = random_values<Scalar>(random, s.images * s.map_in() * s.channels);
        for (Scalar& value : x) {
            const std::uint64_t kind = random.below(6);
            value = kind == 0  ? std::numeric_limits<Scalar>::quiet_NaN()
                    : kind < 4 ? -std::numeric_limits<Scalar>::infinity()
                               : value;
        }
        check_forward<TestType>(s, x);
    });
}

TEMPLATE_TEST_CASE("The gradient of a maximum goes to where it was", "[kernels]", FloatSimd, DoubleSimd, FloatPlain,
                   DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Random random(3);
    for_each_shape([&](const PoolingShape& s) {
        const auto x = as<Scalar>(random_eighths(random, s.images * s.map_in() * s.channels));
        const auto dy = random_values<Scalar>(random, s.images * s.map_out() * s.channels);
        auto positions = unwritten<std::uint8_t>(dy.size());
        auto y = unwritten<Scalar>(dy.size()), dx = unwritten<Scalar>(x.size());
        staa::max_pool<Scalar, std::uint8_t, typename TestType::Arch>(s, x.data(), y.data(), positions.data());
        staa::max_pool_gradient<Scalar, std::uint8_t, typename TestType::Arch>(s, positions.data(), dy.data(),
                                                                               dx.data());
        auto expected = zeros<double>(dx.size());
        staa::plain::max_pool_gradient(s, as<double>(x).data(), as<double>(dy).data(), expected.data());
        CHECK(mismatch(dx, expected) == "");
    });
}

TEMPLATE_TEST_CASE("Pooled spikes are the maxima of the numbers 0 and 1, and so are their gradients", "[kernels]",
                   float, double) {
    staa::Random random(4);
    const double rate = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    for_each_shape([&](const PoolingShape& s) {
        const Index pixels = s.images * s.map_in(), pooled = s.images * s.map_out();
        const auto bits = random_spikes(random, pixels, s.channels, rate);
        const auto numbers = numbers_of(bits, pixels, s.channels);
        auto y = unwritten<std::uint64_t>(pooled * staa::words_for(s.channels));
        staa::max_pool_spikes(s, bits.data(), nullptr, y.data(), nullptr);
        auto expected = zeros<double>(pooled * s.channels);
        staa::plain::max_pool(s, numbers.data(), expected.data());
        CHECK(std::equal(expected.begin(), expected.end(), numbers_of(y, pooled, s.channels).begin()));
        CHECK(y.guards_survived());

        const auto dy = random_values<TestType>(random, pooled * s.channels);
        auto dx = unwritten<TestType>(pixels * s.channels);
        staa::max_pool_spikes_gradient(s, bits.data(), dy.data(), dx.data());
        auto d_expected = zeros<double>(dx.size());
        staa::plain::max_pool_gradient(s, numbers.data(), as<double>(dy).data(), d_expected.data());
        CHECK(mismatch(dx, d_expected) == "");
    });
}

TEST_CASE("The window of pooled spikes is that of the neurons whose gradient they are", "[kernels]") {
    staa::Random random(5);
    const double rate = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    for_each_shape([&](const PoolingShape& s) {
        const Index pixels = s.images * s.map_in(), pooled = s.images * s.map_out();
        const auto bits = random_spikes(random, pixels, s.channels, rate);
        const auto window = random_spikes(random, pixels, s.channels, 0.5);
        auto y = unwritten<std::uint64_t>(pooled * staa::words_for(s.channels));
        auto y_window = unwritten<std::uint64_t>(y.size());
        staa::max_pool_spikes(s, bits.data(), window.data(), y.data(), y_window.data());
        const auto numbers = numbers_of(bits, pixels, s.channels), inside = numbers_of(window, pixels, s.channels);
        auto expected = zeros<double>(pooled * s.channels);
        staa::plain::for_each_maximum(s, numbers.data(), [&](Index o, Index i, Index) { expected[o] = inside[i]; });
        CHECK(std::equal(expected.begin(), expected.end(), numbers_of(y_window, pooled, s.channels).begin()));
        CHECK(y_window.guards_survived());
        auto unused = as<std::uint64_t>(y_window);  // bits beyond the last channel are 0
        for (Index i = 0; i < unused.size(); ++i) {
            unused[i] &= ~staa::detail::channel_bits(s.channels, i % staa::words_for(s.channels));
        }
        CHECK(std::all_of(unused.begin(), unused.end(), [](std::uint64_t word) { return word == 0; }));
    });
}
