// SPDX-License-Identifier: MIT
// The table of `staa_bench --quick`: one line per benchmark, with the share of the machine's peak or triad.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "support/quick_set.hpp"

namespace staa_bench {

/// The middle of the values; 0 where there is none.
inline double median_of(std::vector<double> values) {
    if (values.empty()) {
        return 0;
    }
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// The largest of the values less the smallest, as a share of the median; 0 where there is none.
inline double spread_of(const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return values.empty() ? 0 : (*most - *least) / median_of(values);
}

/// The repetitions of one benchmark.
class Repetitions {
 public:
    using Run = benchmark::BenchmarkReporter::Run;

    void add(const Run& run) {
        if (const std::string error = error_of(run); !error.empty()) {
            error_ = error;
            return;
        }
        for (const auto& [name, counter] : run.counters) {
            counters_[name].push_back(counter.value);
        }
        const double mean = run.GetAdjustedRealTime() / benchmark::GetTimeUnitMultiplier(run.time_unit);
        const auto fastest = run.counters.find("fastest_us");
        seconds_.push_back(fastest != run.counters.end() ? fastest->second.value * 1e-6 : mean);
    }

    std::size_t count() const { return seconds_.size(); }
    /// Why there is no time, such as "a layer is silent"; empty where there is one.
    const std::string& error() const { return error_; }
    /// Of one call, the median of the repetitions. The fastest call of a repetition counts where the benchmark tells
    /// it, the mean call where it does not.
    double seconds() const { return median_of(seconds_); }
    /// The spread of the times.
    double spread() const { return spread_of(seconds_); }
    /// The median of a counter; 0 where the benchmark has none of this name.
    double counter(const std::string& name) const { return median_of(values(name)); }
    /// The spread of a counter; 0 where the benchmark has none of this name.
    double spread(const std::string& name) const { return spread_of(values(name)); }

 private:
    std::vector<double> values(const std::string& name) const {
        const auto found = counters_.find(name);
        return found == counters_.end() ? std::vector<double>{} : found->second;
    }

    /// Google Benchmark has other members for an error from version 1.8 on.
    template <class AnyRun>
    static std::string error_of(const AnyRun& run) {
        if constexpr (requires { run.error_occurred; }) {
            return run.error_occurred ? run.error_message : "";
        } else {
            return static_cast<int>(run.skipped) != 0 ? run.skip_message : "";
        }
    }

    std::vector<double> seconds_;
    std::map<std::string, std::vector<double>> counters_;
    std::string error_;
};

/// Prints the table when all benchmarks have run, and a dot for each repetition until then.
class TableReporter : public benchmark::BenchmarkReporter {
 public:
    /// `needs_all`: a benchmark of the quick set that did not run is an error.
    explicit TableReporter(bool needs_all) : needs_all_(needs_all) {}

    bool ReportContext(const Context& context) override {
        PrintBasicContext(&GetErrorStream(), context);
        return true;
    }

    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.run_type == Run::RT_Iteration) {
                found_[name_of(run)].add(run);
                GetErrorStream() << '.' << std::flush;
            }
        }
    }

    void Finalize() override {
        GetErrorStream() << '\n';
        print_heading();
        for (const QuickBenchmark& benchmark : quick_set) {
            if (const auto found = found_.find(benchmark.name); found != found_.end()) {
                print(benchmark.group, benchmark.title, found->second);
                found_.erase(found);
            } else if (needs_all_) {
                print_failure(benchmark.name, "did not run");
            }
        }
        for (const auto& [name, repetitions] : found_) {
            print("others", name, repetitions);
        }
    }

    /// Whether a benchmark failed, or did not run.
    bool has_failed() const { return has_failed_; }

 private:
    /// The name without what only says how it is timed.
    static std::string name_of(const Run& run) {
        std::string name = run.run_name.function_name;
        if (!run.run_name.args.empty()) {
            name.append("/").append(run.run_name.args);
        }
        return name;
    }

    void print_heading() {
        std::size_t most = 0;
        for (const auto& [name, repetitions] : found_) {
            most = std::max(most, repetitions.count());
        }
        GetOutputStream() << (needs_all_ ? "One thread. " : "") << "Time of the fastest call, median and spread of "
                          << most << (most == 1 ? " repetition.\n" : " repetitions.\n");
        print_line("", "time", "spread", "rate", "share of");
    }

    void print(const std::string& group, const std::string& title, const Repetitions& r) {
        if (group != group_) {
            GetOutputStream() << group << '\n';
            group_ = group;
        }
        if (!r.error().empty()) {
            print_failure(title, r.error());
            return;
        }
        // A kernel with many FLOP per byte is limited by the peak, others by memory. The limit of a line is the same on
        // every machine, so that tables can be compared.
        const bool is_of_peak = r.counter("GFLOP/s") > 4 * r.counter("GB/s");
        const char* const unit = is_of_peak ? "GFLOP/s" : "GB/s";
        const double rate = r.counter(unit), share = r.counter(is_of_peak ? "of_peak" : "of_triad");
        const std::string rate_text = rate > 0 ? text("%.1f ", rate) + unit : "";
        if (rate > 0 && share == 0) {  // the machine itself: its rate is what counts
            print_line("  " + title, "", percent(r.spread(unit)), rate_text, "");
        } else {
            print_line("  " + title, time_text(r.seconds()), percent(r.spread()), rate_text,
                       rate > 0 ? text("%.2f ", share) + (is_of_peak ? "peak" : "triad") : "");
        }
    }

    void print_failure(const std::string& title, const std::string& why) {
        has_failed_ = true;
        GetOutputStream() << "  " << title << ": FAILED: " << why << '\n';
    }

    void print_line(const std::string& title, const std::string& time, const std::string& spread,
                    const std::string& rate, const std::string& share) {
        char line[512];
        std::snprintf(line, sizeof line, "%-46s%11s%9s%17s%12s\n", title.c_str(), time.c_str(), spread.c_str(),
                      rate.c_str(), share.c_str());
        GetOutputStream() << line;
    }

    static std::string text(const char* format, double value) {
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, format, value);
        return buffer;
    }

    static std::string percent(double share) { return text("%.1f %%", 100 * share); }

    static std::string time_text(double seconds) {
        return seconds < 1e-3 ? text("%.2f us", seconds * 1e6)
               : seconds < 10 ? text("%.2f ms", seconds * 1e3)
                              : text("%.1f s", seconds);
    }

    bool needs_all_;
    bool has_failed_ = false;
    std::string group_;
    std::map<std::string, Repetitions> found_;
};

}  // namespace staa_bench
