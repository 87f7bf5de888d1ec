// SPDX-License-Identifier: MIT
// The part of the command line that all training programs share.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"
#include "staa/io/safetensors_save.hpp"
#include "staa/kernels/neuron/critical_width.hpp"
#include "support/command_line.hpp"

namespace example {

using staa::Index;

/// How a network is trained, other than its learning rate. The defaults are those without --recipe.
struct Recipe {
    std::string name;             ///< "paper", "fast" or empty
    bool nesterov = false;        ///< Nesterov's momentum
    bool decay_products = false;  ///< only weights of convolutions and linear layers decay
    bool is_linear = false;       ///< the learning rate falls along a line, after a warm-up, in place of a cosine
    double label_smoothing = 0;   ///< of the cross entropy
    double average_decay = 0;     ///< of the moving average of the weights; 0: none
    bool mirror = false;          ///< the test looks at each image and at its mirror image
    double surrogate_width = 1;   ///< of all neurons; see staa::critical_width
};

/// The options of every training program. The defaults of fields that are 0 here depend on the data;
/// `CommandLine::read` sets them.
struct TrainingOptions {
    std::string data = "synthetic";
    Index steps = 0;
    Index epochs = 0;
    Index batch = 0;
    double learning_rate = 0;
    int threads = staa::threads();
    Index seed = 1;
    std::filesystem::path weights;  ///< file of weights to start from; empty: random weights of the seed
    std::filesystem::path out;
    bool resume = false;                                     ///< go on from the checkpoint in `out`, if there is one
    bool overwrite = false;                                  ///< replace the run in `out`, if there is one
    double checkpoint_seconds = 60;                          ///< time between two checkpoints within an epoch
    staa::StoredType weights_type = staa::StoredType::same;  ///< of the numbers in the file of weights
    bool summary = false;                                    ///< print the layers of the network at the start
    Recipe recipe{};

    bool is_synthetic() const { return data == "synthetic"; }
};

/// Throws staa::Error unless `value` is in [least, most].
inline void check_range(const char* name, Index value, Index least, Index most) {
    if (value < least || value > most) {
        staa::fail(name, " ", value, ": expected a whole number from ", least, " to ", most);
    }
}

/// Throws staa::Error for an option out of its range. Checks only what does not depend on a file or a network.
inline void check(const TrainingOptions& options) {
    constexpr Index million = 1'000'000;
    check_range("--steps", options.steps, 1, 1000);
    check_range("--epochs", options.epochs, options.weights.empty() ? 1 : 0, million);
    check_range("--batch", options.batch, 1, million);
    check_range("--threads", options.threads, 1, 1024);
    check_range("--seed", options.seed, 0, std::numeric_limits<Index>::max());
    if (options.resume && options.overwrite) {
        staa::fail("--resume goes on with the run in the folder, --overwrite replaces it: give one of them");
    }
    if (!(options.checkpoint_seconds >= 0)) {
        staa::fail("--checkpoint-seconds ", options.checkpoint_seconds, ": expected 0 or more");
    }
    if (!(options.learning_rate > 0 && options.learning_rate <= std::numeric_limits<float>::max())) {
        staa::fail("--lr ", options.learning_rate, ": expected a number above 0, such as 0.1");
    }
}

/// A default for synthetic data and one for data from files.
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
        add_option(app_, name, value, help)->capture_default_str();
    }

    /// An option whose default depends on the data. The help text shows `in_words`, if given, in place of the number
    /// for files.
    template <class Value>
    void add(const char* name, Value& value, const ByData<Value>& defaults, const std::string& help,
             const std::string& in_words = "") {
        std::ostringstream text;
        text << help << " (synthetic: " << defaults.synthetic << ", else ";
        in_words.empty() ? text << defaults.files << ')' : text << in_words << ')';
        const CLI::Option* option = add_option(app_, name, value, text.str());
        fill_in_.push_back([this, option, &value, defaults] {
            if (option->count() == 0) {
                value = options_.is_synthetic() ? defaults.synthetic : defaults.files;
            }
        });
    }

    /// The options of the optimiser. `samples` is the word for a sample of the data, such as "images".
    void add_optimiser(const std::string& samples, const ByData<Index>& epochs, const ByData<Index>& batch,
                       const ByData<double>& learning_rate) {
        add("--epochs", options_.epochs, epochs, "passes over the " + samples);
        add("--batch", options_.batch, batch, samples + " per step of SGD");
        add("--lr", options_.learning_rate, learning_rate, "learning rate at the start; it falls to 0 along a cosine");
    }

    /// A recipe, and options that override it. It sets the options that the command line does not give.
    void add_recipe() {
        Recipe& recipe = options_.recipe;
        app_.add_option("--recipe", recipe.name,
                        "paper: the paper's neuron and surrogate; fast: learns more in few epochs; without it: the "
                        "paper's, with a "
                        "better surrogate")
            ->check(CLI::IsMember({"paper", "fast"}));
        const auto add_value = [&](const char* name, auto& value, const std::string& help, auto paper, auto fast,
                                   auto otherwise) {
            const CLI::Option* option = add_option(app_, name, value, help);
            fill_in_.push_back([option, &value, &recipe, paper, fast, otherwise] {
                if (option->count() == 0) {
                    value = recipe.name == "paper" ? paper : recipe.name == "fast" ? fast : otherwise;
                }
            });
        };
        const double critical = staa::critical_width;
        add_value("--surrogate-width", recipe.surrogate_width,
                  "width of the surrogate; -1: the critical width, at which gradients keep their size (default)", 1.0,
                  critical, critical);
        add_value("--nesterov", recipe.nesterov, "Nesterov's momentum: true or false", false, true, false);
        add_value("--decay-products", recipe.decay_products,
                  "only weights of convolutions and linear layers decay: true or false", false, true, false);
        add_value("--linear", recipe.is_linear,
                  "the learning rate falls along a line, after a warm-up, in place of a cosine: true or false", false,
                  true, false);
        add_value("--label-smoothing", recipe.label_smoothing, "share of the target that goes to all classes", 0.0, 0.1,
                  0.0);
        add_value("--average-decay", recipe.average_decay, "of the moving average of the weights; 0: none", 0.0, 0.0,
                  0.0);
        add_value("--mirror", recipe.mirror, "test each image and its mirror image: true or false", false, true, false);
    }

    /// The options that are equal in all programs.
    void add_common() {
        add("--threads", options_.threads, "number of threads");
        add("--seed", options_.seed, "seed of the weights, of the order of the samples and of their augmentation");
        app_.add_option("--weights", options_.weights,
                        "safetensors file of weights to start from, of an earlier run or of PyTorch; with --epochs 0 "
                        "it is only tested");
        app_.add_option("--out", options_.out,
                        "folder for log.csv, metrics.json, learning_curves.png, weights.safetensors and the checkpoint")
            ->default_str(options_.out.string());
        app_.add_flag("--resume", options_.resume,
                      "go on from the checkpoint in the folder of --out; begin anew where there is none");
        app_.add_flag("--overwrite", options_.overwrite, "replace the run in the folder of --out");
        app_.add_flag("--summary", options_.summary,
                      "print the layers of the network at the start: maps, parameters, operations, kernels");
        add("--checkpoint-seconds", options_.checkpoint_seconds, "time between two checkpoints within an epoch");
        const std::map<std::string, staa::StoredType> types{{"float32", staa::StoredType::same},
                                                            {"float16", staa::StoredType::float16},
                                                            {"bfloat16", staa::StoredType::bfloat16}};
        app_.add_option("--weights-type", options_.weights_type,
                        "numbers in weights.safetensors: float32; or float16 or bfloat16, which need half the space")
            ->transform(CLI::CheckedTransformer(types))
            ->default_str("float32");
    }

    /// Fills in the options. Gives an exit code if the program must end: 0 after --help, 1 after a bad command line;
    /// the help or the error has then been printed. An option out of its range is a staa::Error.
    std::optional<int> read(int argc, const char* const* argv) {
        if (const auto exit_code = parse(app_, argc, argv)) {
            return exit_code;
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
