// SPDX-License-Identifier: MIT
// staa_bench: all benchmarks of this folder in one program. It has all options of Google Benchmark, and --quick.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "staa/core/parallel.hpp"
#include "support/quick_set.hpp"
#include "support/table_reporter.hpp"

namespace {

using namespace staa_bench;

void print_help() {
    std::puts(
        "staa_bench measures the kernels of staa and whole networks.\n"
        "\n"
        "  staa_bench --quick [options]   measures a small set on one thread, in about a minute, and prints a table:\n"
        "                                 time, spread, GFLOP/s or GB/s, share of the machine's peak or triad.\n"
        "                                 docs/performance.md explains the lines.\n"
        "  staa_bench [options]           measures all of about 1,000 benchmarks, or those of --benchmark_filter\n"
        "\n"
        "--quick sets --benchmark_filter, --benchmark_repetitions=3 and --benchmark_enable_random_interleaving=true;\n"
        "your own value of an option replaces that of --quick. With --benchmark_format the output is Google\n"
        "Benchmark's and not the table. --benchmark_out=FILE writes the JSON that bench/compare_runs.py reads. The\n"
        "exit code of --quick is 1 if a benchmark fails or a network is silent.\n"
        "\n"
        "The options of Google Benchmark:\n");
    benchmark::PrintDefaultHelp();
}

/// The words of the command line.
class Arguments {
 public:
    Arguments(int count, char** words) : words_(words, words + count) {}

    /// Whether a word is there that begins so.
    bool has(const std::string& beginning) const {
        return std::any_of(words_.begin(), words_.end(),
                           [&](const std::string& word) { return word.starts_with(beginning); });
    }
    /// Removes a word. True if it was there.
    bool take(const std::string& word) { return std::erase(words_, word) > 0; }
    /// Puts an option before those of the user: of the same option twice, the last one counts.
    void put_first(const std::string& word) { words_.insert(words_.begin() + 1, word); }

    /// Hands the words to Google Benchmark, which keeps pointers to them. False if it does not know one.
    bool initialize() {
        std::vector<char*> pointers;
        for (std::string& word : words_) {
            pointers.push_back(word.data());
        }
        pointers.push_back(nullptr);
        int count = static_cast<int>(words_.size());
        benchmark::Initialize(&count, pointers.data(), print_help);
        return !benchmark::ReportUnrecognizedArguments(count, pointers.data());
    }

 private:
    std::vector<std::string> words_;
};

/// Runs what the filter selects, and prints the table. Gives the exit code.
int run_quick(bool needs_all) {
    TableReporter table(needs_all);
    const bool found_some = benchmark::RunSpecifiedBenchmarks(&table) > 0;
    return found_some && !table.has_failed() ? 0 : 1;
}

int run(Arguments& arguments) {
    const bool is_quick = arguments.take("--quick");
    const bool has_filter = arguments.has("--benchmark_filter"), has_format = arguments.has("--benchmark_format");
    if (is_quick) {
        staa::set_threads(1);  // other work on the machine disturbs one thread less than all of them
        arguments.put_first("--benchmark_repetitions=3");
        // Repetitions one after the other would all meet the machine in the same state, and show too little noise.
        arguments.put_first("--benchmark_enable_random_interleaving=true");
        arguments.put_first("--benchmark_filter=" + quick_filter());
    }
    if (!arguments.initialize()) {
        return 1;
    }
    if (is_quick && !has_format) {
        return run_quick(!has_filter);
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Arguments arguments(argc, argv);
    const int exit_code = run(arguments);
    benchmark::Shutdown();
    return exit_code;
}
