// SPDX-License-Identifier: MIT
#include "staa/core/error.hpp"

#include <string>
#include <type_traits>

#include "support/catch.hpp"

namespace {

static_assert(std::is_base_of_v<std::runtime_error, staa::Error>);

TEST_CASE("A failure throws its parts as one sentence", "[core]") {
    const std::string file = "batch.bin";
    CHECK_THROWS_MATCHES(staa::fail(file, ": label ", 200, " at byte ", 3073L, " is not below ", 10, '.'), staa::Error,
                         Catch::Matchers::Message("batch.bin: label 200 at byte 3073 is not below 10."));
}

}  // namespace
