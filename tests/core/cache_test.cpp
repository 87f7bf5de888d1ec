// SPDX-License-Identifier: MIT
#include "staa/core/cache.hpp"

#include <array>

#include "support/catch.hpp"

namespace {

using staa::Index;

TEMPLATE_TEST_CASE("Zeros past the caches fill their range and nothing else, wherever it begins and ends", "[core]",
                   float, double) {
    alignas(64) std::array<TestType, 100> values;
    for (const Index first : {0, 1, 7, 16, 33}) {
        for (const Index count : {0, 1, 15, 16, 17, 48, 65}) {
            values.fill(TestType(1));
            staa::zeros_past_caches(values.data() + first, count);
            staa::finish_past_caches();
            for (Index i = 0; i < 100; ++i) {
                INFO(count << " from " << first << " on, value " << i);
                CHECK(values[static_cast<std::size_t>(i)] == (i >= first && i < first + count ? 0 : 1));
            }
        }
    }
}

}  // namespace
