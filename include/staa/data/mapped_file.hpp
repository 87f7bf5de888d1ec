// SPDX-License-Identifier: MIT
// Gives the bytes of a file without copying them.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "staa/core/error.hpp"

#if __has_include(<sys/mman.h>) && __has_include(<unistd.h>)
#define STAA_HAS_MMAP 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <fstream>
#include <vector>
#endif

namespace staa {
inline namespace STAA_ABI {

/// A regular file, opened for reading. On POSIX systems the file is mapped: the system loads only the pages that are
/// read, and copies none. On other systems the file is read into memory. If a file becomes shorter while it is mapped,
/// reading it ends the program (SIGBUS), as in every program that maps files.
class MappedFile {
 public:
    /// A file that is missing, is no regular file or can't be opened is an `Error` that names it; `what` says what was
    /// expected there, as in "a recording of N-MNIST".
    explicit MappedFile(const std::filesystem::path& path, const std::string& what) {
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(path, ignored)) {
            fail("no such file: ", path.string(), "; expected ", what);
        }
        open(path);
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    /// The bytes of the file; valid as long as this object exists.
    std::span<const std::uint8_t> bytes() const { return bytes_; }

#if defined(STAA_HAS_MMAP)
    ~MappedFile() {
        if (!bytes_.empty()) {
            munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
        }
    }

 private:
    [[noreturn]] static void fail_to_open(const std::filesystem::path& path, int reason) {
        fail(path.string(), ": cannot be opened: ", std::strerror(reason));
    }

    void open(const std::filesystem::path& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (file < 0) {
            fail_to_open(path, errno);
        }
        struct stat status {};
        const bool has_status = fstat(file, &status) == 0;
        int reason = has_status ? 0 : errno;
        if (has_status && status.st_size > 0) {  // a mapping can't be empty
            const auto size = static_cast<std::size_t>(status.st_size);
            void* address = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
            reason = address == MAP_FAILED ? errno : 0;
            if (reason == 0) {
                bytes_ = {static_cast<const std::uint8_t*>(address), size};
            }
        }
        close(file);
        if (reason != 0) {
            fail_to_open(path, reason);
        }
    }

    std::span<const std::uint8_t> bytes_;
#else
 private:
    void open(const std::filesystem::path& path) {
        content_.resize(static_cast<std::size_t>(std::filesystem::file_size(path)));
        std::ifstream file(path, std::ios::binary);
        file.read(reinterpret_cast<char*>(content_.data()), static_cast<std::streamsize>(content_.size()));
        if (!file) {
            fail(path.string(), ": cannot be read");
        }
        bytes_ = content_;
    }

    std::vector<std::uint8_t> content_;
    std::span<const std::uint8_t> bytes_;
#endif
};

}  // namespace STAA_ABI
}  // namespace staa
