// SPDX-License-Identifier: MIT
// The part of the command line that all training programs have.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"

namespace example {

using staa::Index;

/// What every training program can be told. Fields that are 0 here depend on the data and are filled in when the command
/// line has been read.
struct TrainingOptions {
    std::string data = "synthetic";
    Index steps = 0;
    Index epochs = 0;
    Index batch = 0;
    double learning_rate = 0;
    int threads = staa::threads();
    Index seed = 1;
    std::filesystem::path weights;  ///< to begin with; empty: drawn from the seed
    std::filesystem::path out;

    bool is_synthetic() const { return data == "synthetic"; }
};

inline void check_range(const char* name, Index value, Index least, Index most) {
    if (value < least || value > most) {
        staa::fail(name, " ", value, ": expected a whole number from ", least, " to ", most);
    }
}

/// What no file and no network has to be asked for.
inline void check(const TrainingOptions& options) {
    constexpr Index million = 1'000'000;
    check_range("--steps", options.steps, 1, 1000);
    check_range("--epochs", options.epochs, options.weights.empty() ? 1 : 0, million);
    check_range("--batch", options.batch, 1, million);
    check_range("--threads", options.threads, 1, 1024);
    check_range("--seed", options.seed, 0, std::numeric_limits<Index>::max());
    if (!(options.learning_rate > 0 && options.learning_rate <= std::numeric_limits<float>::max())) {
        staa::fail("--lr ", options.learning_rate, ": expected a number above 0, such as 0.1");
    }
}

/// A value for synthetic data and one for files.
template <class Value>
struct ByData {
    Value synthetic, files;
};

/// The command line of a training program.
class CommandLine {
 public:
    CommandLine(const std::string& description, TrainingOptions& options) : app_(description), options_(options) {}

    /// An option with one default.
    template <class Value>
    void add(const char* name, Value& value, const std::string& help) {
        app_.add_option(name, value, help)->capture_default_str();
    }

    /// An option whose default depends on the data; `in_words` says it where the number does not.
    template <class Value>
    void add(const char* name, Value& value, const ByData<Value>& defaults, const std::string& help,
             const std::string& in_words = "") {
        std::ostringstream text;
        text << help << " (synthetic: " << defaults.synthetic << ", else ";
        in_words.empty() ? text << defaults.files << ')' : text << in_words << ')';
        const CLI::Option* option = app_.add_option(name, value, text.str());
        fill_in_.push_back([this, option, &value, defaults] {
            if (option->count() == 0) {
                value = options_.is_synthetic() ? defaults.synthetic : defaults.files;
            }
        });
    }

    /// What all programs have beside --data, --steps and the options that depend on the data.
    void add_common() {
        add("--threads", options_.threads, "threads");
        add("--seed", options_.seed, "of the weights, the order of the samples and how they are varied");
        app_.add_option(
            "--weights", options_.weights,
            "a safetensors file to begin with, of an earlier run or of PyTorch; with --epochs 0 it is tested");
        app_.add_option("--out", options_.out,
                        "folder for log.csv, metrics.json, learning_curves.png and weights.safetensors")
            ->default_str(options_.out.string());
    }

    /// Fills in the options. Gives the exit code where the program has nothing left to do: 0 after --help, 1 after a
    /// command line that can't be read; both have then been printed. An option out of its range is a staa::Error.
    std::optional<int> read(int argc, const char* const* argv) {
        try {
            app_.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return app_.exit(error) == 0 ? 0 : 1;
        }
        for (const auto& fill : fill_in_) {
            fill();
        }
        check(options_);
        return std::nullopt;
    }

 private:
    CLI::App app_;
    TrainingOptions& options_;
    std::vector<std::function<void()>> fill_in_;
};

}  // namespace example
