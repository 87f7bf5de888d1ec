// SPDX-License-Identifier: MIT
// Every kind of corrupt or hostile file: checks the error, and that nothing large was allocated.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "io/safetensors_bytes.hpp"
#include "staa/io/safetensors_file.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

std::size_t largest_allocation = 0;

}  // namespace

// Replaces the global allocation functions to record the largest allocation. They must not be inlined: g++ 12 would
// warn of `free` for memory of `new`.
#if defined(__GNUC__)
#define NOT_INLINED [[gnu::noinline]]
#else
#define NOT_INLINED
#endif
NOT_INLINED void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    largest_allocation = std::max(largest_allocation, size);
    return std::malloc(size == 0 ? 1 : size);
}
NOT_INLINED void* operator new(std::size_t size) {
    if (void* memory = operator new(size, std::nothrow)) {
        return memory;
    }
    throw std::bad_alloc();
}
NOT_INLINED void operator delete(void* memory) noexcept { std::free(memory); }
NOT_INLINED void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
NOT_INLINED void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }

namespace {

using Catch::Matchers::Message;
using staa::Safetensors;
using staa_tests::contains_text;
using staa_tests::dtype;
using staa_tests::fields;
using staa_tests::file_of;
using staa_tests::file_with;
using staa_tests::little_endian;
using staa_tests::offsets;
using staa_tests::shape;
using staa_tests::StartsWith;
using staa_tests::TemporaryFolder;

/// The message of the `Error`; empty if there is none. Checks that no allocation is larger than the file's size
/// justifies.
std::string refusal(const std::string& bytes) {
    auto stream = std::make_unique<std::istringstream>(bytes);
    largest_allocation = 0;
    std::string text;
    try {
        const Safetensors file(std::move(stream), "x.safetensors");
    } catch (const staa::Error& error) {
        text = error.what();
    }
    const std::size_t largest = largest_allocation;
    CHECK(largest <= 8 * bytes.size() + 4096);
    return text;
}

TEST_CASE("a file too short for the header's length is refused", "[safetensors]") {
    CHECK(refusal("") == "x.safetensors: the file has 0 bytes, but the length of a safetensors header takes 8");
    CHECK(refusal("1234567") == "x.safetensors: the file has 7 bytes, but the length of a safetensors header takes 8");
}

TEST_CASE("a header longer than the file is refused", "[safetensors]") {
    CHECK(refusal(little_endian(3, 8) + "{}") ==
          "x.safetensors: the header should be 3 bytes long, but after its length the file has only 2; it was cut off, "
          "or is no safetensors file");
    CHECK_THAT(refusal(little_endian(~0ull, 8) + "{}"), contains_text("should be 18446744073709551615 bytes long"));
    CHECK_THAT(refusal(little_endian(1ull << 63, 8) + "{}"), contains_text("should be 9223372036854775808 bytes long"));
}

TEST_CASE("a header of more than 100 MB is refused before it is read", "[safetensors]") {
    const TemporaryFolder folder;
    std::ofstream(folder / "a", std::ios::binary) << little_endian(100'000'001, 8);
    std::filesystem::resize_file(folder / "a", 100'000'009);
    largest_allocation = 0;
    CHECK_THROWS_MATCHES(Safetensors::open(folder / "a"), staa::Error,
                         Message((folder / "a").string() +
                                 ": the header is 100000001 bytes long, more than the 100000000 that are read"));
    const std::size_t largest = largest_allocation;
    CHECK(largest < 100'000);
}

TEST_CASE("a header of 10 MB is read", "[safetensors]") {
    CHECK(refusal(file_of("{}" + std::string(10'000'000, ' '))) == "");
}

TEST_CASE("a file of PyTorch, of Git LFS or of a failed download is named, and how to get the right one",
          "[safetensors]") {
    const std::string convert = "x.safetensors: this is a file of torch.save. Convert its state_dict with Python:";
    CHECK_THAT(refusal("PK\x03\x04" + std::string(100, '\x08')), StartsWith(convert));
    CHECK_THAT(refusal("\x80\x02\x8a\nl\xfc\x9c\x46\xf9" + std::string(100, 'x')), StartsWith(convert));
    CHECK_THAT(refusal("\x80\x04\x95" + std::string(100, 'x')), StartsWith(convert));
    CHECK(refusal("version https://git-lfs.github.com/spec/v1\noid sha256:00\n") ==
          "x.safetensors: this is a pointer of Git LFS, not the file itself; fetch the file with: git lfs pull");
    CHECK_THAT(refusal("<!DOCTYPE html><html>"), contains_text("a page of HTML"));
    CHECK_THAT(refusal("\x89HDF\r\n\x1a\n" + std::string(100, 'x')), contains_text("an HDF5 file"));
    CHECK_THAT(refusal("\x1F\x8B\x08" + std::string(100, 'x')), contains_text("unpack it with gunzip or tar"));
}

TEST_CASE("a header that does not begin with a brace is refused", "[safetensors]") {
    const std::string expected = "x.safetensors: the header must begin with { at byte 8 of the file";
    for (const char* header : {"", " ", "\f{}", "[]", "\xEF\xBB\xBF{}", "1", "null"}) {
        CHECK(refusal(file_of(header)) == expected);
    }
}

TEST_CASE("a header followed by anything but white space is refused", "[safetensors]") {
    const std::string expected = "x.safetensors: the header must end with } and white space, and have no zero byte";
    CHECK(refusal(file_of("{}\f")) == expected);
    CHECK(refusal(file_of("{} x")) == expected);
    CHECK(refusal(file_of(std::string("{}\0 }", 5))) == expected);
    CHECK_THAT(refusal(file_of("{} {}")), contains_text("the header is not JSON at byte 11 of the file"));
}

TEST_CASE("a header that is not JSON is refused, and the error names the byte", "[safetensors]") {
    CHECK(refusal(file_of("{\"a\":tru}")) ==
          "x.safetensors: the header is not JSON at byte 16 of the file, at \"\\x22a\\x22:tru}\"");
    CHECK_THAT(refusal(file_of("{\"a\" {}}")), contains_text("is not JSON at byte 13"));
    CHECK_THAT(refusal(file_of("{\"a\":{" + fields + "},}")), contains_text("is not JSON"));
    CHECK_THAT(refusal(file_of("{\"a\xFF\":{" + fields + "}}")), contains_text("is not JSON at byte 11"));
    CHECK_THAT(refusal(file_of("{/* */}")), contains_text("is not JSON at byte 9"));
}

TEST_CASE("metadata that is there twice is refused", "[safetensors]") {
    CHECK(refusal(file_of(R"({"__metadata__":{},"__metadata__":{}})")) ==
          "x.safetensors: __metadata__: it is there twice");
    CHECK_THAT(refusal(file_of(R"({"__metadata__":null,"__metadata__":{}})")), contains_text("it is there twice"));
}

TEST_CASE("metadata that does not map strings to strings is refused", "[safetensors]") {
    const std::string expected = "x.safetensors: __metadata__: it must map strings to strings, found ";
    CHECK(refusal(file_of(R"({"__metadata__":"pt"})")) == expected + "the string \"pt\"");
    CHECK(refusal(file_of(R"({"__metadata__":[]})")) == expected + "an array");
    CHECK(refusal(file_of(R"({"__metadata__":{"k":1}})")) == expected + "a number");
    CHECK(refusal(file_of(R"({"__metadata__":{"k":{}}})")) == expected + "an object");
    CHECK(refusal(file_of(R"({"__metadata__":{"k":["v"]}})")) == expected + "an array");
    CHECK(refusal(file_of(R"({"__metadata__":{"k":null}})")) == expected + "null");
}

TEST_CASE("a tensor that is not an object is refused", "[safetensors]") {
    const std::string expected =
        "x.safetensors: tensor \"a\": it must be an object with dtype, shape and data_offsets, found ";
    CHECK(refusal(file_of(R"({"a":null})")) == expected + "null");
    CHECK(refusal(file_of(R"({"a":true})")) == expected + "a truth value");
    CHECK(refusal(file_of(R"({"a":12})")) == expected + "a number");
    CHECK(refusal(file_of(R"({"a":"F32"})")) == expected + "the string \"F32\"");
    CHECK(refusal(file_of(R"({"a":[0,4]})")) == expected + "an array");
}

TEST_CASE("a missing field is refused", "[safetensors]") {
    CHECK(refusal(file_with(shape + "," + offsets)) == "x.safetensors: tensor \"a\": it has no dtype");
    CHECK(refusal(file_with(dtype + "," + offsets)) == "x.safetensors: tensor \"a\": it has no shape");
    CHECK(refusal(file_with(dtype + "," + shape)) == "x.safetensors: tensor \"a\": it has no data_offsets");
    CHECK(refusal(file_with("")) == "x.safetensors: tensor \"a\": it has no dtype");
}

TEST_CASE("a field that only the tensor before has is missing", "[safetensors]") {
    CHECK(refusal(file_of("{\"a\":{" + fields + "},\"b\":{" + shape + "," + offsets + "}}", "1234")) ==
          "x.safetensors: tensor \"b\": it has no dtype");
}

TEST_CASE("the same field twice is refused", "[safetensors]") {
    CHECK(refusal(file_with(fields + "," + dtype)) == "x.safetensors: tensor \"a\": its dtype is there twice");
    CHECK(refusal(file_with(fields + "," + shape)) == "x.safetensors: tensor \"a\": its shape is there twice");
    CHECK(refusal(file_with(fields + "," + offsets)) == "x.safetensors: tensor \"a\": its data_offsets is there twice");
}

TEST_CASE("an unknown field that is not JSON, or that never ends, is refused", "[safetensors]") {
    CHECK_THAT(refusal(file_with(fields + ",\"strides\":[1")), contains_text("the header is not JSON"));
    CHECK_THAT(refusal(file_with(fields + ",\"strides\":}")), contains_text("the header is not JSON"));
    CHECK_THAT(refusal(file_with(fields + ",\"deep\":" + std::string(1'000'000, '['))), contains_text("is not JSON"));
    CHECK(refusal(file_with("\"strides\":[1]," + shape)) == "x.safetensors: tensor \"a\": it has no dtype");
}

TEST_CASE("an unknown type is refused", "[safetensors]") {
    CHECK(refusal(file_with(R"("dtype":"F128",)" + shape + "," + offsets)) ==
          "x.safetensors: tensor \"a\": its dtype \"F128\" is not one of the format");
    CHECK_THAT(refusal(file_with(R"("dtype":"f32",)" + shape + "," + offsets)), contains_text("dtype \"f32\""));
}

TEST_CASE("a type that is not a string is refused", "[safetensors]") {
    const std::string expected = "x.safetensors: tensor \"a\": its dtype must be a string, found ";
    for (const auto& [value, found] : {std::pair{"32", "a number"},
                                       {"null", "null"},
                                       {"{}", "an object"},
                                       {"[\"F32\"]", "an array"},
                                       {"false", "a truth value"}}) {
        CHECK(refusal(file_with(std::string("\"dtype\":") + value + "," + shape + "," + offsets)) == expected + found);
    }
}

TEST_CASE("a shape that is not whole numbers is refused", "[safetensors]") {
    const std::string expected = "x.safetensors: tensor \"a\": its shape must be whole numbers below 2^63, found ";
    for (const auto& [value, found] : {std::pair{"1", "a number"},
                                       {"\"1\"", "the string \"1\""},
                                       {"{}", "an object"},
                                       {"null", "null"},
                                       {"[-1]", "a negative number"},
                                       {"[-0]", "a negative number"},
                                       {"[1.0]", "the number \"1.0\""},
                                       {"[1e0]", "the number \"1e0\""},
                                       {"[[1]]", "an array"},
                                       {"[{}]", "an object"},
                                       {"[null]", "null"},
                                       {"[\"1\"]", "the string \"1\""},
                                       {"[true]", "a truth value"}}) {
        CHECK(refusal(file_with(dtype + ",\"shape\":" + value + "," + offsets)) == expected + found);
    }
}

TEST_CASE("a size of 2^63 or more is refused", "[safetensors]") {
    const std::string expected =
        "x.safetensors: tensor \"a\": its shape must be whole numbers below 2^63, found the number ";
    CHECK(refusal(file_with(dtype + R"(,"shape":[9223372036854775808],)" + offsets)) ==
          expected + "9223372036854775808");
    CHECK(refusal(file_with(dtype + R"(,"shape":[18446744073709551616],)" + offsets)) ==
          expected + "\"18446744073709551616\"");
    CHECK_THAT(refusal(file_with(dtype + R"(,"shape":[1e999],)" + offsets)), contains_text("is not JSON"));
}

TEST_CASE("the message about a tensor of many dimensions is short", "[safetensors]") {
    std::string ones = "2";
    for (int i = 0; i < 10'000; ++i) {
        ones += ",1";
    }
    CHECK(refusal(file_with(dtype + ",\"shape\":[" + ones + "]," + offsets)) ==
          "x.safetensors: tensor \"a\": F32 of shape [2, 1, 1, 1, 1, 1, 1, 1, and 9993 more] has 64 bits, but its "
          "data_offsets [0, 4] are 4 bytes apart");
}

TEST_CASE("a tensor with more elements than can be counted is refused", "[safetensors]") {
    const std::string too_many = " has too many elements";
    CHECK(refusal(file_with(dtype + R"(,"shape":[4294967296,4294967296],)" + offsets)) ==
          "x.safetensors: tensor \"a\": its shape [4294967296, 4294967296]" + too_many);
    CHECK_THAT(refusal(file_with(dtype + R"(,"shape":[4294967296,4294967296,0],)" + offsets)), contains_text(too_many));
    CHECK_THAT(refusal(file_with(dtype + R"(,"shape":[4611686018427387905],)" + offsets)), contains_text(too_many));
    CHECK_THAT(refusal(file_with(dtype + R"(,"shape":[2305843009213693953],)" + offsets)), contains_text(too_many));
}

TEST_CASE("offsets that are not two whole numbers are refused", "[safetensors]") {
    const std::string expected =
        "x.safetensors: tensor \"a\": its data_offsets must be two whole numbers below 2^63, found ";
    for (const auto& [value, found] : {std::pair{"4", "a number"},
                                       {"\"0,4\"", "the string \"0,4\""},
                                       {"{}", "an object"},
                                       {"[]", "0"},
                                       {"[0]", "1"},
                                       {"[0,4,4]", "more numbers"},
                                       {"[-4,0]", "a negative number"},
                                       {"[0,4.0]", "the number \"4.0\""},
                                       {"[0,[4]]", "an array"},
                                       {"[0,\"4\"]", "the string \"4\""},
                                       {"[0,9223372036854775808]", "the number 9223372036854775808"}}) {
        CHECK(refusal(file_with(dtype + "," + shape + ",\"data_offsets\":" + value)) == expected + found);
    }
}

TEST_CASE("offsets that do not fit the shape are refused", "[safetensors]") {
    const auto of = [](const std::string& pair) { return dtype + "," + shape + ",\"data_offsets\":[" + pair + "]"; };
    CHECK(refusal(file_with(of("0,3"), "123")) ==
          "x.safetensors: tensor \"a\": F32 of shape [1] has 32 bits, but its data_offsets [0, 3] are 3 bytes apart");
    CHECK_THAT(refusal(file_with(of("0,8"), "12345678")), contains_text("[0, 8] are 8 bytes apart"));
    CHECK_THAT(refusal(file_with(of("4,0"))), contains_text("[4, 0] are -4 bytes apart"));
    CHECK_THAT(refusal(file_with(of("9223372036854775807,0"))), contains_text("bytes apart"));
    CHECK_THAT(refusal(file_with(R"("dtype":"F4","shape":[3],"data_offsets":[0,1])", "1")),
               contains_text("F4 of shape [3] has 12 bits"));
}

TEST_CASE("a tensor beyond the end of the file is refused", "[safetensors]") {
    CHECK(refusal(file_with(fields, "123")) ==
          "x.safetensors: tensor \"a\": it ends at byte 4 of the data, but the file has only 3 bytes of data");
    CHECK_THAT(refusal(file_with(R"("dtype":"I8","shape":[9223372036854775],"data_offsets":[0,9223372036854775])")),
               contains_text("it ends at byte 9223372036854775 of the data, but the file has only 4"));
}

/// A file with two tensors of four bytes; `second` is the data_offsets of the second one.
std::string two(const std::string& second, const std::string& data) {
    return file_of("{\"a\":{" + fields + "},\"b\":{" + dtype + "," + shape + ",\"data_offsets\":" + second + "}}",
                   data);
}

TEST_CASE("a hole between two tensors is refused", "[safetensors]") {
    CHECK(refusal(two("[8,12]", "123456789012")) ==
          "x.safetensors: tensor \"b\": it begins at byte 8 of the data, but the one before ends at byte 4");
}

TEST_CASE("a hole before the first tensor is refused", "[safetensors]") {
    CHECK(refusal(file_with(dtype + "," + shape + ",\"data_offsets\":[1,5]", "12345")) ==
          "x.safetensors: tensor \"a\": it begins at byte 1 of the data, but the one before ends at byte 0");
}

TEST_CASE("tensors that overlap are refused", "[safetensors]") {
    CHECK(refusal(two("[2,6]", "123456")) ==
          "x.safetensors: tensor \"b\": it begins at byte 2 of the data, but the one before ends at byte 4");
    CHECK_THAT(refusal(two("[0,4]", "1234")),
               contains_text("begins at byte 0 of the data, but the one before ends at byte 4"));
}

TEST_CASE("bytes after the last tensor are refused", "[safetensors]") {
    CHECK(refusal(file_with(fields, "12345")) ==
          "x.safetensors: the last tensor ends at byte 4 of the data, but the file has 5 bytes of data");
    CHECK_THAT(refusal(file_of("{}", "1")), contains_text("ends at byte 0 of the data, but the file has 1"));
}

TEST_CASE("deep nesting is refused at its first level", "[safetensors]") {
    const std::string deep(1'000'000, '['), deep_objects = [] {
        std::string text;
        for (int i = 0; i < 100'000; ++i) {
            text += "{\"a\":";
        }
        return text;
    }();
    CHECK_THAT(refusal(file_of("{\"a\":" + deep + "}")), contains_text("found an array"));
    CHECK_THAT(refusal(file_with(dtype + ",\"shape\":" + deep)), contains_text("found an array"));
    CHECK_THAT(refusal(file_of("{\"a\":{\"dtype\":" + deep_objects + "}")), contains_text("found an object"));
    CHECK_THAT(refusal(file_of("{\"__metadata__\":{\"k\":" + deep_objects + "}")), contains_text("found an object"));
}

TEST_CASE("a name with special characters is escaped in the message, and a long name is shortened", "[safetensors]") {
    CHECK(refusal(file_of("{\"\\u001b[31m\\\"\\\\\xC3\xBC\":1}")) ==
          "x.safetensors: tensor \"\\x1b[31m\\x22\\x5c\\xc3\\xbc\": it must be an object with dtype, shape and "
          "data_offsets, found a number");
    const std::string begin(60, 'b'), end(60, 'e');
    CHECK(refusal(file_of("{\"" + begin + std::string(100'000, 'm') + end + "\":1}")) ==
          "x.safetensors: tensor \"" + begin + "..." + end +
              "\": it must be an object with dtype, shape and data_offsets, found a number");
}

}  // namespace
