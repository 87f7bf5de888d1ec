// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <string>

namespace staa_tests {

/// A folder of a test's own, removed with all that is in it at the end.
class TemporaryFolder {
 public:
    TemporaryFolder() {
        for (int number = 0; path_.empty(); ++number) {
            const auto path = std::filesystem::temp_directory_path() / ("staa_io_test_" + std::to_string(number));
            if (std::filesystem::create_directory(path)) {
                path_ = path;
            }
        }
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }

    std::filesystem::path operator/(const char* name) const { return path_ / name; }
    std::ptrdiff_t entries() const { return std::distance(std::filesystem::directory_iterator(path_), {}); }

 private:
    std::filesystem::path path_;
};

}  // namespace staa_tests
