// SPDX-License-Identifier: MIT
#include "golden/blocks.hpp"

TEST_CASE("every block computes what the reference computes, in double to 1e-9") {
    staa_tests::check_blocks<double>(1e-9);
}
