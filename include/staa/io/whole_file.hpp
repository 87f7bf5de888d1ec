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
#include "staa/io/file_lock.hpp"

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
        errno = 0;
        stream.open(partial_, std::ios::binary | std::ios::trunc);
        if (!stream) {
            const int reason = errno;
            remove();
            errno = reason;
            fail_with_reason();
        }
    }
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile() {
        stream.close();
        if (!is_finished_) {
            remove();
        }
    }

    /// Brings the bytes to the disk, and renames the temporary file to `path`. After a power cut there is the old file
    /// or the new one.
    void finish() {
        stream.close();
        check();
        lock_.take_permissions_of(path_);
        lock_.synchronise(path_);
        std::error_code error;
        std::filesystem::rename(partial_, path_, error);
        if (error) {
            fail("cannot write ", path_.string(), ": ", error.message());
        }
        is_finished_ = true;
        synchronise_folder(path_.parent_path());
    }

    std::ofstream stream;

 private:
    /// Takes the first free name of `path`.staa-part, `path`.staa-part1, and so on. A name is free if there is no such
    /// file, or if it is the rest of a process that was killed: the system has then given back its lock. A folder, a
    /// link, and a file that another process is writing are left alone.
    void create() {
        for (int i = 0; i < 100; ++i) {
            partial_ = path_;
            partial_ += i == 0 ? ".staa-part" : ".staa-part" + std::to_string(i);
            switch (lock_.take(partial_)) {
                case FileLock::Taken::yes:
                    return;
                case FileLock::Taken::busy:
                    break;
                case FileLock::Taken::no:
                    fail_with_reason();
            }
        }
        fail("cannot write ", path_.string(), ": a hundred temporary files of this name are in use");
    }

    void remove() const {
        std::error_code ignored;
        std::filesystem::remove(partial_, ignored);
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
    FileLock lock_;
    bool is_finished_ = false;
};

}  // namespace detail

/// Writes the output of `write(std::ostream&)` to the file `path`. An existing file of that name is replaced; a link of
/// that name stays, and its target is replaced. The bytes go to a temporary file beside it, `path`.staa-part, are
/// brought to the disk, and the file is renamed. So a program that opens `path` sees the old file or the new one, never
/// a part, and so does one after a power cut. The permissions are those of the file that is replaced. A folder that
/// does not exist or can't be written, a `path` that is a folder, device or pipe, and a full disk are an `Error` with the
/// system's reason. After an `Error`, and if `write` throws, the temporary file is removed and `path` is unchanged. If
/// the process is killed, the temporary file stays, and the next call for the same `path` uses it again.
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
