// SPDX-License-Identifier: MIT
// Files that are there whole or not at all.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "staa/core/error.hpp"

namespace staa::inline STAA_ABI {

/// Writes `bytes` to `path`, replacing a file of that name. The bytes go to `path`.part first, which is then renamed:
/// who looks at `path` sees the old file or the new one, never half of it. Fails with the system's reason, and leaves
/// nothing behind, if the folder does not exist or can't be written, or the disk is full.
inline void write_whole_file(const std::filesystem::path& path, std::string_view bytes) {
    std::filesystem::path partial = path;
    partial += ".part";
    std::error_code ignored;
    errno = 0;
    std::ofstream file(partial, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
        const char* reason = errno != 0 ? std::strerror(errno) : "the system gives no reason";
        std::filesystem::remove(partial, ignored);
        fail("cannot write ", path.string(), ": ", reason);
    }
    std::error_code error;
    std::filesystem::rename(partial, path, error);
    if (error) {
        std::filesystem::remove(partial, ignored);
        fail("cannot write ", path.string(), ": ", error.message());
    }
}

}  // namespace staa::inline STAA_ABI
