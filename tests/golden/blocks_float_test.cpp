// SPDX-License-Identifier: MIT
#include "golden/blocks.hpp"

TEST_CASE("every block computes what the reference computes, in float to 1e-4") {
    staa_tests::check_blocks<float>(1e-4);
}
