// SPDX-License-Identifier: MIT
// The most memory that the process has held.
#pragma once

#include <benchmark/benchmark.h>

#include <fstream>
#include <string>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace staa_bench {

/// Lets the peak begin anew at what is in use now. Linux only; elsewhere it does nothing.
inline void restart_peak_memory() {
#if defined(__GLIBC__)
    malloc_trim(0);  // what earlier benchmarks gave back, glibc holds for later ones
#endif
    std::ofstream("/proc/self/clear_refs") << 5;
}

/// Sets the counter process_MiB to the peak of the whole process, program and libraries too. Memory that an earlier
/// benchmark gave back can be in it where the C library is not glibc: then run a network alone.
inline void report_peak_memory(benchmark::State& state) {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        double kibibytes = 0;
        if (word == "VmHWM:" && status >> kibibytes)
            state.counters["process_MiB"] = kibibytes / 1024;
    }
}

}  // namespace staa_bench
