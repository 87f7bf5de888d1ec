// SPDX-License-Identifier: MIT
// ResNet-20 and ResNet-19: fused blocks compute what their layers compute one by one.
#include "fusion/fused_and_plain.hpp"
#include "staa/networks/resnet.hpp"

using namespace staa_tests;

TEST_CASE("ResNet-20 gives the same fused and layer by layer, in training, backward and inference") {
    CHECK(largest_difference<ResNet20On<Small, 4, 10, Ramps, ConvBn, RampStem>>() < 1e-9);
    CHECK(largest_difference<ResNet20On<Small, 4, 10, RampStem, ConvBn, RampStem>>() < 1e-9);
}

TEST_CASE("ResNet-19 gives the same fused and layer by layer") {
    CHECK(largest_difference<ResNet19On<Frames<2, 16, 16, double>, 4, 10, Ramps>>() < 1e-9);
}
