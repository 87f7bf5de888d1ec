// SPDX-License-Identifier: MIT
// Saving weights as numbers of 16 bits.
#include "staa/io/safetensors_save.hpp"

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "io/some_weights.hpp"
#include "staa/io/safetensors.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Safetensors;
using staa::StoredType;
using staa_tests::SomeWeights;
using staa_tests::TemporaryFolder;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// How many of all finite numbers of a type are not rounded as IEEE 754 says: each number to itself, and the numbers
/// around the middle between it and the next one to the nearer of the two, the middle to the even one.
template <class Read, class Round>
int wrongly_rounded(std::uint16_t greatest, Read read, Round round) {
    int wrong = 0;
    for (std::uint16_t bits = 0; bits < greatest; ++bits) {
        const double here = read(bits), next = read(static_cast<std::uint16_t>(bits + 1)), middle = (here + next) / 2;
        const int even = bits + bits % 2;
        wrong += round(here) != bits || round(std::nextafter(middle, -infinity)) != bits || round(middle) != even ||
                 round(std::nextafter(middle, infinity)) != bits + 1;
        wrong += round(-middle) != (even | 0x8000) || round(-here) != (bits | 0x8000);
    }
    return wrong;
}

TEST_CASE("every float16 and every bfloat16 is the result of rounding what is nearest to it, ties to even",
          "[safetensors]") {
    CHECK(wrongly_rounded(0x7BFF, staa::detail::float_of_float16, staa::detail::float16_of) == 0);
    CHECK(wrongly_rounded(0x7F7F, staa::detail::float_of_bfloat16, staa::detail::bfloat16_of) == 0);
}

TEST_CASE("values of PyTorch's half() and bfloat16()", "[safetensors]") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    // torch.tensor([..]).half().view(torch.int16), and the same with bfloat16()
    const double values[] = {0.1f, -1.0f / 3, 65504, 65519, 65520, 1e-8, 3e-8, 1e38, infinity, -infinity, -0.0, nan};
    const std::vector<std::uint16_t> halves = {0x2E66, 0xB555, 0x7BFF, 0x7BFF, 0x7C00, 0x0000,
                                               0x0001, 0x7C00, 0x7C00, 0xFC00, 0x8000, 0x7E00};
    const std::vector<std::uint16_t> brains = {0x3DCD, 0xBEAB, 0x4780, 0x4780, 0x4780, 0x322C,
                                               0x3301, 0x7E96, 0x7F80, 0xFF80, 0x8000, 0x7FC0};
    std::vector<std::uint16_t> as_half, as_brain;
    for (const double value : values) {
        as_half.push_back(staa::detail::float16_of(value));
        as_brain.push_back(staa::detail::bfloat16_of(value));
    }
    CHECK(as_half == halves);
    CHECK(as_brain == brains);
}

TEMPLATE_TEST_CASE("weights that are exact in 16 bits are saved so in half the bytes and loaded again", "[safetensors]",
                   float, double) {
    const TemporaryFolder folder;
    const auto weights = SomeWeights<TestType>::counted();  // exact in float16
    staa::save(weights, folder / "all");
    staa::save(weights, folder / "half", {.type = StoredType::float16});
    const Safetensors all = Safetensors::open(folder / "all"), half = Safetensors::open(folder / "half");
    for (const auto& [name, tensor] : half.tensors()) {
        INFO(name);
        const bool is_counter = name == "norm.num_batches_tracked";
        CHECK(tensor.dtype == (is_counter ? "I64" : "F16"));
        CHECK(tensor.shape == all.at(name).shape);
        const staa::Index before = all.at(name).end - all.at(name).begin, bytes = tensor.end - tensor.begin;
        CHECK((is_counter ? bytes == before : bytes * static_cast<staa::Index>(sizeof(TestType)) == before * 2));
    }
    auto loaded = SomeWeights<TestType>::zeros();
    staa::load(loaded, folder / "half");
    CHECK(loaded == weights);
}

TEST_CASE("weights that are not exact in bfloat16 are rounded", "[safetensors]") {
    const TemporaryFolder folder;
    auto weights = SomeWeights<float>::counted();
    weights.bias(0) = 0.1f;
    weights.bias(1) = 1e38f;
    weights.bias(2) = std::numeric_limits<float>::infinity();
    staa::save(weights, folder / "brain", {.type = StoredType::bfloat16});
    Safetensors file = Safetensors::open(folder / "brain");
    CHECK(file.at("fc.bias").dtype == "BF16");
    const auto bias = file.values<float>("fc.bias");
    CHECK(bias[0] == 0.10009765625f);
    CHECK(bias[1] == 0x1.2cp+126f);
    CHECK(bias[2] == std::numeric_limits<float>::infinity());
}

TEST_CASE("a value that is too large for float16 is an error that names the tensor, and no file is left",
          "[safetensors]") {
    const TemporaryFolder folder;
    auto weights = SomeWeights<float>::counted();
    weights.bias(4) = -70000;
    CHECK_THROWS_MATCHES(staa::save(weights, folder / "half", {.type = StoredType::float16}), staa::Error,
                         Message("cannot write " + (folder / "half").string() +
                                 ": tensor \"fc.bias\" has the value -70000, which is too large for F16"));
    CHECK(folder.entries() == 0);
    weights.bias(4) = std::numeric_limits<float>::max();
    std::ostringstream out;
    CHECK_THROWS_AS(staa::save(weights, out, {.type = StoredType::bfloat16}), staa::Error);
}

TEST_CASE("a saved file has the texts of the options in its header, and a stream gets the same bytes",
          "[safetensors]") {
    const TemporaryFolder folder;
    const staa::SaveOptions options{.type = StoredType::bfloat16, .metadata = {{"classes", "cat dog"}}};
    staa::save(SomeWeights<float>::counted(), folder / "a", options);
    CHECK(Safetensors::open(folder / "a").metadata().at("classes") == "cat dog");
    std::ostringstream out;
    staa::save(SomeWeights<float>::counted(), out, options);
    CHECK(out.str().size() == std::filesystem::file_size(folder / "a"));
}

}  // namespace
