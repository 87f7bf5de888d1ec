// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace staa_tests {

/// A new folder, removed with all that is in it at the end.
class TemporaryFolder {
 public:
    TemporaryFolder() {
        for (int number = 0; path_.empty(); ++number) {
            const auto path = std::filesystem::temp_directory_path() / ("staa_test_" + std::to_string(number));
            if (std::filesystem::create_directory(path)) {
                path_ = path;
            }
        }
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    std::filesystem::path operator/(const char* name) const { return path_ / name; }

    /// The bytes of a file of this folder.
    std::string content(const std::string& name) const {
        std::ostringstream bytes;
        bytes << std::ifstream(path_ / name, std::ios::binary).rdbuf();
        return bytes.str();
    }

    std::ptrdiff_t entries() const { return std::distance(std::filesystem::directory_iterator(path_), {}); }

    const std::filesystem::path& path() const { return path_; }
    std::string file(const std::string& name) const { return (path_ / name).string(); }

    /// Writes a file, and the folders above it.
    void write(const std::string& name, const std::string& bytes) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << bytes;
    }

 private:
    std::filesystem::path path_;
};

}  // namespace staa_tests
