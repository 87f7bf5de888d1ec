// SPDX-License-Identifier: MIT
// The energy that the processor says it took, where the machine tells it: RAPL of x86, through Linux's powercap.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Counts joules from its construction on. The number is that of whole processor packages: cores, caches and memory
/// controllers, with everything else that runs on the machine. It is not the energy of the network, and no estimate of
/// that of a neuromorphic chip.
///     MeasuredEnergy meter;  ..;  if (const auto joules = meter.joules()) ..
/// Virtual machines and most containers show no counters, and Linux lets only root read them: `joules` is then empty.
class MeasuredEnergy {
 public:
    explicit MeasuredEnergy(const std::filesystem::path& folder = "/sys/class/powercap") {
        std::error_code error;
        for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
            const std::string name = entry.path().filename().string();
            const bool is_package = name.starts_with("intel-rapl:") && name.find(':', 11) == std::string::npos;
            if (const auto now = is_package ? number(entry.path() / "energy_uj") : std::nullopt) {
                counters_.push_back({entry.path(), *now, number(entry.path() / "max_energy_range_uj").value_or(0)});
            }
        }
    }

    /// Joules since the construction, of all packages; empty where the machine does not tell. A counter that began again
    /// at 0 in between is counted on, once: call this at least every few minutes.
    std::optional<double> joules() {
        if (counters_.empty()) {
            return std::nullopt;
        }
        for (Counter& counter : counters_) {
            const auto now = number(counter.path / "energy_uj");
            if (!now) {
                return std::nullopt;
            }
            microjoules_ += *now >= counter.last ? *now - counter.last : *now + counter.range - counter.last;
            counter.last = *now;
        }
        return 1e-6 * static_cast<double>(microjoules_);
    }

 private:
    struct Counter {
        std::filesystem::path path;
        std::uint64_t last, range;
    };
    static std::optional<std::uint64_t> number(const std::filesystem::path& file) {
        std::ifstream in(file);
        std::uint64_t value = 0;
        return in >> value ? std::optional(value) : std::nullopt;
    }

    std::vector<Counter> counters_;
    std::uint64_t microjoules_ = 0;
};

}  // namespace STAA_ABI
}  // namespace staa
