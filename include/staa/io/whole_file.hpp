// SPDX-License-Identifier: MIT
// Files that are there whole or not at all.
#pragma once

#include <cerrno>
#include <concepts>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string_view>
#include <system_error>

#include "staa/core/error.hpp"

namespace staa::inline STAA_ABI {

namespace detail {

/// The file `path`.part, which becomes `path` or nothing.
class PartialFile {
 public:
    explicit PartialFile(const std::filesystem::path& path) : path_(path), partial_(path) {
        partial_ += ".part";
        errno = 0;
        stream.open(partial_, std::ios::binary | std::ios::trunc);
        check();
    }
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile() {
        stream.close();
        std::error_code ignored;
        std::filesystem::remove(partial_, ignored);  // does nothing after `finish`
    }

    /// Gives the file its name.
    void finish() {
        stream.close();
        check();
        std::error_code error;
        std::filesystem::rename(partial_, path_, error);
        if (error) {
            fail("cannot write ", path_.string(), ": ", error.message());
        }
    }

    std::ofstream stream;

 private:
    void check() const {
        if (!stream) {
            fail("cannot write ", path_.string(), ": ",
                 errno != 0 ? std::strerror(errno) : "the system gives no reason");
        }
    }

    std::filesystem::path path_, partial_;
};

}  // namespace detail

/// Writes what `write(std::ostream&)` puts out to `path`, replacing a file of that name. The bytes go to `path`.part
/// first, which is then renamed: who looks at `path` sees the old file or the new one, never half of it. Fails with the
/// system's reason, and leaves nothing behind, if the folder does not exist or can't be written, or the disk is full.
/// Leaves nothing behind either if `write` throws.
template <std::invocable<std::ostream&> Write>
void write_whole_file(const std::filesystem::path& path, Write&& write) {
    detail::PartialFile file(path);
    write(file.stream);
    file.finish();
}

/// The same for bytes that are in memory.
inline void write_whole_file(const std::filesystem::path& path, std::string_view bytes) {
    write_whole_file(path,
                     [&](std::ostream& file) { file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())); });
}

}  // namespace staa::inline STAA_ABI
