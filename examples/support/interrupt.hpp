// SPDX-License-Identifier: MIT
// Stops a program between two steps when it gets SIGINT (Ctrl-C) or SIGTERM, so that it can save its work.
#pragma once

#include <csignal>
#include <exception>

namespace example {

/// Ends a program that was interrupted, after it has saved its work. The exit code is 128 + signal: 130 for SIGINT, 143
/// for SIGTERM.
class Interrupted : public std::exception {
 public:
    explicit Interrupted(int signal) : signal_(signal) {}
    const char* what() const noexcept override { return "interrupted"; }
    int exit_code() const { return 128 + signal_; }

 private:
    int signal_;
};

/// Catches SIGINT and SIGTERM as long as it exists. A second signal of the same kind ends the program at once.
class InterruptGuard {
 public:
    InterruptGuard() {
        received_ = 0;
        old_interrupt_ = catch_unless_ignored(SIGINT);
        old_terminate_ = catch_unless_ignored(SIGTERM);
    }
    ~InterruptGuard() {
        std::signal(SIGINT, old_interrupt_);
        std::signal(SIGTERM, old_terminate_);
    }
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    /// The signal that has arrived; 0: none.
    static int received() { return received_; }

 private:
    using Handler = void (*)(int);

    /// nohup, and a shell that starts a program in the background, ignore a signal: it stays ignored.
    static Handler catch_unless_ignored(int signal) {
        const Handler old = std::signal(signal, &InterruptGuard::receive);
        if (old == SIG_IGN) {
            std::signal(signal, SIG_IGN);
        }
        return old;
    }

    static void receive(int signal) {
        received_ = signal;
        std::signal(signal, SIG_DFL);
    }

    static inline volatile std::sig_atomic_t received_ = 0;
    Handler old_interrupt_, old_terminate_;
};

}  // namespace example
