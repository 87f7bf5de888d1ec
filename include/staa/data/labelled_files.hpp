// SPDX-License-Identifier: MIT
// Lists the files of a data set with one folder per class: N-MNIST, CIFAR10-DVS. For pictures see picture_files.hpp.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"
#include "staa/data/folder_hint.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A file and its class.
struct LabelledFile {
    std::filesystem::path path;  ///< the file
    int label = 0;               ///< 0-based
};

namespace detail {

/// The order of file names. Numbers in them are ordered by value: "cifar10_dog_9.aedat" comes before
/// "cifar10_dog_10.aedat".
inline bool comes_before(const std::string& left, const std::string& right) {
    constexpr std::string_view digits = "0123456789";
    std::string_view a = left, b = right;
    while (!a.empty() && !b.empty()) {
        const std::size_t a_end = std::min(a.find_first_not_of(digits), a.size());
        const std::size_t b_end = std::min(b.find_first_not_of(digits), b.size());
        if (a_end > 0 && b_end > 0) {
            std::string_view x = a.substr(0, a_end), y = b.substr(0, b_end);
            x.remove_prefix(std::min(x.find_first_not_of('0'), x.size()));
            y.remove_prefix(std::min(y.find_first_not_of('0'), y.size()));
            if (x != y) {
                return x.size() != y.size() ? x.size() < y.size() : x < y;
            }
        } else if (a.front() != b.front()) {
            // char is signed on some machines: the order of letters such as é must not depend on it.
            return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
        }
        const bool are_numbers = a_end > 0 && b_end > 0;
        a.remove_prefix(are_numbers ? a_end : 1);
        b.remove_prefix(are_numbers ? b_end : 1);
    }
    return a.size() != b.size() ? a.size() < b.size() : left < right;  // 007 and 7 are one number
}

/// The names of the folders in a folder or, if `folders` is false, of the files that end in `extension`, in order. Hidden
/// ones are left out: macOS puts a "._9.bin" beside each "9.bin" of an archive. A folder that can't be read is an `Error`;
/// `what` is what its message says was expected.
inline std::vector<std::string> names_in(const std::filesystem::path& folder, bool folders,
                                         const std::string& extension, const std::string& what) {
    std::error_code problem;
    std::filesystem::directory_iterator entries(folder, problem);
    if (problem) {
        fail("no such folder: ", folder.string(), "; expected ", what,
             is_there(folder) ? "" : advice_for_missing(folder));
    }
    std::vector<std::string> names;
    for (; entries != std::filesystem::directory_iterator(); entries.increment(problem)) {
        std::error_code ignored;
        const bool has_extension = folders || entries->path().extension() == extension;
        const std::string name = entries->path().filename().string();
        if (has_extension && !name.starts_with('.') && entries->is_directory(ignored) == folders) {
            names.push_back(name);
        }
    }
    if (problem) {
        fail(folder.string(), ": the folder cannot be read to its end: ", problem.message(), "; expected ", what);
    }
    std::sort(names.begin(), names.end(), comes_before);
    return names;
}

}  // namespace detail

/// The files that end in `extension` in the folders `folder`/`classes[label]`, class after class. Within a class they
/// are in the order of their names, with numbers by value. Files whose names are in `skip` are left out. A folder that
/// is missing, can't be read or has no such file is an `Error`; `what` is the name of the data set in its message.
inline std::vector<LabelledFile> labelled_files(const std::filesystem::path& folder,
                                                const std::vector<std::string>& classes, const std::string& extension,
                                                const std::string& what, const std::vector<std::string>& skip = {}) {
    std::vector<LabelledFile> files;
    for (std::size_t label = 0; label < classes.size(); ++label) {
        const std::filesystem::path class_folder = folder / classes[label];
        auto names = detail::names_in(class_folder, false, extension, "a class folder of " + what);
        std::erase_if(names, [&](const std::string& name) { return std::ranges::find(skip, name) != skip.end(); });
        if (names.empty()) {
            fail("no file that ends in ", extension, " in ", class_folder.string(), "; expected a class folder of ",
                 what);
        }
        for (const std::string& name : names) {
            files.push_back({class_folder / name, static_cast<int>(label)});
        }
    }
    return files;
}

}  // namespace STAA_ABI
}  // namespace staa
