// SPDX-License-Identifier: MIT
#include "staa/io/safetensors_file.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "io/safetensors_bytes.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Index;
using staa::Safetensors;
using staa_tests::fields;
using staa_tests::file_of;
using staa_tests::file_with;
using staa_tests::little_endian;
using staa_tests::open;
using staa_tests::TemporaryFolder;

TEST_CASE("a file has tensors by name, with types and shapes, and metadata strings", "[safetensors]") {
    Safetensors file = open(file_of(R"({"weight":{"dtype":"F32","shape":[2,1],"data_offsets":[8,16]},)"
                                    R"("__metadata__":{"format":"pt","by":"hand"},)"
                                    R"("count":{"data_offsets":[0,8],"shape":[],"dtype":"I64"}}   )",
                                    little_endian(7, 8) + little_endian(0x3F800000, 4) + little_endian(0xC0000000, 4)));
    REQUIRE(file.tensors().size() == 2);
    CHECK(file.at("weight").dtype == "F32");
    CHECK(file.at("weight").shape == std::vector<Index>{2, 1});
    CHECK(file.at("count").dtype == "I64");
    CHECK(file.at("count").shape.empty());
    CHECK(file.values<float>("weight") == std::vector{1.0f, -2.0f});
    CHECK(file.values<std::int64_t>("count") == std::vector<std::int64_t>{7});
    CHECK(file.metadata().size() == 2);
    CHECK(file.metadata().at("by") == "hand");
    CHECK(file.source() == "x.safetensors");
}

TEST_CASE("a file may have no tensors, and tensors without values", "[safetensors]") {
    CHECK(open(file_of("{}")).tensors().empty());
    Safetensors file = open(file_of(R"({"a":{"dtype":"F64","shape":[3,0],"data_offsets":[0,0]}})"));
    CHECK(file.values<double>("a").empty());
}

TEST_CASE("tensors may be in another order in the header than in the data", "[safetensors]") {
    const std::string one = little_endian(0x3F800000, 4), minus_two = little_endian(0xC0000000, 4);
    Safetensors file = open(file_of(
        "{\"b\":{" + staa_tests::dtype + "," + staa_tests::shape + ",\"data_offsets\":[4,8]},\"a\":{" + fields + "}}",
        one + minus_two));
    CHECK(file.values<float>("a") == std::vector{1.0f});
    CHECK(file.values<float>("b") == std::vector{-2.0f});
}

TEST_CASE("a name may have any character that JSON can write", "[safetensors]") {
    Safetensors file = open(file_of("{\"\\u00fc \\\"\\n\":{" + fields + "}}", "1234"));
    CHECK(file.at("\xC3\xBC \"\n").shape == std::vector<Index>{1});
}

TEST_CASE("white space around the header, metadata of null and fields that are not known are read over",
          "[safetensors]") {
    CHECK(open(file_of(" \n\t\r{\"a\":{" + fields + "}} \n\t\r", "1234")).tensors().size() == 1);
    Safetensors null = open(file_of("{\"__metadata__\":null,\"a\":{" + fields + "}}", "1234"));
    CHECK(null.tensors().size() == 1);
    CHECK(null.metadata().empty());
    for (const char* value :
         {"1", "-1", "1.5", "null", "true", "\"x\"", "[]", "{}", R"([1,[{"dtype":[]}],{"k":{}}])"}) {
        INFO(value);
        Safetensors file = open(file_with(std::string("\"u\":") + value + "," + fields + ",\"v\":" + value));
        CHECK(file.at("a").shape == std::vector<Index>{1});
    }
}

TEST_CASE("of the same tensor twice, or the same key of the metadata, the last counts", "[safetensors]") {
    CHECK(open(file_of("{\"a\":{" + fields + "},\"a\":{" + fields + "}}", "1234")).tensors().size() == 1);
    const std::string other = R"({"dtype":"I64","shape":[3,3],"data_offsets":[0,8]})";
    Safetensors file = open(file_of("{\"a\":" + other + ",\"\\u0061\":{" + fields + "}}", "1234"));
    CHECK(file.at("a").dtype == "F32");
    CHECK(open(file_of(R"({"__metadata__":{"k":"1","k":"2"}})")).metadata().at("k") == "2");
}

TEST_CASE("a tensor may have any number of dimensions", "[safetensors]") {
    Safetensors file = open(file_with(R"("dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4])"));
    CHECK(file.at("a").shape.size() == 12);
}

TEST_CASE("files that the reference implementation reads are read", "[safetensors]") {
    const auto folder = std::filesystem::path(STAA_TEST_DATA_DIR) / "io";
    CHECK(Safetensors::open(folder / "trailing_newline.safetensors").values<float>("test") == std::vector{1.5f});
    CHECK(Safetensors::open(folder / "metadata_null.safetensors").tensors().size() == 1);
    CHECK(Safetensors::open(folder / "same_entry_twice.safetensors").tensors().size() == 1);
}

TEST_CASE("whole numbers can be read as any type of number", "[safetensors]") {
    Safetensors file = open(file_of(R"({"i":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},)"
                                    R"("l":{"dtype":"I64","shape":[1],"data_offsets":[8,16]}})",
                                    little_endian(5, 4) + little_endian(0xFFFFFFFE, 4) +
                                        little_endian(static_cast<std::uint64_t>(-3'000'000'000), 8)));
    CHECK(file.values<std::int64_t>("i") == std::vector<std::int64_t>{5, -2});
    CHECK(file.values<float>("i") == std::vector{5.0f, -2.0f});
    CHECK(file.values<double>("l") == std::vector{-3e9});
}

/// The value of a floating-point number of the given bits by IEEE 754's definition: (-1)^s 2^(e-bias) 1.f, below the
/// least exponent 2^(1-bias) 0.f, and infinity or NaN at the greatest.
double value_of(unsigned bits, int exponent_bits, int fraction_bits) {
    const unsigned fraction = bits & ((1u << fraction_bits) - 1);
    const int exponent = static_cast<int>(bits >> fraction_bits & ((1u << exponent_bits) - 1));
    const int greatest = (1 << exponent_bits) - 1, bias = greatest / 2;
    const double sign = bits >> (exponent_bits + fraction_bits) == 0 ? 1.0 : -1.0;
    if (exponent == greatest) {
        return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
    }
    const double significand = std::ldexp(fraction, -fraction_bits) + (exponent == 0 ? 0 : 1);
    return sign * std::ldexp(significand, std::max(exponent, 1) - bias);
}

/// The number of 16-bit values, of all 65,536, that are read wrongly.
template <class Scalar>
int wrong_values(const std::string& type, int exponent_bits, int fraction_bits) {
    std::string data;
    for (unsigned bits = 0; bits < 65536; ++bits) {
        data += little_endian(bits, 2);
    }
    Safetensors file =
        open(file_of(R"({"a":{"dtype":")" + type + R"(","shape":[65536],"data_offsets":[0,131072]}})", data));
    const std::vector<Scalar> values = file.values<Scalar>("a");
    int wrong = 0;
    for (unsigned bits = 0; bits < 65536; ++bits) {
        const double expected = value_of(bits, exponent_bits, fraction_bits), found = static_cast<double>(values[bits]);
        const bool same = found == expected || (std::isnan(found) && std::isnan(expected));
        wrong += !(same && std::signbit(found) == (bits >= 0x8000));
    }
    return wrong;
}

TEST_CASE("every float16 is read exactly", "[safetensors]") {
    CHECK(wrong_values<float>("F16", 5, 10) == 0);
    CHECK(wrong_values<double>("F16", 5, 10) == 0);
}

TEST_CASE("every bfloat16 is read exactly", "[safetensors]") {
    CHECK(wrong_values<float>("BF16", 8, 7) == 0);
    CHECK(wrong_values<double>("BF16", 8, 7) == 0);
}

/// The values of all 256 bytes.
std::vector<float> bytes_as(const std::string& type) {
    std::string data;
    for (unsigned bits = 0; bits < 256; ++bits) {
        data += little_endian(bits, 1);
    }
    return open(file_of(R"({"a":{"dtype":")" + type + R"(","shape":[256],"data_offsets":[0,256]}})", data))
        .values<float>("a");
}

TEST_CASE("every float8 E5M2 is read exactly", "[safetensors]") {
    const std::vector<float> values = bytes_as("F8_E5M2");
    int wrong = 0;
    for (unsigned bits = 0; bits < 256; ++bits) {
        const double expected = value_of(bits, 5, 2), found = static_cast<double>(values[bits]);
        wrong += !(found == expected || (std::isnan(found) && std::isnan(expected)));
    }
    CHECK(wrong == 0);
}

TEST_CASE("every float8 E4M3 is read exactly: its greatest exponent has numbers and one NaN", "[safetensors]") {
    const std::vector<float> values = bytes_as("F8_E4M3");
    int wrong = 0;
    for (unsigned bits = 0; bits < 256; ++bits) {
        const bool is_nan = bits % 128 == 127, is_greatest = bits % 128 >= 120;
        const double greatest = std::ldexp(1 + bits % 8 / 8.0, 8) * (bits < 128 ? 1 : -1);
        const double expected = is_greatest ? greatest : value_of(bits, 4, 3);
        const auto found = static_cast<double>(values[bits]);
        wrong += is_nan ? !std::isnan(found) : found != expected;
    }
    CHECK(wrong == 0);
    CHECK(values[0x7E] == 448);  // torch.float8_e4m3fn
    CHECK(values[0x01] == 0.001953125f);
}

TEST_CASE("float32 and float64 are rounded to the type asked for", "[safetensors]") {
    Safetensors file = open(file_of(R"({"d":{"dtype":"F64","shape":[3],"data_offsets":[0,24]},)"
                                    R"("f":{"dtype":"F32","shape":[1],"data_offsets":[24,28]}})",
                                    little_endian(0x3FB999999999999A, 8) + little_endian(0x7FEFFFFFFFFFFFFF, 8) +
                                        little_endian(0x3690000000000000, 8) + little_endian(0x3DCCCCCD, 4)));
    CHECK(file.values<double>("d") == std::vector{0.1, std::numeric_limits<double>::max(), 0x1p-150});
    CHECK(file.values<float>("d") == std::vector{0.1f, std::numeric_limits<float>::infinity(), 0.0f});
    CHECK(file.values<double>("f") == std::vector{static_cast<double>(0.1f)});
}

TEST_CASE("a type that cannot be read is accepted in the header, and named in the error when its values are read",
          "[safetensors]") {
    Safetensors file = open(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                                    R"("b":{"dtype":"F4","shape":[2,2],"data_offsets":[4,6]},)"
                                    R"("c":{"dtype":"C64","shape":[1],"data_offsets":[6,14]}})",
                                    std::string(14, '\0')));
    CHECK(file.at("b").dtype == "F4");
    CHECK_THROWS_MATCHES(file.values<float>("a"), staa::Error,
                         Message("x.safetensors: tensor \"a\": U8 is not read as F32"));
    CHECK_THROWS_MATCHES(file.values<double>("c"), staa::Error,
                         Message("x.safetensors: tensor \"c\": C64 is not read as F64"));
}

TEST_CASE("a floating-point number cannot be read as a whole number", "[safetensors]") {
    Safetensors file = open(file_with(fields));
    CHECK_THROWS_MATCHES(file.values<std::int64_t>("a"), staa::Error,
                         Message("x.safetensors: tensor \"a\": F32 is not read as I64"));
}

TEST_CASE("an unknown tensor is named", "[safetensors]") {
    Safetensors file = open(file_with(fields));
    CHECK_THROWS_MATCHES(file.values<float>("b"), staa::Error, Message("x.safetensors: there is no tensor \"b\""));
}

TEST_CASE("a file that does not exist is named, and so is a folder", "[safetensors]") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "d");
    CHECK_THROWS_WITH(Safetensors::open(folder / "missing"),
                      (folder / "missing").string() + ": No such file or directory");
    CHECK_THROWS_WITH(Safetensors::open(folder / "d"),
                      (folder / "d").string() + ": this is a folder, a device or a pipe, but weights are in a file");
}

TEST_CASE("a file that is cut off while it is open is an error with the byte", "[safetensors]") {
    const TemporaryFolder folder;
    const std::string bytes =
        file_with(R"("dtype":"F32","shape":[100000],"data_offsets":[0,400000])", std::string(400000, '\0'));
    std::ofstream(folder / "a", std::ios::binary) << bytes;
    Safetensors file = Safetensors::open(folder / "a");
    std::filesystem::resize_file(folder / "a", 100000);
    CHECK_THROWS_MATCHES(file.values<float>("a"), staa::Error,
                         Message((folder / "a").string() + ": 400000 bytes at byte 72 cannot be read"));
}

}  // namespace
