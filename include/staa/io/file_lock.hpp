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

    /// What `take` found.
    enum class Taken {
        yes,   ///< the file is open and nobody else writes it
        busy,  ///< another FileLock holds it, or it is a folder, a link or a device
        no,    ///< the file can't be opened; `errno` tells the reason
    };

    /// Opens the file `path`, makes it if there is none, and takes its lock. On file systems without locks a file that
    /// is already there counts as busy.
    Taken take(const std::filesystem::path& path) {
        release();
        constexpr int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
        descriptor_ = ::open(path.c_str(), flags | O_CREAT | O_EXCL, 0666);
        const bool is_new = descriptor_ >= 0;
        if (!is_new && errno != EEXIST) {
            return Taken::no;
        }
        if (!is_new) {
            descriptor_ = ::open(path.c_str(), flags);
        }
        const bool is_locked = descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
        const bool has_no_locks = descriptor_ >= 0 && !is_locked && errno != EWOULDBLOCK && errno != EINTR;
        if ((is_locked && is_still(path)) || (is_new && has_no_locks)) {
            return Taken::yes;
        }
        release();
        return Taken::busy;
    }

    /// Gives the file the permissions of another one, if that exists.
    void take_permissions_of(const std::filesystem::path& other) const {
        struct stat old {};
        if (::stat(other.c_str(), &old) == 0) {
            static_cast<void>(::fchmod(descriptor_, old.st_mode & 07777));
        }
    }

    /// Gives the lock back. The file stays.
    void release() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
        descriptor_ = -1;
    }

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

/// Waits until the names of a folder's files are on the disk. On file systems that can't do this it does nothing.
inline void synchronise_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        ::fsync(descriptor);
        ::close(descriptor);
    }
}

}  // namespace STAA_ABI
}  // namespace staa
