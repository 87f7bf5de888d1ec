// SPDX-License-Identifier: MIT
#include "staa/networks/resnet.hpp"

#include <memory>

#include "support/catch.hpp"

TEST_CASE("ResNet-20 of width 64 for 100 classes has the paper's 12.69 million parameters, within half a percent") {
    const auto net = std::make_unique<staa::ResNet20<64, 100>>(staa::NetworkOptions{.steps = 4});
    CHECK_THAT(static_cast<double>(net->parameter_count()), Catch::Matchers::WithinRel(12.69e6, 0.005));
}
