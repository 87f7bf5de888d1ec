// SPDX-License-Identifier: MIT
#include "staa/io/safetensors.hpp"

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "io/safetensors_bytes.hpp"
#include "io/some_weights.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Index;
using staa::Safetensors;
using staa_tests::contains_text;
using staa_tests::EndsWith;
using staa_tests::file_of;
using staa_tests::SomeWeights;
using staa_tests::TemporaryFolder;

const std::filesystem::path data_folder = std::filesystem::path(STAA_TEST_DATA_DIR) / "io";

/// A file of `SomeWeights<float>::counted()`.
std::string saved_bytes() {
    std::ifstream file(data_folder / "written_by_staa.safetensors", std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

/// The message of the `Error` of `load`; empty if there is none. Checks that the weights are unchanged after an
/// `Error`.
template <class Real>
std::string misfit(SomeWeights<Real> weights, Safetensors file) {
    const SomeWeights<Real> before = weights;
    try {
        staa::load(weights, file);
    } catch (const staa::Error& error) {
        CHECK(weights == before);
        return error.what();
    }
    return "";
}

/// A network with one counter and nothing else.
struct OneCounter {
    using Scalar = float;
    std::int64_t value = 0;
    std::string name = "n";

    template <class Visitor>
    void visit(Visitor&&) {}
    template <class Visitor>
    void visit_statistics(Visitor&& visitor) {
        visitor(staa::ParameterName{name, staa::Layout::same, {}}, value);
    }
};

/// A network with one tensor, whose description can be wrong.
struct OneTensor {
    using Scalar = float;
    staa::ParameterName name;
    staa::Tensor<float, 1> values = staa::filled(0.f, 6);

    template <class Visitor>
    void visit(Visitor&& visitor) const {
        visitor(name, values);
        if (is_there_twice)
            visitor(name, values);
    }
    template <class Visitor>
    void visit_statistics(Visitor&&) const {}

    bool is_there_twice = false;
};

}  // namespace

TEMPLATE_TEST_CASE("a network that is saved and loaded has the same weights", "[safetensors]", float, double) {
    const TemporaryFolder folder;
    const auto saved = SomeWeights<TestType>::counted();
    staa::save(saved, folder / "a.safetensors");
    auto loaded = SomeWeights<TestType>::zeros();
    REQUIRE_FALSE(loaded == saved);
    staa::load(loaded, folder / "a.safetensors");
    CHECK(loaded == saved);
    CHECK(folder.entries() == 1);
}

TEMPLATE_TEST_CASE("saving keeps every bit, the payload of a NaN too", "[safetensors]", float, double) {
    using Bits = std::conditional_t<sizeof(TestType) == 4, std::uint32_t, std::uint64_t>;
    using Limits = std::numeric_limits<TestType>;
    const auto quiet = std::bit_cast<Bits>(Limits::quiet_NaN()), infinite = std::bit_cast<Bits>(Limits::infinity());
    const TemporaryFolder folder;
    auto saved = SomeWeights<TestType>::counted();
    // Copied as bits, because an assignment can change a signalling NaN.
    const Bits special[] = {static_cast<Bits>(quiet + 0x1234), static_cast<Bits>(infinite + 0x4321), infinite,
                            std::bit_cast<Bits>(TestType(-0.0)), std::bit_cast<Bits>(-Limits::denorm_min())};
    std::memcpy(saved.bias.data(), special, sizeof special);
    staa::save(saved, folder / "a");
    const auto read = Safetensors::open(folder / "a").template values<TestType>("fc.bias");
    CHECK(std::memcmp(read.data(), special, sizeof special) == 0);
}

TEMPLATE_TEST_CASE("saving and loading keep the sign of zero and subnormal numbers", "[safetensors]", float, double) {
    const TemporaryFolder folder;
    auto saved = SomeWeights<TestType>::counted();
    saved.bias(0) = TestType(-0.0);
    saved.kernel.data()[1] = -std::numeric_limits<TestType>::denorm_min();
    staa::save(saved, folder / "a");
    auto loaded = SomeWeights<TestType>::zeros();
    staa::load(loaded, folder / "a");
    CHECK(loaded == saved);
}

TEMPLATE_TEST_CASE("loading refuses a value that is not finite and names its tensor", "[safetensors]", float, double) {
    using Limits = std::numeric_limits<TestType>;
    for (const TestType bad : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
        const TemporaryFolder folder;
        auto saved = SomeWeights<TestType>::counted();
        saved.matrix(0, 2) = bad;
        staa::save(saved, folder / "a");
        auto loaded = SomeWeights<TestType>::zeros();
        CHECK_THROWS_WITH(staa::load(loaded, folder / "a"), contains_text("tensor \"fc.weight\" has the value"));
        CHECK(loaded == SomeWeights<TestType>::zeros());
    }
}

TEST_CASE("loading refuses a float64 that is infinite as the network's float", "[safetensors]") {
    const TemporaryFolder folder;
    auto saved = SomeWeights<double>::counted();
    saved.bias(3) = 1e300;
    staa::save(saved, folder / "a");
    auto loaded = SomeWeights<float>::zeros();
    CHECK_THROWS_WITH(staa::load(loaded, folder / "a"),
                      contains_text("tensor \"fc.bias\" has the value inf at position 3; expected finite numbers"));
}

TEMPLATE_TEST_CASE("a saved file has PyTorch's names, shapes, types and order", "[safetensors]", float, double) {
    const TemporaryFolder folder;
    const auto weights = SomeWeights<TestType>::counted();
    staa::save(weights, folder / "a");
    Safetensors file = Safetensors::open(folder / "a");

    CHECK(file.tensors().size() == 6);
    CHECK(file.at("conv.weight").dtype == (sizeof(TestType) == 4 ? "F32" : "F64"));
    REQUIRE(file.at("conv.weight").shape == std::vector<Index>{4, 3, 2, 2});
    const auto kernel = file.values<TestType>("conv.weight");
    REQUIRE(file.at("fc.weight").shape == std::vector<Index>{5, 3, 1, 1});
    const auto matrix = file.values<TestType>("fc.weight");
    REQUIRE(file.at("encoding").shape == std::vector<Index>{2, 4, 2, 3});
    const auto encoding = file.values<TestType>("encoding");

    std::size_t next_kernel = 0, next_matrix = 0, next_encoding = 0;
    int wrong = 0;
    for (int out = 0; out < 4; ++out)
        for (int in = 0; in < 3; ++in)
            for (int y = 0; y < 2; ++y)
                for (int x = 0; x < 2; ++x)
                    wrong += kernel[next_kernel++] != weights.kernel(y, x, in, out);
    for (int out = 0; out < 5; ++out)
        for (int in = 0; in < 3; ++in)
            wrong += matrix[next_matrix++] != weights.matrix(in, out);
    for (int step = 0; step < 2; ++step)
        for (int channel = 0; channel < 4; ++channel)
            for (int y = 0; y < 2; ++y)
                for (int x = 0; x < 3; ++x)
                    wrong += encoding[next_encoding++] != weights.encoding(step, y, x, channel);
    CHECK(wrong == 0);

    CHECK(file.at("norm.running_mean").shape == std::vector<Index>{3, 1, 1});
    CHECK(file.at("norm.num_batches_tracked").dtype == "I64");
    CHECK(file.at("norm.num_batches_tracked").shape.empty());
    CHECK(file.values<std::int64_t>("norm.num_batches_tracked").at(0) == weights.batches);
}

TEST_CASE("a saved file says that it is for PyTorch, and which version of the library wrote it", "[safetensors]") {
    const TemporaryFolder folder;
    staa::save(SomeWeights<float>::counted(), folder / "a");
    const auto metadata = Safetensors::open(folder / "a").metadata();
    CHECK(metadata.at("format") == "pt");
    CHECK(metadata.at("staa") == std::to_string(STAA_VERSION_MAJOR) + "." + std::to_string(STAA_VERSION_MINOR) + "." +
                                     std::to_string(STAA_VERSION_PATCH));
    CHECK(metadata.size() == 2);
}

TEST_CASE(
    "in a saved file the data begin at a multiple of 8 bytes, and each tensor at a multiple of its element's size",
    "[safetensors]") {
    const TemporaryFolder folder;
    staa::save(SomeWeights<float>::counted(), folder / "a");
    std::ifstream bytes(folder / "a", std::ios::binary);
    CHECK(bytes.get() % 8 == 0);  // the lowest byte of the header's length
    const Safetensors file = Safetensors::open(folder / "a");
    for (const auto& [name, tensor] : file.tensors()) {
        INFO(name);
        CHECK(tensor.begin % (tensor.dtype == "I64" ? 8 : 4) == 0);
    }
}

TEST_CASE("two networks with the same weights give the same file", "[safetensors]") {
    const TemporaryFolder folder;
    const auto bytes = [&](const char* name) {
        staa::save(SomeWeights<float>::counted(), folder / name);
        std::ifstream file(folder / name, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    CHECK(bytes("a") == bytes("b"));
}

TEMPLATE_TEST_CASE("a file that the official package wrote in five number types is loaded", "[safetensors]", float,
                   double) {
    auto weights = SomeWeights<TestType>::zeros();
    staa::load(weights, data_folder / "written_by_pytorch.safetensors");
    // In PyTorch's order each tensor counts up in quarters.
    CHECK(weights.kernel(1, 0, 2, 3) == TestType(((3 * 3 + 2) * 2 + 1) * 2 + 0) / 4);
    CHECK(weights.kernel(0, 1, 0, 2) == TestType(((2 * 3 + 0) * 2 + 0) * 2 + 1) / 4);
    CHECK(weights.matrix(2, 4) == TestType(4 * 3 + 2) / 4);
    CHECK(weights.matrix(1, 3) == TestType(3 * 3 + 1) / 4);
    CHECK(weights.bias(3) == TestType(3) / 4);
    CHECK(weights.encoding(1, 0, 2, 3) == TestType(((1 * 4 + 3) * 2 + 0) * 3 + 2) / 4);
    CHECK(weights.encoding(0, 1, 1, 2) == TestType(((0 * 4 + 2) * 2 + 1) * 3 + 1) / 4);
    CHECK(weights.mean(2) == TestType(2) / 4);
    CHECK(weights.batches == (std::int64_t(1) << 40) + 1);
}

TEMPLATE_TEST_CASE("a file that the library wrote in its first version is loaded", "[safetensors]", float, double) {
    auto weights = SomeWeights<TestType>::zeros();
    staa::load(weights, data_folder / "written_by_staa.safetensors");
    CHECK(weights == SomeWeights<TestType>::counted());
}

/// The value of a counter that is stored so; -1 if it is refused.
std::int64_t counter_of(const std::string& type, const std::string& shape, const std::string& data) {
    OneCounter net;
    Safetensors file = staa_tests::open(file_of("{\"n\":{\"dtype\":\"" + type + "\",\"shape\":" + shape +
                                                    ",\"data_offsets\":[0," + std::to_string(data.size()) + "]}}",
                                                data));
    try {
        staa::load(net, file);
    } catch (const staa::Error&) {
        CHECK(net.value == 0);
        return -1;
    }
    return net.value;
}

TEST_CASE("a counter may be a whole number of 32 bits, a floating-point number, or have the shape [1]",
          "[safetensors]") {
    using staa_tests::little_endian;
    CHECK(counter_of("I32", "[]", little_endian(70'000, 4)) == 70'000);
    CHECK(counter_of("I64", "[1]", little_endian(70'000, 8)) == 70'000);
    CHECK(counter_of("F32", "[]", little_endian(0x47800000, 4)) == 65'536);
    CHECK(counter_of("F64", "[1]", little_endian(0x40F0000000000000, 8)) == 65'536);
    CHECK(counter_of("F16", "[]", little_endian(0x6400, 2)) == 1024);
}

TEST_CASE("a file need not have the number of batches of a norm, but every other counter", "[safetensors]") {
    Safetensors file = staa_tests::open(file_of("{}"));
    OneCounter norm{.value = 7, .name = "layer.num_batches_tracked"};
    staa::load(norm, file);
    CHECK(norm.value == 7);
    OneCounter step{.name = "step"};
    CHECK_THROWS_AS(staa::load(step, file), staa::Error);
}

TEST_CASE("a counter that is negative, not finite or too large is refused, and so is another shape", "[safetensors]") {
    using staa_tests::little_endian;
    CHECK(counter_of("I64", "[]", little_endian(~0ull, 8)) == -1);
    CHECK(counter_of("F32", "[]", little_endian(0xBF800000, 4)) == -1);
    CHECK(counter_of("F32", "[]", little_endian(0x7FC00000, 4)) == -1);
    CHECK(counter_of("F32", "[]", little_endian(0x7F800000, 4)) == -1);
    CHECK(counter_of("F64", "[]", little_endian(0x43E0000000000000, 8)) == -1);  // 2^63
    CHECK(counter_of("I32", "[2]", little_endian(1, 8)) == -1);
    CHECK(counter_of("I32", "[1,1]", little_endian(1, 4)) == -1);
}

TEST_CASE("one error lists the tensors that are missing, unknown, or of another shape or type", "[safetensors]") {
    const std::string header = R"({"conv.weight":{"dtype":"F32","shape":[1,1,1,1],"data_offsets":[0,4]},)"
                               R"("fc.weight":{"dtype":"I32","shape":[5,3,1,1],"data_offsets":[4,64]},)"
                               R"("fc.bias":{"dtype":"U8","shape":[6],"data_offsets":[64,70]},)"
                               R"("norm.running_var":{"dtype":"F16","shape":[],"data_offsets":[70,72]},)"
                               R"("norm.num_batches_tracked":{"dtype":"U64","shape":[],"data_offsets":[72,80]}})";
    CHECK(misfit(SomeWeights<float>::counted(), staa_tests::open(file_of(header, std::string(80, '\0')))) ==
          "x.safetensors: these tensors do not fit the network, which stays as it was:\n"
          "  missing in the file (2): \"encoding\", \"norm.running_mean\"\n"
          "  not in the network (1): \"norm.running_var\"\n"
          "  of another shape (2): \"conv.weight\" is [1, 1, 1, 1], expected [4, 3, 2, 2], "
          "\"fc.bias\" is [6], expected [5]\n"
          "  of another type (3): \"fc.weight\" is I32, expected F16, BF16, F32, F64, F8_E4M3 or F8_E5M2, "
          "\"fc.bias\" is U8, expected F16, BF16, F32, F64, F8_E4M3 or F8_E5M2, "
          "\"norm.num_batches_tracked\" is U64, expected I64, I32, F16, BF16, F32, F64, F8_E4M3 or F8_E5M2");
}

TEST_CASE("a shape with the same number of values but other extents is refused", "[safetensors]") {
    std::string bytes = saved_bytes();
    bytes.replace(bytes.find("[4,3,2,2]"), 9, "[2,2,3,4]");
    CHECK_THAT(misfit(SomeWeights<float>::zeros(), staa_tests::open(bytes)),
               contains_text("of another shape (1): \"conv.weight\" is [2, 2, 3, 4], expected [4, 3, 2, 2]"));
}

TEST_CASE("an error names five tensors of a kind and counts the rest", "[safetensors]") {
    std::string header = "{";
    for (int i = 0; i < 1030; ++i) {
        header += (i > 0 ? ",\"t" : "\"t") + std::to_string(1000 + i) +
                  R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
    }
    CHECK_THAT(misfit(SomeWeights<float>::zeros(), staa_tests::open(file_of(header + "}"))),
               EndsWith("not in the network (1030): \"t1000\", \"t1001\", \"t1002\", \"t1003\", \"t1004\" and 1025 "
                        "more"));
}

TEST_CASE("a file that cannot be read to its end does not change the network", "[safetensors]") {
    auto stream = std::make_unique<std::istringstream>(saved_bytes());
    std::istringstream& bytes = *stream;
    Safetensors file(std::move(stream), "x.safetensors");
    bytes.str(bytes.str().substr(0, bytes.str().size() - 1));  // cut off after it was opened
    CHECK(misfit(SomeWeights<float>::zeros(), std::move(file)) == "x.safetensors: 12 bytes at byte 960 cannot be read");
}

TEST_CASE("a network cannot be saved in a folder that does not exist", "[safetensors]") {
    const TemporaryFolder folder;
    CHECK_THROWS_MATCHES(staa::save(SomeWeights<float>::counted(), folder / "missing/a"), staa::Error,
                         Message("cannot write " + (folder / "missing/a").string() + ": No such file or directory"));
}

TEST_CASE("a network with two tensors of one name cannot be saved", "[safetensors]") {
    const TemporaryFolder folder;
    OneTensor net{{"a", staa::Layout::same, {6}}};
    net.is_there_twice = true;
    CHECK_THROWS_MATCHES(
        staa::save(net, folder / "a"), staa::Error,
        Message("cannot write " + (folder / "a").string() + ": the network has two tensors of the name \"a\""));
    CHECK(folder.entries() == 0);
}

TEST_CASE("a tensor whose name is not UTF-8, or is reserved by the format, cannot be saved", "[safetensors]") {
    const TemporaryFolder folder;
    CHECK_THROWS_MATCHES(staa::save(OneTensor{{"\xFF", staa::Layout::same, {6}}}, folder / "a"), staa::Error,
                         Message("cannot write " + (folder / "a").string() + ": a tensor's name is not UTF-8"));
    CHECK_THROWS_AS(staa::save(OneTensor{{"__metadata__", staa::Layout::same, {6}}}, folder / "a"), staa::Error);
    CHECK(folder.entries() == 0);
}

TEST_CASE("a name with special characters is escaped in the file and read back unchanged", "[safetensors]") {
    const TemporaryFolder folder;
    const std::string name = "\"\\\n\xC3\xBC";
    staa::save(OneTensor{{name, staa::Layout::same, {6}}}, folder / "a");
    CHECK(Safetensors::open(folder / "a").at(name).shape == std::vector<Index>{6});
}

TEST_CASE("a tensor whose shape does not fit its values or its layout is named", "[safetensors]") {
    const TemporaryFolder folder;
    for (const auto& [layout, shape, text] : {std::tuple{staa::Layout::same, std::vector<Index>{5}, "[5]"},
                                              {staa::Layout::matrix, std::vector<Index>{6}, "[6]"},
                                              {staa::Layout::convolution, std::vector<Index>{6}, "[6]"},
                                              {staa::Layout::map, std::vector<Index>{2, 3}, "[2, 3]"}}) {
        CHECK_THROWS_MATCHES(
            staa::save(OneTensor{{"a", layout, shape}}, folder / "a"), staa::Error,
            Message(std::string("the weights' tensor \"a\" has 6 values, but its layer gives it the shape ") + text));
    }
}
