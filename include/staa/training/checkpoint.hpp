// SPDX-License-Identifier: MIT
// Checkpoints: a training run that was interrupted goes on as if it had not been. Needs nlohmann-json;
// <staa/staa.hpp> does not include this file.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "staa/core/random.hpp"
#include "staa/io/safetensors.hpp"
#include "staa/training/progress_json.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What a run was started with, by name: data set, network, recipe. A checkpoint goes on only with the same
/// configuration. The options of the trainer are added to it. Leave out what does not change the result, such as the
/// number of threads.
using Configuration = std::map<std::string, std::string>;

namespace detail {

inline Configuration read_configuration(const Safetensors& file) {
    const nlohmann::json json = json_of(file, "staa.configuration");
    Configuration configuration;
    for (const auto& [name, value] : json.items()) {
        if (!value.is_string()) {
            fail_no_checkpoint(file, "staa.configuration");
        }
        configuration[name] = value.get<std::string>();
    }
    return configuration;
}

inline Random read_random(const Safetensors& file) {
    const nlohmann::json json = json_of(file, "staa.random");
    if (!json.is_number_unsigned()) {
        fail_no_checkpoint(file, "staa.random");
    }
    return Random(json.get<std::uint64_t>());
}

/// Throws an `Error` that lists every entry that differs.
inline void check_configuration(const std::string& source, const Configuration& saved, const Configuration& now) {
    const auto text = [](const Configuration& all, const std::string& name) {
        const auto found = all.find(name);
        return found == all.end() ? std::string("nothing") : found->second;
    };
    Configuration all = saved;
    all.insert(now.begin(), now.end());
    std::string differences;
    for (const auto& [name, value] : all) {
        if (text(saved, name) != text(now, name)) {
            differences += "\n  " + name + ": " + text(saved, name) + " in the checkpoint, " + text(now, name) + " now";
        }
    }
    if (!differences.empty()) {
        fail(source, ": this checkpoint belongs to another run:", differences);
    }
}

/// The configuration of a program, with the options of the trainer.
template <class Trainer>
Configuration with_trainer(Configuration configuration, const Trainer& trainer) {
    const Configuration options = trainer.configuration();
    configuration.insert(options.begin(), options.end());
    return configuration;
}

/// Everything that a trainer shows, as a list for the functions that save and load weights.
template <class Scalar, class Trainer>
Weights<Scalar> state_of(Trainer& trainer) {
    Weights<Scalar> state;
    trainer.visit_state(adding_to(state));
    return state;
}

}  // namespace detail

/// Writes a checkpoint of a run to the file `path`: weights, statistics, optimiser, random generator, position in the
/// epoch, what was measured so far, and the configuration. It is a safetensors file, and `write_whole_file` writes it:
/// after an `Error`, a kill or a power cut there is the checkpoint before or the new one. A value that is not finite is
/// an `Error`, because such a checkpoint could not be resumed.
template <class Trainer>
void save_checkpoint(Trainer& trainer, const std::filesystem::path& path, const Configuration& configuration = {}) {
    using Scalar = typename Trainer::Scalar;
    detail::Weights<const Scalar> state = detail::state_of<const Scalar>(trainer);
    for (const auto& tensor : state.tensors) {
        if (!detail::all_finite(tensor.data, detail::element_count(tensor.name.shape))) {
            fail("staa::save_checkpoint: ", tensor.name.text,
                 " has a value that is not finite; the checkpoint before stays");
        }
    }
    state.metadata = {{"staa.progress", detail::progress_text(trainer.progress())},
                      {"staa.configuration", nlohmann::json(detail::with_trainer(configuration, trainer)).dump()},
                      {"staa.random", std::to_string(trainer.tape().random.state())}};
    write_whole_file(path,
                     [&](std::ostream& out) { detail::write_weights(state, "cannot write " + path.string(), out); });
}

/// Reads a checkpoint of `save_checkpoint`: the run goes on with the same bits as if it had not stopped. Returns false
/// if there is no such file. A checkpoint with another configuration is an `Error` that lists the differences; so are a
/// corrupt file and a checkpoint of another network. After an `Error` nothing has changed.
template <class Trainer>
bool load_checkpoint(Trainer& trainer, const std::filesystem::path& path, const Configuration& configuration = {}) {
    std::error_code error;
    const std::filesystem::file_type type = std::filesystem::status(path, error).type();
    if (type == std::filesystem::file_type::not_found) {
        return false;
    }
    if (type == std::filesystem::file_type::none) {
        fail("cannot look for the checkpoint ", path.string(), ": ", error.message());
    }
    Safetensors file = Safetensors::open(path);
    TrainingProgress progress = detail::read_progress(file);
    detail::check_configuration(path.string(), detail::read_configuration(file),
                                detail::with_trainer(configuration, trainer));
    const Random random = detail::read_random(file);
    detail::load_weights(detail::state_of<typename Trainer::Scalar>(trainer), file);
    trainer.net().weights_changed();
    trainer.net().zero_gradients();
    trainer.progress() = std::move(progress);
    trainer.tape().random = random;
    return true;
}

/// Where a run keeps its checkpoint, and how often it writes one within an epoch.
struct CheckpointOptions {
    std::filesystem::path path;     ///< the file
    double seconds = 60;            ///< write one when this time has passed since the last
    Index steps = 0;                ///< and after this many steps of the optimiser; 0: only by time
    Configuration configuration{};  ///< of the program; see `Configuration`
};

/// Keeps the checkpoint of a run: `resume` at the start, `save_if_due` after every step, `save` after every epoch and
/// when the run is stopped. Refers to the trainer.
template <class Trainer>
class Checkpoints {
 public:
    /// The trainer must outlive this object.
    Checkpoints(Trainer& trainer, CheckpointOptions options) : trainer_(&trainer), options_(std::move(options)) {}

    /// Goes on from the checkpoint, if there is one; see `load_checkpoint`. Of several processes all must find the same
    /// file: else each of them throws an `Error`, since they would train different networks.
    bool resume() {
        const bool found = load_checkpoint(*trainer_, options_.path, options_.configuration);
        check_same_step();
        last_step_ = trainer_->progress().step;
        last_ = Clock::now();
        return found;
    }

    /// Writes a checkpoint. Of several processes, the first one writes it: all have the same state. Then another number of
    /// processes can go on from it.
    void save() {
        const ProcessGroup* group = trainer_->options().group;
        if (group == nullptr || group->rank() == 0) {
            save_checkpoint(*trainer_, options_.path, options_.configuration);
        }
        last_step_ = trainer_->progress().step;
        last_ = Clock::now();
    }

    /// Writes a checkpoint if the time or the steps of the options have passed since the last.
    void save_if_due() {
        const bool by_time = std::chrono::duration<double>(Clock::now() - last_).count() >= options_.seconds;
        const bool by_steps = options_.steps > 0 && trainer_->progress().step - last_step_ >= options_.steps;
        if (by_time || by_steps) {
            save();
        }
    }

    const std::filesystem::path& path() const { return options_.path; }  ///< the file

 private:
    /// The steps s of n processes are equal if n · (sum of s²) = (sum of s)².
    void check_same_step() const {
        ProcessGroup* group = trainer_->options().group;
        if (group == nullptr) {
            return;
        }
        const auto step = static_cast<double>(trainer_->progress().step);
        double sums[] = {step, step * step};
        group->sum(sums, 2);
        if (group->size() * sums[1] != sums[0] * sums[0]) {
            fail("staa::Checkpoints::resume: process ", group->rank(), " goes on at step ", trainer_->progress().step,
                 ", others at another step; ", options_.path.string(),
                 " must be the same file for all processes, on a shared file system");
        }
    }

    using Clock = std::chrono::steady_clock;
    Trainer* trainer_;
    CheckpointOptions options_;
    Clock::time_point last_ = Clock::now();
    Index last_step_ = 0;
};

}  // namespace STAA_ABI
}  // namespace staa
