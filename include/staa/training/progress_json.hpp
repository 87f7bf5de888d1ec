// SPDX-License-Identifier: MIT
// The progress of a run as a text of JSON, which a checkpoint holds. Needs nlohmann-json; checkpoint.hpp includes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "staa/core/finite.hpp"
#include "staa/io/safetensors_file.hpp"
#include "staa/training/progress.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// The numbers of a JSON object by name. `is_complete` tells at the end whether all of them were there. Whole numbers
/// lie in [0, 2^53].
class JsonNumbers {
 public:
    explicit JsonNumbers(const nlohmann::json& json) : json_(json) {}
    template <class Number>
    void number(const char* name, Number& number) {
        const auto found = json_.is_object() ? json_.find(name) : json_.end();
        constexpr bool is_whole = std::is_integral_v<Number>;
        if (found == json_.end() || !(is_whole ? found->is_number_unsigned() : found->is_number())) {
            is_complete_ = false;
        } else if (is_whole && found->get<std::uint64_t>() > largest) {
            is_complete_ = false;
        } else {
            number = found->get<Number>();
        }
    }
    bool is_complete() const { return is_complete_; }

 private:
    static constexpr std::uint64_t largest = std::uint64_t{1} << 53;
    const nlohmann::json& json_;
    bool is_complete_ = true;
};

/// Writes the numbers of an object to JSON; the counterpart of JsonNumbers.
struct JsonWriter {
    nlohmann::json json = nlohmann::json::object();
    template <class Number>
    void number(const char* name, const Number& number) {
        if (!is_finite(static_cast<double>(number))) {
            fail("staa::save_checkpoint: ", name, " is ", number, "; the checkpoint before stays");
        }
        json[name] = number;
    }
};

/// Shows all numbers of an object by name, to a JsonNumbers or to a JsonWriter.
template <class Fields, class AnyScores>
    requires std::is_same_v<std::remove_const_t<AnyScores>, Scores>
void visit_numbers(Fields& fields, AnyScores& scores) {
    fields.number("images", scores.images);
    fields.number("correct", scores.correct);
    fields.number("loss_sum", scores.loss_sum);
}
template <class Fields, class Result>
    requires std::is_same_v<std::remove_const_t<Result>, EpochResult>
void visit_numbers(Fields& fields, Result& result) {
    fields.number("epoch", result.epoch);
    fields.number("learning_rate", result.learning_rate);
    fields.number("seconds", result.seconds);
    fields.number("images_per_second", result.images_per_second);
}
template <class Fields, class Progress>
    requires std::is_same_v<std::remove_const_t<Progress>, TrainingProgress>
void visit_numbers(Fields& fields, Progress& progress) {
    fields.number("epoch", progress.epoch);
    fields.number("batch", progress.batch);
    fields.number("step", progress.step);
    fields.number("training_seconds", progress.training_seconds);
    fields.number("learning_rate", progress.learning_rate);
    fields.number("best_epoch", progress.best_epoch);
    fields.number("best_accuracy", progress.best_accuracy);
}

template <class Object>
nlohmann::json numbers_of(const Object& object) {
    JsonWriter writer;
    visit_numbers(writer, object);
    return std::move(writer.json);
}
template <class Object>
bool read_numbers(const nlohmann::json& json, const char* name, Object& object) {
    static const nlohmann::json nothing;
    const auto found = json.is_object() ? json.find(name) : json.end();
    JsonNumbers numbers(found == json.end() ? nothing : *found);
    visit_numbers(numbers, object);
    return numbers.is_complete();
}

inline std::string progress_text(const TrainingProgress& progress) {
    nlohmann::json epochs = nlohmann::json::array();
    for (const EpochResult& epoch : progress.epochs) {
        epochs.push_back({{"epoch", numbers_of(epoch)},
                          {"trained", numbers_of(epoch.trained)},
                          {"tested", numbers_of(epoch.tested)}});
    }
    return nlohmann::json{{"run", numbers_of(progress)}, {"trained", numbers_of(progress.trained)}, {"epochs", epochs}}
        .dump();
}

/// Throws the `Error` of a file whose header lacks the text `name` of a checkpoint, or has another in its place.
[[noreturn]] inline void fail_no_checkpoint(const Safetensors& file, const char* name) {
    fail(file.source(), ": this is no checkpoint of a training run; its header has no valid ", name);
}

/// The text `name` of the header as JSON; null if it is missing or no JSON.
inline nlohmann::json json_of(const Safetensors& file, const char* name) {
    const auto found = file.metadata().find(name);
    const auto json =
        found == file.metadata().end() ? nlohmann::json{} : nlohmann::json::parse(found->second, nullptr, false);
    return json.is_discarded() ? nlohmann::json{} : json;
}

inline TrainingProgress read_progress(const Safetensors& file) {
    const nlohmann::json json = json_of(file, "staa.progress");
    TrainingProgress progress;
    bool ok = read_numbers(json, "run", progress) && read_numbers(json, "trained", progress.trained);
    const auto epochs = json.is_object() ? json.find("epochs") : json.end();
    ok = ok && epochs != json.end() && epochs->is_array();
    for (std::size_t i = 0; ok && i < epochs->size(); ++i) {
        EpochResult& result = progress.epochs.emplace_back();
        const nlohmann::json& epoch = (*epochs)[i];
        ok = read_numbers(epoch, "epoch", result) && read_numbers(epoch, "trained", result.trained) &&
             read_numbers(epoch, "tested", result.tested) && result.epoch == static_cast<Index>(i) + 1;
    }
    ok = ok && progress.epoch == static_cast<Index>(progress.epochs.size()) + 1 &&
         progress.best_epoch < progress.epoch && progress.trained.correct <= progress.trained.images;
    if (!ok) {
        fail_no_checkpoint(file, "staa.progress");
    }
    return progress;
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
