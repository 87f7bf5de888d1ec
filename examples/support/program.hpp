// SPDX-License-Identifier: MIT
// What every training program does around its training.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>

#include "staa/core/parallel.hpp"
#include "support/options.hpp"
#include "support/run_log.hpp"

#if defined(__linux__)
#include <unistd.h>
#endif

namespace example {

/// What the program runs on, so that nobody has to wonder why it is slow.
inline void print_machine(const TrainingOptions& options) {
    std::printf("instruction set: %s\nthreads: %d\n", instruction_set().c_str(), staa::threads());
    if (staa::threads() != options.threads) {
        std::printf("warning: --threads %d has no effect, this program was built without OpenMP\n", options.threads);
    }
#if !defined(NDEBUG)
    std::puts("warning: this is a debug build, many times slower than a release build (cmake --preset release)");
#endif
}

/// OpenMP's threads spin while they wait for each other. Where another program needs a core too, one that spins keeps it
/// from the one that it waits for: train_nmnist beside a compiler on two cores learnt from 32 recordings a second, and
/// from 505 when its threads slept. With the cores to itself it is as fast either way. The policy is read before `main`, so
/// the program begins anew with it, once, unless the user has chosen one.
inline void wait_asleep([[maybe_unused]] char** argv) {
#if defined(_OPENMP) && defined(__linux__)
    if (std::getenv("OMP_WAIT_POLICY") == nullptr && setenv("OMP_WAIT_POLICY", "passive", 1) == 0) {
        execv("/proc/self/exe", argv);  // comes back only if it fails, and then the threads spin
    }
#endif
}

/// Reads the options (see `CommandLine::read`), trains, and prints what `train(options)` gives, the test accuracy in per
/// cent. What goes wrong is printed as one sentence. Gives the exit code of `main`.
template <class Options>
int run_program(const char* name, int argc, char** argv, std::optional<int> (*read)(int, const char* const*, Options&),
                double (*train)(const Options&)) {
    wait_asleep(argv);
    try {
        Options options;
        if (const auto exit_code = read(argc, argv, options)) {
            return *exit_code;
        }
        staa::set_threads(options.threads);
        std::printf("test accuracy: %.2f %%\n", train(options));
        return 0;
    } catch (const std::bad_alloc&) {
        std::fprintf(stderr, "%s: not enough memory; a smaller --batch or fewer --steps need less\n", name);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: %s\n", name, error.what());
    }
    return 1;
}

}  // namespace example
