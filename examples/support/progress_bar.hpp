// SPDX-License-Identifier: MIT
// A progress bar on standard error; if that is not a terminal, a line every ten seconds.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "staa/core/parallel.hpp"

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

namespace example {

using staa::Index;

/// Measures the time since its construction.
class Stopwatch {
 public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

inline bool standard_error_is_terminal() {
#if defined(_WIN32)
    return _isatty(2) != 0;
#else
    return isatty(2) != 0;
#endif
}

/// Shows the progress of a run: on a terminal it is redrawn ten times per second; in a file it is a line every ten
/// seconds.
class ProgressBar {
 public:
    ProgressBar(Index epochs, Index images_per_epoch) : epochs_(epochs), images_(images_per_epoch) {}
    ~ProgressBar() { clear(); }
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    /// Shows that `images` of epoch `epoch` (from 1) are done. The time left is that of the whole run.
    void show(Index epoch, Index images, double images_per_second, double loss) {
        const double now = run_.seconds();
        if (now - last_ < (is_terminal_ ? 0.1 : 10.0)) {
            return;
        }
        last_ = now;
        shown_ = is_terminal_;
        const double share = static_cast<double>(images) / static_cast<double>(images_);
        const double done = static_cast<double>(epoch - 1) + share;
        const auto left = static_cast<long>(now * (static_cast<double>(epochs_) - done) / done + 0.5);
        const auto filled = static_cast<std::size_t>(share * bar_width);
        const std::string bar = std::string(filled, '#') + std::string(bar_width - filled, '-');
        std::fprintf(stderr, "%sepoch %td/%td [%s] %3.0f %%  %.0f images/s  loss %.4f  %ld:%02ld left%s",
                     is_terminal_ ? "\r" : "", epoch, epochs_, bar.c_str(), 100 * share, images_per_second, loss,
                     left / 60, left % 60, is_terminal_ ? "\x1b[K" : "\n");
        std::fflush(stderr);
    }

    /// Removes the bar, so that a line of text can be printed.
    void clear() {
        if (shown_) {
            std::fputs("\r\x1b[K", stderr);
            std::fflush(stderr);
            shown_ = false;
        }
    }

 private:
    static constexpr std::size_t bar_width = 20;
    Index epochs_, images_;
    Stopwatch run_;
    double last_ = 0;
    bool shown_ = false;
    bool is_terminal_ = standard_error_is_terminal();
};

}  // namespace example
