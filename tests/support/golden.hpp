// SPDX-License-Identifier: MIT
// Golden cases: what the PyTorch reference computed, one safetensors file a case.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "staa/io/safetensors.hpp"

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

inline GoldenCase read_golden(const std::filesystem::path& path) {
    staa::Safetensors file = staa::Safetensors::open(path);
    GoldenCase result;
    result.file = path;
    result.config = nlohmann::json::parse(file.metadata().at("config"));
    for (const auto& [name, tensor] : file.tensors()) {
        result.tensors.emplace(name, GoldenTensor{tensor.shape, file.values<double>(name)});
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
