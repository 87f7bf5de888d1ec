// SPDX-License-Identifier: MIT
// Memory of this process that is in the machine's memory, in MiB.
#pragma once

#include <fstream>
#include <string>

#if __has_include(<sys/resource.h>)
#include <sys/resource.h>
#endif

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

/// A line of /proc/self/status, such as VmRSS; 0 where there is no such file.
inline double process_status_mib(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name + ":"))
            return std::stod(line.substr(name.size() + 1)) / 1024;
    }
    return 0;
}

/// The most that there ever was, program and libraries too.
inline double resident_peak_mib() {
    if (const double peak = process_status_mib("VmHWM"); peak > 0)
        return peak;
#if __has_include(<sys/resource.h>)
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
#if defined(__APPLE__)
    return static_cast<double>(usage.ru_maxrss) / (1 << 20);
#else
    return static_cast<double>(usage.ru_maxrss) / (1 << 10);
#endif
#else
    return 0;
#endif
}

/// What there is now; the most so far where the system does not say.
inline double resident_mib() {
    const double now = process_status_mib("VmRSS");
    return now > 0 ? now : resident_peak_mib();
}

}  // namespace staa_bench
