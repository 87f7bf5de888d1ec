// SPDX-License-Identifier: MIT
// What is fused in every bundled network. A fusion that gets lost shows here, before somebody measures it.
#include "staa/networks/plan.hpp"

#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"
#include "support/catch.hpp"

TEST_CASE("placeholder") {
    std::fputs(staa::plan<staa::Vgg13<64, 10>>().c_str(), stdout);
    CHECK(true);
}
