// SPDX-License-Identifier: MIT
// Reads any bytes as a recording of N-MNIST.
#include "fuzz/check_events.hpp"
#include "staa/data/nmnist_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    staa_fuzz::check_reader({data, size}, 5, [](std::span<const std::uint8_t> bytes, bool is_lenient) {
        return staa::parse_nmnist(bytes, "input", {.drop_truncated = is_lenient, .sort = is_lenient});
    });
    return 0;
}
