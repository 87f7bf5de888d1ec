// SPDX-License-Identifier: MIT
// Which number is which class: `classes.txt` beside a file of weights. Includes nlohmann-json; <staa/staa.hpp> does not
// include this file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

#include "staa/io/safetensors_file.hpp"
#include "staa/io/whole_file.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// The names in the header of a file of weights, `staa.class_names`; none if it has no list of texts.
inline std::vector<std::string> class_names_of_header(const std::filesystem::path& weights) {
    const Safetensors file = Safetensors::open(weights);
    std::vector<std::string> names;
    const auto entry = file.metadata().find("staa.class_names");
    const nlohmann::json list =
        entry == file.metadata().end() ? nlohmann::json() : nlohmann::json::parse(entry->second, nullptr, false);
    if (list.is_array()) {
        for (const nlohmann::json& name : list) {
            names.push_back(name.is_string() ? name.get<std::string>() : "");
        }
    }
    return names;
}

}  // namespace detail

/// The file of class names that belongs to a file of weights: `classes.txt` in the same folder.
inline std::filesystem::path class_names_file(const std::filesystem::path& weights) {
    return weights.parent_path() / "classes.txt";
}

/// Writes `classes.txt` beside the file `weights`: the name of class 0 in the first line, and so on. A name with a line
/// break, and a file that can't be written, are an `Error`.
inline void save_class_names(const std::vector<std::string>& names, const std::filesystem::path& weights) {
    for (const std::string& name : names) {
        if (name.find('\n') != name.npos || name.find('\r') != name.npos) {
            fail("staa::save_class_names: the name ", detail::in_quotes(name), " of a class has a line break");
        }
    }
    write_whole_file(class_names_file(weights), [&](std::ostream& out) {
        for (const std::string& name : names) {
            out << name << '\n';
        }
    });
}

/// The names of the classes of a file of weights: of `classes.txt` beside it or, if there is none, of its header; none if
/// neither names them. Lines may end as on Windows. A file that can't be read is an `Error`.
inline std::vector<std::string> read_class_names(const std::filesystem::path& weights) {
    const std::filesystem::path path = class_names_file(weights);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return detail::class_names_of_header(weights);
    }
    std::ifstream file(path);
    if (!file) {
        fail(path.string(), ": the file cannot be opened");
    }
    std::vector<std::string> names;
    for (std::string line; std::getline(file, line);) {
        names.push_back(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
    }
    return names;
}

/// Throws an `Error` if the weights were trained on other classes than `names`, or in another order: the logits would be
/// those of other classes, and the accuracy would be wrong without a sign of it. It names the first class that differs.
/// Gives false if nothing says which classes the weights have.
inline bool check_class_names(const std::vector<std::string>& names, const std::filesystem::path& weights) {
    const std::vector<std::string> trained = read_class_names(weights);
    if (trained.empty()) {
        return false;
    }
    for (std::size_t i = 0; i < std::min(names.size(), trained.size()); ++i) {
        if (names[i] != trained[i]) {
            fail("staa::check_class_names: ", weights.string(), " was trained on other classes: class ", i, " is ",
                 detail::in_quotes(trained[i]), " there, and ", detail::in_quotes(names[i]), " here");
        }
    }
    if (names.size() != trained.size()) {
        fail("staa::check_class_names: ", weights.string(), " was trained on ", trained.size(),
             " classes, and there are ", names.size(), " here");
    }
    return true;
}

}  // namespace STAA_ABI
}  // namespace staa
