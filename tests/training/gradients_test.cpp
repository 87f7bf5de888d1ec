// SPDX-License-Identifier: MIT
#include "staa/training/gradients.hpp"

#include <limits>
#include <vector>

#include "staa/layers/linear.hpp"
#include "staa/networks/network.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

}  // namespace

TEMPLATE_TEST_CASE("the first value that is not finite is found at every place and size", "", float, double) {
    using Limits = std::numeric_limits<TestType>;
    for (const Index size : {0, 1, 63, 64, 65, 127, 128, 200, 16384, 16385, 40000}) {
        std::vector<TestType> values(static_cast<std::size_t>(size), Limits::max());
        INFO("of " << size << " values");
        CHECK(detail::first_not_finite(values.data(), size) == size);
        for (const Index place : {Index{0}, Index{62}, Index{63}, Index{64}, size / 2, size - 1}) {
            for (const TestType bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
                if (place >= 0 && place < size) {
                    values[static_cast<std::size_t>(place)] = bad;
                    values.back() = Limits::infinity();
                    INFO("place " << place);
                    CHECK(detail::first_not_finite(values.data(), size) == place);
                    values[static_cast<std::size_t>(place)] = values.back() = -Limits::denorm_min();
                }
            }
        }
    }
}
