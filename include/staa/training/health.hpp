// SPDX-License-Identifier: MIT
// Warnings about layers of neurons that do not take part in the training: silent ones, and ones that always fire.
#pragma once

#include <cstdio>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Limits of `FiringWatch`, as shares of the neurons that fire.
struct FiringLimits {
    double silent = 0.001;    ///< a layer below this is silent: its weights get hardly any gradient
    double saturated = 0.95;  ///< a layer above this always fires: its spikes carry hardly any information
};

/// Watches the firing rates of a network during a training. `look` takes in the rates of a batch, `warnings` tells which
/// layers were silent, or saturated, in every batch since the last call. A rate is measured at the convolution that reads
/// the spikes, without further cost. Neurons whose spikes no convolution reads are not watched.
template <class Net>
class FiringWatch {
 public:
    /// Warns outside of these limits.
    explicit FiringWatch(const FiringLimits& limits = {}) : limits_(limits) {}

    /// Takes in the firing rates of the last forward with this tape.
    void look(const Net& net, const typename Net::Tape& tape) {
        net.for_each_layer(
            [this](const std::string& name, const auto& layer, const auto& layer_tape) {
                using Layer = std::remove_cvref_t<decltype(layer)>;
                if constexpr (requires { layer_tape.use.firing_rate; }) {
                    if constexpr (Layer::Input::is_spikes) {
                        this->add(name, layer_tape.use.firing_rate);
                    }
                }
            },
            tape);
    }

    /// One sentence per layer that was silent or saturated in all batches, in the order of the names; then begins anew.
    std::vector<std::string> warnings() {
        std::vector<std::string> sentences;
        for (const auto& [name, rates] : rates_) {
            if (rates.highest < limits_.silent) {
                sentences.push_back(sentence(name, "are silent", rates,
                                             "try a larger surrogate width, a lower threshold or a smaller learning "
                                             "rate"));
            } else if (rates.lowest > limits_.saturated) {
                sentences.push_back(
                    sentence(name, "fire nearly always", rates, "try a higher threshold or a smaller learning rate"));
            }
        }
        rates_.clear();
        return sentences;
    }

 private:
    struct Rates {
        double lowest = 1, highest = 0;
        Index batches = 0;
    };

    void add(const std::string& name, double rate) {
        Rates& rates = rates_[name];
        rates.lowest = rate < rates.lowest ? rate : rates.lowest;
        rates.highest = rate > rates.highest ? rate : rates.highest;
        ++rates.batches;
    }

    static std::string sentence(std::string name, const char* fault, const Rates& rates, const char* advice) {
        if (!name.empty()) {
            name.pop_back();  // the dot at the end
        }
        char range[80];
        std::snprintf(range, sizeof(range), "%.2f %% to %.2f %% of them in %td batches", 100 * rates.lowest,
                      100 * rates.highest, rates.batches);
        return "the neurons before " + name + " " + fault + " (" + range + "); " + advice;
    }

    FiringLimits limits_;
    std::map<std::string, Rates> rates_;
};

}  // namespace STAA_ABI
}  // namespace staa
