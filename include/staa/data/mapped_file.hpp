// SPDX-License-Identifier: MIT
// Gives the bytes of a file; those of a large one without copying them.
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
#include <vector>

#include "staa/core/error.hpp"

#if __has_include(<sys/mman.h>) && __has_include(<unistd.h>)
#define STAA_HAS_MMAP 1
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#include <fstream>
#endif

namespace staa {
inline namespace STAA_ABI {

/// A regular file, opened for reading. On POSIX systems a file of more than 64 MiB is mapped: the system loads only the
/// pages that are read, and copies none. If such a file becomes shorter while this object exists, reading it ends the
/// program (SIGBUS), as in every program that maps files: replace a file by renaming a new one, as `write_whole_file`
/// does. A smaller file, and every file on other systems, is read into memory.
class MappedFile {
 public:
    static constexpr std::size_t largest_copy = std::size_t{64} << 20;  ///< bytes of a file that is not mapped

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
        if (content_.empty() && !bytes_.empty()) {
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
        const auto size = has_status ? static_cast<std::size_t>(status.st_size) : 0;
        int reason = has_status ? 0 : errno;
        if (reason == 0 && size <= largest_copy) {
            reason = read_all(file, size);
        } else if (reason == 0) {
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

    /// Reads at most `size` bytes; fewer, if the file has become shorter. Gives the reason of a failure, or 0.
    int read_all(int file, std::size_t size) {
        content_.resize(size);
        std::size_t done = 0;
        while (done < size) {
            const ssize_t count = ::read(file, content_.data() + done, size - done);
            if (count == 0) {
                break;
            }
            if (count < 0 && errno != EINTR) {
                return errno;
            }
            done += count > 0 ? static_cast<std::size_t>(count) : 0;
        }
        content_.resize(done);
        bytes_ = content_;
        return 0;
    }

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
#endif

    std::vector<std::uint8_t> content_;  ///< of a file that is not mapped
    std::span<const std::uint8_t> bytes_;
};

}  // namespace STAA_ABI
}  // namespace staa
