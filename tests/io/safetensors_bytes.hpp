// SPDX-License-Identifier: MIT
// Makes safetensors files, valid and invalid ones, from text.
#pragma once

#include <cstdint>
#include <memory>
#include <sstream>
#include <string>

#include "staa/io/safetensors_file.hpp"

namespace staa_tests {

inline std::string little_endian(std::uint64_t value, int size) {
    std::string bytes;
    for (int i = 0; i < size; ++i) {
        bytes += static_cast<char>(static_cast<unsigned char>(value >> 8 * i));
    }
    return bytes;
}

inline std::string file_of(const std::string& header, const std::string& data = "") {
    return little_endian(header.size(), 8) + header + data;
}

/// A file with the one tensor "a".
inline std::string file_with(const std::string& fields, const std::string& data = "1234") {
    return file_of("{\"a\":{" + fields + "}}", data);
}

inline staa::Safetensors open(const std::string& bytes) {
    return staa::Safetensors(std::make_unique<std::istringstream>(bytes), "x.safetensors");
}

/// The fields of a tensor of one float at the beginning of the data.
inline const std::string dtype = R"("dtype":"F32")", shape = R"("shape":[1])", offsets = R"("data_offsets":[0,4])";
inline const std::string fields = dtype + "," + shape + "," + offsets;

}  // namespace staa_tests
