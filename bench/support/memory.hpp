// SPDX-License-Identifier: MIT
// The resident memory of this process, in MiB: what it has in the machine's memory.
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

/// Sets the peak to what is in use now. On Linux only; on other systems it does nothing.
inline void restart_peak_memory() {
#if defined(__GLIBC__)
    malloc_trim(0);  // glibc keeps memory that earlier benchmarks gave back
#endif
    std::ofstream("/proc/self/clear_refs") << 5;
}

/// The value of a line of /proc/self/status, such as VmRSS; 0 where there is no such file.
inline double process_status_mib(const std::string& name) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with(name + ":"))
            return std::stod(line.substr(name.size() + 1)) / 1024;
    }
    return 0;
}

/// The peak so far, with the program and its libraries.
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

/// The memory in use now; the peak so far where the system does not tell it.
inline double resident_mib() {
    const double now = process_status_mib("VmRSS");
    return now > 0 ? now : resident_peak_mib();
}

}  // namespace staa_bench
