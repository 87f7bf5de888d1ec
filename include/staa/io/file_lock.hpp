// SPDX-License-Identifier: MIT
// Locks that the system gives back when a process ends, however it ends, and files that are on the disk.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "staa/core/error.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace staa {
inline namespace STAA_ABI {

/// The lock of a file (POSIX `flock`). At most one FileLock of all processes holds it. The system gives it back when
/// the process ends, also by a signal.
class FileLock {
 public:
    FileLock() = default;
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;
    ~FileLock() { release(); }

    /// Opens the file `path`, makes it if there is none, and takes its lock. Returns whether this FileLock now holds the
    /// lock. It does not if another one holds it, if `path` is a folder, a link or a device, and if the file can't be
    /// opened; `errno` then tells the reason.
    bool take(const std::filesystem::path& path) {
        release();
        descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0666);
        if (descriptor_ < 0) {
            return false;
        }
        if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 && is_still(path)) {
            return true;
        }
        release();
        return false;
    }

    /// Gives the lock back. The file stays.
    void release() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
        descriptor_ = -1;
    }

    /// Whether this FileLock holds a lock.
    bool is_held() const { return descriptor_ >= 0; }

    /// Waits until the bytes of the file are on the disk. An `Error` names `path` and the system's reason.
    void synchronise(const std::filesystem::path& path) const {
        if (::fsync(descriptor_) != 0) {
            fail("cannot write ", path.string(), ": ", std::strerror(errno));
        }
    }

 private:
    /// Whether `path` still is the regular file that is locked: it may have been renamed before the lock was taken.
    bool is_still(const std::filesystem::path& path) const {
        struct stat locked {
        }, named{};
        return ::fstat(descriptor_, &locked) == 0 && ::lstat(path.c_str(), &named) == 0 && S_ISREG(locked.st_mode) &&
               locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
    }

    int descriptor_ = -1;
};

/// Waits until the names of a folder's files are on the disk. Folders of file systems that can't do this are left alone.
inline void synchronise_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        ::fsync(descriptor);
        ::close(descriptor);
    }
}

}  // namespace STAA_ABI
}  // namespace staa
