// SPDX-License-Identifier: MIT
// Golden cases: what the PyTorch reference computed, one safetensors file a case.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "staa/core/error.hpp"

namespace staa_tests {

/// A tensor in the reference's layout, as doubles.
struct GoldenTensor {
    std::vector<staa::Index> shape;
    std::vector<double> values;
};

/// One case: its tensors by name and what it was built from.
struct GoldenCase {
    std::filesystem::path file;
    std::map<std::string, GoldenTensor> tensors;
    nlohmann::json config;

    std::string name() const { return config.at("case"); }

    const GoldenTensor& at(const std::string& key) const {
        const auto found = tensors.find(key);
        if (found == tensors.end()) {
            staa::fail(file.string(), ": no tensor named ", key);
        }
        return found->second;
    }

    /// A hyper-parameter of the neuron that the case was built with.
    double option(const std::string& key, double otherwise) const {
        return config.contains("options") ? config["options"].value(key, otherwise) : otherwise;
    }
};

inline GoldenCase read_golden(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    in.exceptions(std::ios::failbit | std::ios::badbit);
    std::uint64_t size = 0;
    in.read(reinterpret_cast<char*>(&size), 8);
    std::string text(size, ' ');
    in.read(text.data(), static_cast<std::streamsize>(size));
    const std::string data((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    GoldenCase result;
    result.file = file;
    const nlohmann::json header = nlohmann::json::parse(text);
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") {
            result.config = nlohmann::json::parse(entry.at("config").get<std::string>());
            continue;
        }
        GoldenTensor tensor;
        tensor.shape = entry.at("shape").get<std::vector<staa::Index>>();
        const auto begin = entry.at("data_offsets")[0].get<std::size_t>();
        const auto end = entry.at("data_offsets")[1].get<std::size_t>();
        const bool is_integer = entry.at("dtype") == "I64";
        if ((!is_integer && entry.at("dtype") != "F64") || end > data.size()) {
            staa::fail(file.string(), ": tensor ", name, " is neither I64 nor F64, or lies beyond the file's end");
        }
        for (std::size_t i = begin; i + 8 <= end; i += 8) {
            std::int64_t whole = 0;
            double real = 0;
            std::memcpy(&whole, data.data() + i, 8);
            std::memcpy(&real, data.data() + i, 8);
            tensor.values.push_back(is_integer ? static_cast<double>(whole) : real);
        }
        result.tensors.emplace(name, std::move(tensor));
    }
    return result;
}

/// The files of the folder tests/golden and of the folder that STAA_GOLDEN_DIR names, if it is set.
inline std::vector<std::filesystem::path> golden_files() {
    std::vector<std::filesystem::path> folders{std::filesystem::path(STAA_TEST_DATA_DIR) / "golden"};
    if (const char* further = std::getenv("STAA_GOLDEN_DIR"); further != nullptr && *further != '\0') {
        folders.emplace_back(further);
    }
    std::vector<std::filesystem::path> files;
    for (const auto& folder : folders) {
        if (!std::filesystem::is_directory(folder)) {
            staa::fail("STAA_GOLDEN_DIR: no such folder: ", folder.string());
        }
        const std::size_t before = files.size();
        for (const auto& entry : std::filesystem::directory_iterator(folder)) {
            if (entry.path().extension() == ".safetensors") {
                files.push_back(entry.path());
            }
        }
        if (files.size() == before) {
            staa::fail("no .safetensors file in the folder of golden cases ", folder.string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace staa_tests
