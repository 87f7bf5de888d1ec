// SPDX-License-Identifier: MIT
// The parts of a training program other than data, network and training loop: `main`, threads, what it prints first.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <string>

#include "staa/core/parallel.hpp"
#include "support/command_line.hpp"
#include "support/interrupt.hpp"
#include "support/options.hpp"
#include "support/run_log.hpp"

#if defined(__linux__)
#include <unistd.h>
#endif

namespace example {

/// Prints instruction set and threads, with a warning if the program is slower than it could be.
inline void print_machine(const TrainingOptions& options) {
    std::printf("instruction set: %s\nthreads: %d\n", instruction_set().c_str(), staa::threads());
    if (staa::threads() != options.threads) {
        std::printf("warning: --threads %d has no effect, this program was built without OpenMP\n", options.threads);
    }
#if !defined(NDEBUG)
    std::puts("warning: this is a debug build, many times slower than a release build (cmake --preset release)");
#endif
}

/// Prints the name of the data set and the numbers of its samples.
inline void print_data(const std::string& name, Index train_samples, Index test_samples) {
    std::printf("data: %td %s for training, %td for testing\n", train_samples, name.c_str(), test_samples);
}

/// Makes OpenMP's threads sleep while they wait for each other. By default they spin. If another program needs a core,
/// a spinning thread takes it from the thread that it waits for: beside a compiler on two cores, train_nmnist processed
/// 32 recordings per second with spinning threads and 505 with sleeping ones. Without other programs both are equally
/// fast. OpenMP reads the policy before `main`, so the program sets it and starts itself again, unless the user has set
/// one.
inline void wait_asleep([[maybe_unused]] char** argv) {
#if defined(_OPENMP) && defined(__linux__)
    if (std::getenv("OMP_WAIT_POLICY") == nullptr && setenv("OMP_WAIT_POLICY", "passive", 1) == 0) {
        execv("/proc/self/exe", argv);  // returns only if it fails; then the threads spin
    }
#endif
}

/// Reads the options by `read` (see `CommandLine::read`), calls `train(options)`, and prints its result, the test
/// accuracy in per cent. An exception is printed as one sentence. Gives the exit code of `main`.
template <class Options>
int run_program(const char* name, int argc, char** argv, std::optional<int> (*read)(int, const char* const*, Options&),
                double (*train)(const Options&)) {
    wait_asleep(argv);
    return run_and_report(name, [&] {
        try {
            Options options;
            if (const auto exit_code = read(argc, argv, options)) {
                return *exit_code;
            }
            staa::set_threads(options.threads);
            std::printf("test accuracy: %.2f %%\n", train(options));
            return 0;
        } catch (const Interrupted& interrupted) {
            return interrupted.exit_code();
        } catch (const std::bad_alloc&) {
            staa::fail("not enough memory; a smaller --batch or fewer --steps need less");
        }
    });
}

}  // namespace example
