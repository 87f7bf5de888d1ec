// SPDX-License-Identifier: MIT
#include "staa/kernels/maps/pooling.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/pooling.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::PoolingShape;

/// Positions of a window along one side; with `over_the_edge` the last may hang over it.
Index positions(Index size, Index window, Index stride, Index padding, bool over_the_edge) {
    return (size + 2 * padding - window + (over_the_edge ? stride - 1 : 0)) / stride + 1;
}

/// Calls check(shape) for windows that divide the map or don't, overlap, are padded, hang over the edge, or are the map.
template <class Check>
void for_each_shape(const Check& check) {
    struct Window {
        Index size, stride, padding;
    };
    for (const auto& [height, width] : {std::pair<Index, Index>{1, 1}, {3, 5}, {7, 7}}) {
        for (const Window& w : {Window{1, 1, 0}, {2, 2, 0}, {3, 2, 1}, {3, 1, 1}, {7, 7, 3}}) {
            for (const bool over_the_edge : {false, true}) {
                if (std::min(height, width) + 2 * w.padding < w.size)
                    continue;
                for (const bool count_padding : {false, true}) {
                    for (const Index channels : odd_channels) {
                        INFO("map " << height << "x" << width << ", window " << w.size << ", stride " << w.stride
                                    << ", padding " << w.padding << ", over the edge " << over_the_edge
                                    << ", count padding " << count_padding << ", channels " << channels);
                        check(PoolingShape{2, height, width,
                                           positions(height, w.size, w.stride, w.padding, over_the_edge),
                                           positions(width, w.size, w.stride, w.padding, over_the_edge), channels,
                                           w.size, w.stride, w.padding, count_padding});
                    }
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("A pooled pixel is the average of its window", "[kernels]", float, double) {
    staa::Random random(1);
    for_each_shape([&](const PoolingShape& s) {
        const auto x = random_values<TestType>(random, s.images * s.map_in() * s.channels);
        auto y = unwritten<TestType>(s.images * s.map_out() * s.channels);
        staa::average_pool<TestType>(s, x.data(), y.data());
        auto expected = zeros<double>(y.size());
        staa::plain::average_pool(s, as<double>(x).data(), expected.data());
        CHECK(mismatch(y, expected) == "");
    });
}

TEMPLATE_TEST_CASE("Spikes are pooled as the numbers 0 and 1", "[kernels]", float, double) {
    staa::Random random(2);
    const double rate = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    for_each_shape([&](const PoolingShape& s) {
        const Index pixels = s.images * s.map_in();
        const auto bits = random_spikes(random, pixels, s.channels, rate);
        auto y = unwritten<TestType>(s.images * s.map_out() * s.channels);
        staa::average_pool<TestType>(s, bits.data(), y.data());
        auto expected = zeros<double>(y.size());
        staa::plain::average_pool(s, numbers_of(bits, pixels, s.channels).data(), expected.data());
        CHECK(mismatch(y, expected) == "");
    });
}

TEMPLATE_TEST_CASE("The gradient of a pooled pixel goes to all pixels of its window", "[kernels]", float, double) {
    staa::Random random(3);
    for_each_shape([&](const PoolingShape& s) {
        const auto dy = random_values<TestType>(random, s.images * s.map_out() * s.channels);
        auto dx = unwritten<TestType>(s.images * s.map_in() * s.channels);
        staa::average_pool_gradient<TestType>(s, dy.data(), dx.data());
        auto expected = zeros<double>(dx.size());
        staa::plain::average_pool_gradient(s, as<double>(dy).data(), expected.data());
        CHECK(mismatch(dx, expected) == "");
    });
}

}  // namespace
