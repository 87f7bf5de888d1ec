// SPDX-License-Identifier: MIT
// The folder of a run: it has one owner at a time, and results of an earlier run are not replaced by accident.
#pragma once

#include <filesystem>
#include <system_error>

#include "staa/io/file_lock.hpp"
#include "staa/io/whole_file.hpp"
#include "support/options.hpp"

namespace example {

/// Makes the folder options.out and holds it for as long as this object exists. If it can't be written, if another
/// process trains in it, or if it holds a run and neither --resume nor --overwrite was given, this is a staa::Error
/// before the training begins.
class RunFolder {
 public:
    explicit RunFolder(const TrainingOptions& options) : path_(options.out) {
        namespace fs = std::filesystem;
        std::error_code error, ignored;
        made_ = fs::create_directories(path_, error);
        if (!fs::is_directory(path_, ignored)) {
            staa::fail("--out ", path_.string(),
                       ": cannot make this folder: ", error ? error.message() : "something else has its name");
        }
        switch (lock_.take(path_ / "lock")) {
            case staa::FileLock::Taken::yes:
                break;
            case staa::FileLock::Taken::busy:
                staa::fail("--out ", path_.string(), ": another process trains in this folder");
            case staa::FileLock::Taken::no:
                staa::fail("--out ", path_.string(), ": cannot write to this folder");
        }
        if (fs::exists(path_ / "checkpoint.safetensors", ignored) && !options.resume && !options.overwrite) {
            staa::fail("--out ", path_.string(),
                       ": this folder holds a run; --resume goes on with it, --overwrite replaces it");
        }
    }
    RunFolder(const RunFolder&) = delete;
    RunFolder& operator=(const RunFolder&) = delete;
    /// Removes the lock, and the folder if the constructor made it and it is empty.
    ~RunFolder() {
        std::error_code ignored;
        std::filesystem::remove(path_ / "lock", ignored);
        if (made_) {
            std::filesystem::remove(path_, ignored);
        }
    }

 private:
    std::filesystem::path path_;
    staa::FileLock lock_;
    bool made_ = false;
};

}  // namespace example
