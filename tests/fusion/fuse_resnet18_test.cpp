// SPDX-License-Identifier: MIT
// ResNet-18 and ResNet-34: fused blocks compute what their layers compute one by one.
#include "fusion/fused_and_plain.hpp"
#include "staa/networks/resnet.hpp"

using namespace staa_tests;

TEST_CASE("ResNet-18 gives the same fused and layer by layer") {
    CHECK(largest_difference<ResNet18On<Large, 4, 10, Ramps>>() < 1e-9);
}

TEST_CASE("ResNet-34 gives the same fused and layer by layer") {
    CHECK(largest_difference<ResNet34On<Large, 4, 10, Ramps>>() < 1e-9);
}
