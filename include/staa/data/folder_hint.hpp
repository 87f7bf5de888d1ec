// SPDX-License-Identifier: MIT
// What is there instead of a file that is missing: for messages that say what to type.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// The names in a folder in the order of their bytes, without hidden ones; at most a thousand, because a message needs only
/// a few. Empty if it can't be read.
inline std::vector<std::string> visible_names(const std::filesystem::path& folder) {
    constexpr std::size_t most = 1000;
    std::vector<std::string> names;
    std::error_code problem;
    std::filesystem::directory_iterator entries(folder, problem);
    while (!problem && entries != std::filesystem::directory_iterator() && names.size() < most) {
        if (const std::string name = entries->path().filename().string(); !name.starts_with('.')) {
            names.push_back(name);
        }
        entries.increment(problem);
    }
    std::sort(names.begin(), names.end());
    return names;
}

inline bool is_there(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

/// The command that unpacks an archive, by its name; empty if it is no archive.
inline std::string command_to_unpack(const std::filesystem::path& path) {
    const std::string name = path.filename().string();
    const auto ends_with = [&name](std::string_view suffix) { return name.ends_with(suffix); };
    if (ends_with(".zip")) {
        return "unzip " + path.string();
    }
    if (ends_with(".tar") || ends_with(".tar.gz") || ends_with(".tgz") || ends_with(".tar.xz") ||
        ends_with(".tar.bz2")) {
        return "tar xf " + path.string();
    }
    return "";
}

/// The nearest folder above a missing file or folder that is there, and the path from it to what is missing.
struct MissingPath {
    std::filesystem::path nearest, rest;

    explicit MissingPath(const std::filesystem::path& missing)
        : nearest(missing.has_parent_path() ? missing.parent_path() : "."), rest(missing.filename()) {
        while (nearest != "." && nearest != nearest.parent_path() && !is_there(nearest)) {
            rest = nearest.filename() / rest;
            nearest = nearest.has_parent_path() ? nearest.parent_path() : ".";
        }
    }
};

/// What to do about the missing file or folder `missing`: "; " and a sentence, if the same path is there one level deeper
/// or higher, or an archive that was not unpacked; else empty.
inline std::string advice_for_missing(const std::filesystem::path& missing) {
    const auto [nearest, rest] = MissingPath(missing);
    if (const std::string command = command_to_unpack(nearest); !command.empty()) {
        return "; " + nearest.string() + " is an archive, unpack it: " + command;
    }
    const std::vector<std::string> names = visible_names(nearest);
    for (const std::string& name : names) {
        if (is_there(nearest / name / rest)) {
            return "; it is in " + (nearest / name).string() + ", so give that folder";
        }
    }
    if (is_there(nearest.parent_path() / rest)) {
        return "; it is in " + nearest.parent_path().string() + ", so give that folder";
    }
    for (const std::string& name : names) {
        if (const std::string command = command_to_unpack(nearest / name); !command.empty()) {
            return "; there is the archive " + name + ", unpack it: " + command;
        }
    }
    return "";
}

/// The same; if there is nothing to do, the first names that are in the nearest folder.
inline std::string hint_for_missing(const std::filesystem::path& missing) {
    if (const std::string advice = advice_for_missing(missing); !advice.empty()) {
        return advice;
    }
    const std::filesystem::path nearest = MissingPath(missing).nearest;
    const std::vector<std::string> names = visible_names(nearest);
    std::string found;
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 5); ++i) {
        found += (i > 0 ? ", " : "") + names[i];
    }
    const std::string more = names.size() > 5 ? " and " + std::to_string(names.size() - 5) + " more" : "";
    return names.empty() ? "" : "; " + nearest.string() + " has " + found + more;
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
