// SPDX-License-Identifier: MIT
// Files that are there whole or not at all.
#pragma once

#include <cerrno>
#include <concepts>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <string_view>
#include <system_error>

#include "staa/core/error.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// Where a file of the name `path` is written to: what a symbolic link points at. Fails if something else than a file is
/// there: a device or a pipe can't be replaced by a file without harm.
inline std::filesystem::path target_of(const std::filesystem::path& path) {
    std::error_code ignored;
    const std::filesystem::file_status status = std::filesystem::status(path, ignored);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        fail("cannot write ", path.string(), ": it is there, but not as a file");
    }
    const std::filesystem::path target = std::filesystem::weakly_canonical(path, ignored);
    return target.empty() ? path : target;
}

/// A new file beside `path`, which becomes `path` or nothing.
class PartialFile {
 public:
    explicit PartialFile(const std::filesystem::path& path) : path_(target_of(path)) {
        create();
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
    /// Takes the first name that nothing has: what stands there, even a link, is somebody else's.
    void create() {
        for (int i = 0; i < 100; ++i) {
            partial_ = path_;
            partial_ += i == 0 ? ".part" : ".part" + std::to_string(i);
            errno = 0;
            if (std::FILE* created = std::fopen(partial_.string().c_str(), "wbx")) {
                std::fclose(created);
                return;
            }
            if (errno != EEXIST) {
                break;
            }
        }
        fail_with_reason();
    }

    void check() const {
        if (!stream) {
            fail_with_reason();
        }
    }

    [[noreturn]] void fail_with_reason() const {
        fail("cannot write ", path_.string(), ": ", errno != 0 ? std::strerror(errno) : "the system gives no reason");
    }

    std::filesystem::path path_, partial_;
};

}  // namespace detail

/// Writes what `write(std::ostream&)` puts out to `path`, replacing a file of that name, or the file that a link of that
/// name points at. The bytes go to a new file beside it, `path`.part, which is then renamed: who looks at `path` sees the
/// old file or the new one, never half of it. Fails with the system's reason, and leaves nothing behind, if the folder
/// does not exist or can't be written, `path` is a folder, device or pipe, or the disk is full. Leaves nothing behind
/// either if `write` throws.
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

}  // namespace STAA_ABI
}  // namespace staa
