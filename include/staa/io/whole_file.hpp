// SPDX-License-Identifier: MIT
// Writes a file as a whole: under its name there is the old content or the complete new one, never a part of it.
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

/// The file that is written for the name `path`: the target, if `path` is a symbolic link. If a folder, device or pipe
/// has this name, it must not be replaced by a file, and this is an `Error`.
inline std::filesystem::path target_of(const std::filesystem::path& path) {
    std::error_code ignored;
    const std::filesystem::file_status status = std::filesystem::status(path, ignored);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        fail("cannot write ", path.string(), ": a folder, a device or a pipe has this name");
    }
    const std::filesystem::path target = std::filesystem::weakly_canonical(path, ignored);
    return target.empty() ? path : target;
}

/// A temporary file beside `path`. `finish` renames it to `path`; if `finish` is not called, the destructor removes it.
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

    /// Renames the temporary file to `path`.
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
    /// Creates the temporary file under the first free name of `path`.part, `path`.part1, and so on. A file, folder or
    /// link that already has such a name is never overwritten.
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

/// Writes the output of `write(std::ostream&)` to the file `path`. An existing file of that name is replaced; a link of
/// that name stays, and its target is replaced. The bytes go to a temporary file beside it, `path`.part, which is then
/// renamed. So a program that opens `path` sees the old file or the new one, never a part. A folder that does not exist
/// or can't be written, a `path` that is a folder, device or pipe, and a full disk are an `Error` with the system's
/// reason. After an `Error`, and if `write` throws, the temporary file is removed and `path` is unchanged.
template <std::invocable<std::ostream&> Write>
void write_whole_file(const std::filesystem::path& path, Write&& write) {
    detail::PartialFile file(path);
    write(file.stream);
    file.finish();
}

/// Writes `bytes` to the file `path`, in the same way.
inline void write_whole_file(const std::filesystem::path& path, std::string_view bytes) {
    write_whole_file(path,
                     [&](std::ostream& file) { file.write(bytes.data(), static_cast<std::streamsize>(bytes.size())); });
}

}  // namespace STAA_ABI
}  // namespace staa
