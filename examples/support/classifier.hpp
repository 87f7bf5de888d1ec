// SPDX-License-Identifier: MIT
// A trained network of any type, behind one interface, and what a file of weights says about its network.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "staa/data/image_data_set.hpp"
#include "staa/data/loader.hpp"
#include "staa/io/safetensors.hpp"
#include "staa/networks/network.hpp"
#include "staa/training/evaluate.hpp"
#include "support/networks.hpp"

namespace example {

using staa::Index;

/// Tells which class an image belongs to.
class Classifier {
 public:
    virtual ~Classifier() = default;
    /// The probability of each class, for one image [1, height, width, 3]. With `options.mirror` the logits are the mean
    /// over the image and its mirror image.
    virtual std::vector<double> probabilities(const staa::Tensor<float, 4>& image,
                                              const staa::EvaluationOptions& options) const = 0;
    /// Loss and accuracy on all images of a set.
    virtual staa::Scores evaluate(const staa::StoredImages& images, const staa::EvaluationOptions& options) const = 0;
};

/// A network in this program that reads weights.
struct BuiltClassifier : NetworkChoice {
    std::unique_ptr<Classifier> (*load)(staa::Safetensors& file, const staa::NetworkOptions& options);
};

/// The softmax of the logits [1, classes].
inline std::vector<double> softmax(const staa::Tensor<float, 2>& logits) {
    std::vector<double> shares(logits.data(), logits.data() + logits.size());
    const double largest = *std::max_element(shares.begin(), shares.end());
    double sum = 0;
    for (double& share : shares) {
        share = std::exp(share - largest);
        sum += share;
    }
    for (double& share : shares) {
        share /= sum;
    }
    return shares;
}

/// A network of type `Net` as a Classifier.
template <class Net>
class NetworkClassifier final : public Classifier {
 public:
    NetworkClassifier(staa::Safetensors& file, const staa::NetworkOptions& options) : net_(options) {
        staa::load(net_, file);
    }
    std::vector<double> probabilities(const staa::Tensor<float, 4>& image,
                                      const staa::EvaluationOptions& options) const override {
        return softmax(staa::infer_views(net_, image, options));
    }
    staa::Scores evaluate(const staa::StoredImages& images, const staa::EvaluationOptions& options) const override {
        staa::Loader loader{images, {.batch = 100, .shuffle = false, .augmentation = staa::Augmentation::none()}};
        return staa::evaluate(net_, loader, options);
    }

 private:
    Net net_;
};

/// The `load` of a BuiltClassifier.
template <class Net>
std::unique_ptr<Classifier> load_classifier(staa::Safetensors& file, const staa::NetworkOptions& options) {
    return std::make_unique<NetworkClassifier<Net>>(file, options);
}

/// What a file of weights says about itself, in the entries "staa.*" of its metadata.
struct WeightsDescription {
    NetworkChoice choice;
    staa::NetworkOptions options;
    staa::Normalisation normalisation;
    std::vector<std::string> class_names;  ///< one per class; numbers where the file has no names
};

/// The value of an entry, parsed as JSON. An entry that is missing or has another type is a staa::Error.
template <class Value>
Value described(const staa::Safetensors& file, const std::string& entry) {
    const auto found = file.metadata().find(entry);
    if (found == file.metadata().end()) {
        staa::fail(file.source(), ": there is no ", entry, " in the metadata; expected a file that train_cifar wrote");
    }
    if constexpr (std::is_same_v<Value, std::string>) {
        return found->second;
    } else {
        const auto value = nlohmann::json::parse(found->second, nullptr, false);
        try {
            return value.get<Value>();
        } catch (const nlohmann::json::exception&) {
            staa::fail(file.source(), ": ", entry, " is \"", found->second.substr(0, 100),
                       "\", which is not what it should be");
        }
    }
}

/// Reads the description. Values that no network can have are found when the network is made.
inline WeightsDescription description_of(const staa::Safetensors& file) {
    const auto number = [&](const char* entry) { return described<double>(file, entry); };
    const auto three = [&](const char* entry) { return described<std::array<double, 3>>(file, entry); };
    WeightsDescription result{
        .choice = {described<std::string>(file, "staa.network"), described<int>(file, "staa.width"),
                   described<int>(file, "staa.classes"), described<std::string>(file, "staa.neuron")},
        .options = {.steps = described<Index>(file, "staa.steps"),
                    .neuron = {.threshold = number("staa.threshold"), .leak = number("staa.leak")}},
        .normalisation = {three("staa.mean"), three("staa.deviation")},
        .class_names = file.metadata().contains("staa.class_names")
                           ? described<std::vector<std::string>>(file, "staa.class_names")
                           : std::vector<std::string>{}};
    if (described<std::string>(file, "staa.surrogate") == "rectangle") {
        result.choice.neuron += "-rectangle";
    }
    if (static_cast<int>(result.class_names.size()) != result.choice.classes) {
        result.class_names.clear();
        for (int i = 0; i < result.choice.classes; ++i) {
            result.class_names.push_back("class " + std::to_string(i));
        }
    }
    return result;
}

}  // namespace example
