// SPDX-License-Identifier: MIT
// Writes the files of a run: log.csv, metrics.json and learning_curves.png. All three are written completely after
// every epoch, so that a run that is stopped leaves the results of its epochs so far.
#pragma once

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iomanip>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "staa/core/simd.hpp"
#include "staa/io/safetensors_header.hpp"
#include "staa/io/whole_file.hpp"
#include "staa/training/progress.hpp"
#include "support/learning_curves.hpp"
#include "support/options.hpp"

namespace example {

using staa::EpochResult;

/// Prints the line of an epoch on standard output.
inline void print(const EpochResult& e, Index epochs) {
    std::printf(
        "epoch %td/%td  loss %.4f  accuracy %.2f %%  test loss %.4f  test accuracy %.2f %%  %.0f images/s  %.1f s\n",
        e.epoch, epochs, e.trained.loss(), e.trained.accuracy(), e.tested.loss(), e.tested.accuracy(),
        e.images_per_second, e.seconds);
    std::fflush(stdout);
}

/// The properties of a run that are not options.
struct RunFacts {
    std::string network, data;  ///< their names, for printing
    Index train_samples = 0, test_samples = 0;
    std::vector<std::pair<std::string, std::string>> more{};  ///< further entries of metrics.json, as JSON
    staa::Metadata metadata{};                                ///< of the file of weights
    bool keeps_best = false;  ///< whether the best weights so far are kept, which held-out images choose
    Index parameters = 0;
};

/// A string in the notation of JSON.
inline std::string quoted(const std::string& text) {
    std::ostringstream out;
    out << '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out << '\\' << c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out << "\\u" << std::hex << std::setw(4) << std::setfill('0') << static_cast<int>(c) << std::dec;
        } else {
            out << c;
        }
    }
    out << '"';
    return out.str();
}

/// The instruction set that the kernels were compiled for.
template <class Arch = staa::DefaultArch>
std::string instruction_set() {
    if constexpr (std::is_same_v<Arch, staa::Plain>) {
        return "none";
    } else {
        return Arch::name();
    }
}

/// Collects the results of a run's epochs and writes them to options.out.
class RunLog {
 public:
    RunLog(const TrainingOptions& options, const RunFacts& facts) : options_(options), facts_(facts) {}

    /// Writes all files, with the results of all epochs so far.
    void write(const std::vector<EpochResult>& epochs) {
        epochs_ = epochs;
        staa::write_whole_file(options_.out / "log.csv", csv());
        staa::write_whole_file(options_.out / "metrics.json", json());
        write_picture();
    }

    std::filesystem::path picture() const { return options_.out / "learning_curves.png"; }

 private:
    std::string csv() const {
        std::ostringstream out;
        out << "epoch,learning_rate,train_loss,train_accuracy,test_loss,test_accuracy,images_per_second,seconds\n";
        for (const EpochResult& e : epochs_) {
            out << e.epoch << ',' << e.learning_rate << ',' << e.trained.loss() << ',' << e.trained.accuracy() << ','
                << e.tested.loss() << ',' << e.tested.accuracy() << ',' << e.images_per_second << ',' << e.seconds
                << '\n';
        }
        return out.str();
    }

    std::string json() const {
        const EpochResult& last = epochs_.back();
        const auto best = std::max_element(epochs_.begin(), epochs_.end(), [](const auto& a, const auto& b) {
            return a.tested.accuracy() < b.tested.accuracy();
        });
        double seconds = 0;
        for (const EpochResult& e : epochs_) {
            seconds += e.seconds;
        }
        std::ostringstream out;
        const auto entry = [&](const char* name, const auto& value) { out << ",\n  \"" << name << "\": " << value; };
        out << "{\n  \"network\": " << quoted(facts_.network);
        entry("parameters", facts_.parameters);
        for (const auto& [name, value] : facts_.more) {
            entry(name.c_str(), value);
        }
        entry("steps", options_.steps);
        entry("data", quoted(options_.data));
        entry("train_images", facts_.train_samples);
        entry("test_images", facts_.test_samples);
        entry("epochs", options_.epochs);
        entry("epochs_done", last.epoch);
        entry("batch", options_.batch);
        entry("learning_rate", options_.learning_rate);
        entry("seed", options_.seed);
        entry("threads", staa::threads());
        entry("instruction_set", quoted(instruction_set()));
        entry("train_loss", last.trained.loss());
        entry("train_accuracy", last.trained.accuracy());
        entry("test_loss", last.tested.loss());
        entry("test_accuracy", last.tested.accuracy());
        entry("best_test_accuracy", best->tested.accuracy());
        entry("images_per_second", last.images_per_second);
        entry("seconds", seconds);
        out << "\n}\n";
        return out.str();
    }

    void write_picture() const {
        constexpr Colour blue{31, 119, 180}, orange{230, 110, 20};
        using staa::Scores;
        const auto curve = [&](const char* name, const Colour& colour, Scores EpochResult::*of,
                               double (Scores::*value)() const) {
            Curve result{name, colour, {}};
            for (const EpochResult& e : epochs_) {
                result.values.push_back((e.*of.*value)());
            }
            return result;
        };
        const std::string heading = facts_.network + ", T = " + std::to_string(options_.steps) + ", on " +
                                    std::to_string(facts_.train_samples) + " " + facts_.data;
        write_learning_curves(picture(), heading,
                              {{"Loss",
                                3,
                                {curve("training", blue, &EpochResult::trained, &Scores::loss),
                                 curve("test", orange, &EpochResult::tested, &Scores::loss)}},
                               {"Accuracy [%]",
                                2,
                                {curve("training", blue, &EpochResult::trained, &Scores::accuracy),
                                 curve("test", orange, &EpochResult::tested, &Scores::accuracy)}}});
    }

    TrainingOptions options_;
    RunFacts facts_;
    std::vector<EpochResult> epochs_;
};

}  // namespace example
