// SPDX-License-Identifier: MIT
#include "kernels/guarded_array.hpp"

#include "support/catch.hpp"

namespace {

using namespace staa_tests;

TEST_CASE("A comparison lets neither NaN nor an error beyond the tolerance pass", "[kernels]") {
    const Array<double> expected(3, 2.0, 0.0);
    Array<float> found(3, 2.0f, 113.0f);
    CHECK(mismatch(found, expected) == "");
    found[0] = 2.0001f;
    CHECK_THAT(mismatch(found, expected), StartsWith("value 0 is 2.0001, expected 2"));
    CHECK(mismatch(found, expected, 1e-3) == "");
    found[0] = poison<float>();
    CHECK_THAT(mismatch(found, expected), StartsWith("value 0 is nan, expected 2"));
    CHECK_THAT(mismatch(found, Array<double>(3, poison<double>(), 0.0)), StartsWith("value 0 is nan"));
    CHECK_THAT(mismatch(found, Array<double>(4, 2.0, 0.0)), StartsWith("3 values instead of 4"));
}

TEST_CASE("A write outside an array is detected, also of NaN", "[kernels]") {
    for (const Index outside : {-1, 3}) {
        Array<double> found(3, 2.0, 113.0);
        ASAN_UNPOISON_MEMORY_REGION(&found[outside], sizeof(double));  // which would stop the program here
        found[outside] = poison<double>();
        CHECK_THAT(mismatch(found, Array<double>(3, 2.0, 0.0)), EndsWith("something was written outside the array"));
    }
}

}  // namespace
