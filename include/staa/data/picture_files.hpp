// SPDX-License-Identifier: MIT
// Lists the pictures of a data set with one folder per class, as torchvision's ImageFolder does.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "staa/data/folder_hint.hpp"
#include "staa/data/labelled_files.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The pictures in the folders of their classes.
struct PictureFiles {
    std::vector<std::string> class_names;  ///< the name of the folder of each class, by its number
    std::vector<LabelledFile> files;       ///< class after class
};

/// Which files are pictures.
struct PictureFileOptions {
    std::vector<std::string> suffixes{".jpg", ".jpeg", ".png"};  ///< in lower case; files may have them in any case
    std::vector<std::string> skip{};                             ///< names of files that are left out
};

namespace detail {

/// The suffix of a file's name in lower case, such as ".jpeg".
inline std::string lower_suffix(const std::filesystem::path& path) {
    std::string suffix = path.extension().string();
    for (char& c : suffix) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return suffix;
}

/// The names of the folders in `folder` that are not hidden, in the order of their bytes, which are unsigned: the order
/// of Python's `sorted`, whatever the machine and its language.
inline std::vector<std::string> class_folders_in(const std::filesystem::path& folder) {
    auto names = names_in(folder, true, "", "a folder of class folders");
    std::sort(names.begin(), names.end());  // std::string compares bytes as unsigned
    return names;
}

/// The pictures in a class folder and in the folders in it, but for hidden ones. First those of the folder, then those of
/// each folder in it; each in the order of their bytes.
inline std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder,
                                                      const PictureFileOptions& options) {
    std::vector<std::pair<std::string, std::string>> found;  // the folder and the name
    std::error_code problem;
    std::filesystem::recursive_directory_iterator entries(folder, problem);
    while (!problem && entries != std::filesystem::recursive_directory_iterator()) {
        const std::filesystem::path& path = entries->path();
        const std::string name = path.filename().string();
        std::error_code ignored;
        if (name.starts_with('.')) {
            entries.disable_recursion_pending();
        } else if (std::ranges::count(options.suffixes, lower_suffix(path)) > 0 &&
                   std::ranges::count(options.skip, name) == 0 && !entries->is_directory(ignored)) {
            found.emplace_back(path.parent_path().string(), name);
        }
        entries.increment(problem);
    }
    if (problem) {
        fail(folder.string(), ": the folder cannot be read to its end: ", problem.message());
    }
    std::sort(found.begin(), found.end());
    std::vector<std::filesystem::path> paths;
    for (const auto& [parent, name] : found) {
        paths.push_back(std::filesystem::path(parent) / name);
    }
    return paths;
}

/// Throws an `Error` if the folders are the parts of a data set, not its classes: the folder above was given.
inline void check_level(const std::filesystem::path& folder, const std::vector<std::string>& classes) {
    constexpr std::string_view parts[] = {"train", "val", "valid", "validation", "test"};
    const auto is_part = [&](const std::string& name) { return std::ranges::count(parts, name) > 0; };
    if (std::ranges::count(classes, "train") > 0 && std::ranges::all_of(classes, is_part)) {
        fail(folder.string(), " has the folders of the parts, not of the classes; give ", (folder / "train").string(),
             " or another of them");
    }
}

}  // namespace detail

/// The pictures in the class folders in `folder`, as torchvision's ImageFolder numbers them: classes in the order of the
/// bytes of their names. Hidden files and folders, whose names begin with a dot, are left out. A folder that can't be read
/// or has no class folders, and class folders without a picture, are an `Error` that says what is there.
inline PictureFiles picture_files(const std::filesystem::path& folder, const PictureFileOptions& options = {}) {
    PictureFiles result{detail::class_folders_in(folder), {}};
    if (result.class_names.empty()) {
        fail("no folder in ", folder.string(), "; expected the folder of each class",
             detail::hint_for_missing(folder / "the folders of the classes"));
    }
    detail::check_level(folder, result.class_names);
    std::string empty;
    int empty_folders = 0;
    for (std::size_t label = 0; label < result.class_names.size(); ++label) {
        const auto pictures = detail::pictures_in(folder / result.class_names[label], options);
        for (const std::filesystem::path& path : pictures) {
            result.files.push_back({path, static_cast<int>(label)});
        }
        if (pictures.empty() && ++empty_folders <= 5) {
            empty += (empty.empty() ? "" : ", ") + (folder / result.class_names[label]).string();
        }
    }
    if (empty_folders > 0) {
        std::string suffixes;
        for (const std::string& suffix : options.suffixes) {
            suffixes += (suffixes.empty() ? "" : ", ") + suffix;
        }
        fail("no picture (", suffixes, ") in ", empty, empty_folders > 5 ? " and others: " : ": ", empty_folders,
             " of ", result.class_names.size(), " class folders");
    }
    return result;
}

}  // namespace STAA_ABI
}  // namespace staa
