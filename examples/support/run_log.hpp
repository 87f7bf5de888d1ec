// SPDX-License-Identifier: MIT
// Writes the files of a run: log.csv, metrics.json and learning_curves.png. All three are written completely after
// every epoch, so that a run that is stopped leaves the results of its epochs so far.
#pragma once

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

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
    std::string train_checksum, test_checksum;                       ///< of the samples; see `Checksum`
    nlohmann::ordered_json more = nlohmann::ordered_json::object();  ///< further entries of metrics.json
    staa::Metadata metadata{};                                       ///< of the file of weights
    bool keeps_best = false;  ///< whether the best weights so far are kept, which held-out images choose
    Index parameters = 0;
    std::string weights_checksum{};  ///< of the file of weights that the run began with; empty: random weights
};

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
        const bool has_weights = !options_.weights.empty();
        nlohmann::ordered_json all{{"network", facts_.network}, {"parameters", facts_.parameters}};
        all.update(facts_.more);
        all.update({{"steps", options_.steps},
                    {"data", options_.data},
                    {"train_images", facts_.train_samples},
                    {"test_images", facts_.test_samples},
                    {"train_checksum", facts_.train_checksum},
                    {"test_checksum", facts_.test_checksum},
                    {"initial_weights", has_weights ? options_.weights.string() : "random"},
                    {"initial_weights_checksum", facts_.weights_checksum},
                    {"epochs", options_.epochs},
                    {"epochs_done", last.epoch},
                    {"batch", options_.batch},
                    {"learning_rate", options_.learning_rate},
                    {"seed", options_.seed},
                    {"threads", staa::threads()},
                    {"instruction_set", instruction_set()},
                    {"train_loss", last.trained.loss()},
                    {"train_accuracy", last.trained.accuracy()},
                    {"test_loss", last.tested.loss()},
                    {"test_accuracy", last.tested.accuracy()},
                    {"best_test_accuracy", best->tested.accuracy()},
                    {"images_per_second", last.images_per_second},
                    {"seconds", seconds}});
        // A path may have any bytes: those that are not UTF-8 are replaced.
        return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
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
