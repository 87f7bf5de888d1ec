// SPDX-License-Identifier: MIT
// What neurons do on data: firing rates, potentials, gates, and neurons that take no part.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/analysis/observation.hpp"
#include "staa/layers/neurons/neuron.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Membrane potentials in bins of equal width, as shares of all neurons and steps. The first and the last bin also hold
/// what lies outside.
struct PotentialHistogram {
    static constexpr std::size_t bins = 60;  ///< the number of bins
    double threshold = 1;                    ///< of the neurons
    double surrogate_width = 1;              ///< of their surrogate
    double lowest = -2, highest = 4;         ///< the range of all bins: threshold ± 3 · |threshold|, or ± 3 around 0
    /// The share of all neurons and steps per bin.
    std::array<double, bins> shares{};
};

/// What a gate per channel does: global context or step attention. 1 leaves the current as it is.
struct GateActivity {
    std::vector<double> mean;                     ///< [T] over images and channels
    std::vector<double> deviation;                ///< [T] standard deviation over images and channels
    std::vector<std::vector<double>> by_channel;  ///< [T][C] mean over images
    /// Whether the neuron has this gate.
    bool is_there() const { return !mean.empty(); }
};

/// What a layer of neurons did, over all images that were looked at.
struct NeuronActivity {
    std::string name;                           ///< of the layer, without a dot at the end
    Index channels = 0, height = 0, width = 0;  ///< the extents of the layer's map
    std::vector<std::vector<double>> rates;     ///< [T][C] share of the neurons of a channel that fire at a step
    double window_share = 1;                    ///< share of neurons and steps inside the surrogate's window
    double silent = 0;                          ///< share of the neurons that never fired
    double saturated = 0;                       ///< share of the neurons that fired at every step of every image
    /// Of the membrane potentials before the reset.
    PotentialHistogram potentials{};
    GateActivity context{}, attention{};  ///< of StaaLif; empty where the neuron has no such gate

    /// The rate of the whole layer at each step.
    std::vector<double> rates_by_step() const {
        std::vector<double> result;
        for (const std::vector<double>& step : rates) {
            double sum = 0;
            for (const double rate : step) {
                sum += rate;
            }
            result.push_back(sum / static_cast<double>(std::max<std::size_t>(step.size(), 1)));
        }
        return result;
    }
    /// The firing rate: spikes per neuron and step.
    double rate() const {
        double sum = 0;
        const std::vector<double> steps = rates_by_step();
        for (const double rate : steps) {
            sum += rate;
        }
        return steps.empty() ? 0 : sum / static_cast<double>(steps.size());
    }
};

namespace detail {

/// The constants of a layer of neurons; a default where the layer does not show them.
template <class Layer>
NeuronOptions options_of(const Layer& layer) {
    if constexpr (requires { layer.neuron.threshold; }) {
        return layer.neuron;
    } else if constexpr (requires { layer.core.neuron.threshold; }) {
        return layer.core.neuron;
    } else {
        return {};
    }
}

/// Calls visit(t, U [N, H, W, C]) for the membrane potential of every step, before the reset. Runs the neurons once more
/// over the input that was observed.
template <class Layer, class Visit>
void for_each_potential(const ObservedLayer<Layer>& seen, Index steps, Index batch, const Visit& visit) {
    Arena arena;
    const Call call{1, batch, arena, nullptr, 0, false};
    Analog<typename Layer::Scalar> x;
    x.resize(arena, Layer::Input::extents(1, batch));
    typename Layer::State state;
    SignalOf<typename Layer::Output> y;
    for (Index t = 0; t < steps; ++t) {
        std::copy_n(seen.input.map(Layer::Input::is_constant ? 0 : t * batch), x.extents().size(), x.data());
        seen.layer.infer(x, y, state, call);
        visit(t, state.potential);
    }
}

/// Adds up over batches what a layer of neurons does.
class ActivitySums {
 public:
    template <class Layer>
    void add(const ObservedLayer<Layer>& seen, Index steps, Index batch) {
        begin(seen, steps);
        images_ += batch;
        add_spikes(seen, steps, batch);
        add_potentials(seen, steps, batch);
        if constexpr (requires { seen.tape.context.gate.row(0); }) {
            context_.add(seen.tape.context.gate, steps, batch, result_.channels);
        } else if constexpr (requires { seen.tape.aggregator.gate.row(0); } && !Layer::Input::is_constant) {
            context_.add(seen.tape.aggregator.gate, steps, batch, result_.channels);
        }
        if constexpr (requires { seen.tape.attention.gate.row(0); }) {
            attention_.add(seen.tape.attention.gate, steps, batch, result_.channels);
        }
    }

    NeuronActivity mean() const {
        NeuronActivity result = result_;
        const auto images = static_cast<double>(std::max<Index>(images_, 1));
        const auto pixels = static_cast<double>(result.height * result.width);
        for (std::vector<double>& step : result.rates) {
            for (double& rate : step) {
                rate /= images * pixels;
            }
        }
        result.window_share /= images;
        double all = 0;
        for (const double share : result.potentials.shares) {
            all += share;
        }
        for (double& share : result.potentials.shares) {
            share /= std::max(all, 1.0);
        }
        const auto shots = static_cast<std::uint64_t>(images_) * result.rates.size();
        for (const std::uint64_t count : counts_) {
            result.silent += (count == 0 ? 1.0 : 0.0) / static_cast<double>(counts_.size());
            result.saturated += (count == shots ? 1.0 : 0.0) / static_cast<double>(counts_.size());
        }
        result.context = context_.mean(images);
        result.attention = attention_.mean(images);
        return result;
    }

 private:
    struct GateSums {
        std::vector<std::vector<double>> sum;  // [T][C]
        std::vector<double> squares;           // [T]

        template <class Rows>
        void add(const Rows& gate, Index steps, Index batch, Index channels) {
            sum.resize(static_cast<std::size_t>(steps), std::vector<double>(static_cast<std::size_t>(channels), 0));
            squares.resize(static_cast<std::size_t>(steps), 0);
            for (Index row = 0; row < steps * batch; ++row) {
                const auto t = static_cast<std::size_t>(row / batch);
                for (Index c = 0; c < channels; ++c) {
                    const auto value = static_cast<double>(gate.row(row)[c]);
                    sum[t][static_cast<std::size_t>(c)] += value;
                    squares[t] += value * value;
                }
            }
        }
        GateActivity mean(double images) const {
            GateActivity result{{}, {}, sum};
            for (std::size_t t = 0; t < sum.size(); ++t) {
                const auto channels = static_cast<double>(sum[t].size());
                double total = 0;
                for (double& value : result.by_channel[t]) {
                    value /= images;
                    total += value;
                }
                result.mean.push_back(total / channels);
                const double variance = squares[t] / (images * channels) - result.mean[t] * result.mean[t];
                result.deviation.push_back(std::sqrt(std::max(variance, 0.0)));
            }
            return result;
        }
    };

    template <class Layer>
    void begin(const ObservedLayer<Layer>& seen, Index steps) {
        if (images_ > 0) {
            return;
        }
        using Out = typename Layer::Output;
        result_.name = seen.name.substr(0, seen.name.size() - (seen.name.empty() ? 0 : 1));
        result_.channels = Out::channels;
        result_.height = Out::height;
        result_.width = Out::width;
        result_.window_share = 0;
        result_.rates.assign(static_cast<std::size_t>(steps), std::vector<double>(Out::channels, 0));
        counts_.assign(static_cast<std::size_t>(Out::channels) * Out::height * Out::width, 0);
        const NeuronOptions neuron = options_of(seen.layer);
        PotentialHistogram& bins = result_.potentials;
        const double reach = 3 * (neuron.threshold == 0 ? 1 : std::abs(neuron.threshold));
        bins.threshold = neuron.threshold;
        bins.surrogate_width = neuron.surrogate_width;
        bins.lowest = neuron.threshold - reach;
        bins.highest = neuron.threshold + reach;
    }

    template <class Layer>
    void add_spikes(const ObservedLayer<Layer>& seen, Index steps, Index batch) {
        result_.window_share += seen.window_share * static_cast<double>(batch);
        if constexpr (Layer::Output::is_spikes) {
            const Index words = seen.output.words_per_pixel(), pixels = result_.height * result_.width;
            for (Index image = 0; image < steps * batch; ++image) {
                std::vector<double>& rates = result_.rates[static_cast<std::size_t>(image / batch)];
                for (Index pixel = 0; pixel < pixels; ++pixel) {
                    for_active_channels(seen.output.map(image) + pixel * words, words, [&](Index c) {
                        rates[static_cast<std::size_t>(c)] += 1;
                        ++counts_[static_cast<std::size_t>(pixel * result_.channels + c)];
                    });
                }
            }
        }
    }

    template <class Layer>
    void add_potentials(const ObservedLayer<Layer>& seen, Index steps, Index batch) {
        PotentialHistogram& bins = result_.potentials;
        const double per_bin = (bins.highest - bins.lowest) / static_cast<double>(PotentialHistogram::bins);
        for_each_potential(seen, steps, batch, [&](Index, const auto& potential) {
            for (Index i = 0; i < potential.size(); ++i) {
                const double place = (static_cast<double>(potential.data()[i]) - bins.lowest) / per_bin;
                const double bin = std::clamp(place, 0.0, static_cast<double>(PotentialHistogram::bins - 1));
                bins.shares[static_cast<std::size_t>(bin)] += 1;
            }
        });
    }

    Index images_ = 0;
    NeuronActivity result_;
    std::vector<std::uint64_t> counts_;  // [H, W, C] of spikes
    GateSums context_, attention_;
};

}  // namespace detail

/// Watches all layers of neurons over any number of observations:
///     ActivityMonitor monitor;   for (..) { seen.forward(images);  monitor.look(seen); }   monitor.layers()
class ActivityMonitor {
 public:
    /// Takes in the last forward of an observation. All observations must be of one type of network and one T.
    template <class Net>
    void look(const Observation<Net>& seen) {
        std::size_t next = 0;
        seen.for_each_layer([&](const auto& layer) {
            using Layer = typename std::remove_cvref_t<decltype(layer)>::Type;
            if constexpr (std::is_same_v<typename Layer::State, NeuronState<typename Layer::Scalar>>) {
                if (next == layers_.size()) {
                    layers_.emplace_back();
                }
                layers_[next++].add(layer, seen.steps(), seen.batch());
            }
        });
    }

    /// One entry per layer of neurons, in the order of the network; empty before the first look.
    std::vector<NeuronActivity> layers() const {
        std::vector<NeuronActivity> result;
        for (const detail::ActivitySums& layer : layers_) {
            result.push_back(layer.mean());
        }
        return result;
    }

 private:
    std::vector<detail::ActivitySums> layers_;
};

}  // namespace STAA_ABI
}  // namespace staa
