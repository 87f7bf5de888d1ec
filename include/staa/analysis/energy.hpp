// SPDX-License-Identifier: MIT
// What an image costs: additions and multiplications per layer and step, and their energy. Section 4.5 of the paper.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/analysis/observation.hpp"
#include "staa/analysis/table.hpp"
#include "staa/layers/neurons/neuron.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The energy of one operation, in picojoules, and where the numbers come from.
struct EnergyConstants {
    double multiply_accumulate = 4.6;  ///< of analog values
    double accumulate = 0.9;           ///< of a weight, where there is a spike
    double neuron_update = 0;          ///< of a neuron at each step; 0: not counted, as in papers on STAA-SNN
    /// Where the constants come from, for the texts.
    std::string source =
        "45 nm, 32-bit floating point: M. Horowitz, Computing's energy problem, ISSCC 2014, as in section 4.5 of "
        "STAA-SNN";

    /// Loihi: 23.6 pJ per synaptic operation and 81 pJ per update of an active neuron. It has no multiply-accumulate of
    /// analog values: those layers are counted as outside of the chip, at 4.6 pJ.
    static EnergyConstants loihi() {
        return {4.6, 23.6, 81,
                "Loihi, 14 nm, smallest values at 0.75 V: M. Davies et al., Loihi: a neuromorphic manycore processor "
                "with on-chip learning, IEEE Micro 38(1), 2018; analog layers outside of the chip at 4.6 pJ"};
    }
};

/// What a layer does for one image, per step, as a mean over the images that were observed.
struct LayerEnergy {
    std::string name, kind;     ///< the layer's name with its dots, and the word for its kind
    Operations operations{};    ///< of one step, if every input were active
    Index neurons = 0;          ///< updated at every step; 0 for other layers than neurons
    bool reads_spikes = false;  ///< whether the input is spikes: then the layer accumulates only
    std::vector<double> rates;  ///< [T] share of its input spikes that are 1; 1 where the input is analog
    /// [T] additions of a weight as a network on a chip does them: a spike at the border has fewer neighbours. Equal to
    /// SynOpCounter of SpikingJelly 2.0. Empty where they are not known: an estimate, or a layer of one's own.
    std::vector<double> synaptic_operations;

    /// Accumulates at step t: all that the layer could do, times the rate. As papers count, taps over the border too.
    double accumulates(std::size_t t) const { return static_cast<double>(operations.accumulates) * rates[t]; }
};

/// The costs of one image in a network.
struct EnergyLedger {
    std::vector<LayerEnergy> layers;  ///< one entry per layer, in the order of the network
    Index steps = 0;                  ///< T
    Index images = 0;                 ///< how many were observed; 0: an estimate from a given rate
    /// What one operation costs.
    EnergyConstants constants{};

    /// Multiply-accumulates of all layers for one image.
    double multiply_accumulates() const {
        return sum(
            [this](const LayerEnergy& l) { return static_cast<double>(steps * l.operations.multiply_accumulates); });
    }
    /// Accumulates of all layers for one image.
    double accumulates() const {
        return sum([](const LayerEnergy& l) {
            double total = 0;
            for (std::size_t t = 0; t < l.rates.size(); ++t) {
                total += l.accumulates(t);
            }
            return total;
        });
    }
    /// Share of all accumulates that are done: the mean firing rate, weighted by what it costs.
    double mean_rate() const {
        const double all =
            sum([this](const LayerEnergy& l) { return static_cast<double>(steps * l.operations.accumulates); });
        return all > 0 ? accumulates() / all : 0;
    }
    /// Energy of all layers for one image, in picojoules.
    double picojoules() const {
        return constants.multiply_accumulate * multiply_accumulates() + constants.accumulate * accumulates() +
               constants.neuron_update *
                   sum([this](const LayerEnergy& l) { return static_cast<double>(steps * l.neurons); });
    }
    /// The same in millijoules.
    double millijoules() const { return 1e-9 * picojoules(); }

    /// The same network as an artificial one: analog activations, so that each operation is a multiply-accumulate, one
    /// pass in place of T steps, and without the neurons' attention.
    double ann_multiply_accumulates() const {
        return sum(
            [](const LayerEnergy& l) { return l.neurons > 0 ? 0.0 : static_cast<double>(l.operations.total()); });
    }
    /// Energy of the network without spikes that has the same layers, in millijoules per image.
    double ann_millijoules() const { return 1e-9 * constants.multiply_accumulate * ann_multiply_accumulates(); }

    /// Takes in a ledger of other images of the same network. Other layers or another T are an Error.
    void add(const EnergyLedger& other);

    /// One line per layer that costs something.
    Table table() const;
    /// The totals as sentences.
    std::string totals() const {
        const auto millions = [](double number) { return with_decimals(1e-6 * number, 3) + " M"; };
        return "One image over " + std::to_string(steps) + " steps: " + millions(accumulates()) +
               " accumulates (AC) at a mean firing rate of " + with_decimals(100 * mean_rate(), 2) + " %, and " +
               millions(multiply_accumulates()) + " multiply-accumulates (MAC): " + with_decimals(millijoules(), 4) +
               " mJ.\nThe same network as an artificial one, in one pass: " + millions(ann_multiply_accumulates()) +
               " MAC: " + with_decimals(ann_millijoules(), 4) + " mJ.\nConstants: MAC " +
               with_decimals(constants.multiply_accumulate, 1) + " pJ, AC " + with_decimals(constants.accumulate, 1) +
               " pJ" +
               (constants.neuron_update > 0
                    ? ", update of a neuron " + with_decimals(constants.neuron_update, 1) + " pJ"
                    : "") +
               " (" + constants.source + ").";
    }
    /// The table and the totals as text.
    std::string text() const { return table().text() + "\n" + totals() + "\n"; }
    /// The same in Markdown.
    std::string markdown() const { return table().markdown() + "\n" + totals() + "\n"; }

 private:
    template <class Of>
    double sum(const Of& of) const {
        double total = 0;
        for (const LayerEnergy& layer : layers) {
            total += of(layer);
        }
        return total;
    }
};

inline void EnergyLedger::add(const EnergyLedger& other) {
    if (other.layers.size() != layers.size() || other.steps != steps) {
        fail("staa::EnergyLedger::add: a ledger of ", other.layers.size(), " layers and ", other.steps,
             " steps, expected ", layers.size(), " and ", steps);
    }
    const double share =
        static_cast<double>(other.images) / static_cast<double>(std::max<Index>(1, images + other.images));
    const auto mix = [share](std::vector<double>& mine, const std::vector<double>& theirs) {
        for (std::size_t t = 0; t < mine.size(); ++t) {
            mine[t] += share * (theirs[t] - mine[t]);
        }
    };
    for (std::size_t i = 0; i < layers.size(); ++i) {
        mix(layers[i].rates, other.layers[i].rates);
        mix(layers[i].synaptic_operations, other.layers[i].synaptic_operations);
    }
    images += other.images;
}

inline Table EnergyLedger::table() const {
    Table result({"layer", "what it is", "rate of its input", "AC", "MAC", "synaptic operations", "pJ"},
                 {false, false, true, true, true, true, true});
    for (const LayerEnergy& layer : layers) {
        double accumulates = 0, exact = 0, rate = 0;
        for (std::size_t t = 0; t < layer.rates.size(); ++t) {
            accumulates += layer.accumulates(t);
            rate += layer.rates[t] / static_cast<double>(layer.rates.size());
        }
        for (const double at_step : layer.synaptic_operations) {
            exact += at_step;
        }
        const auto products = static_cast<double>(steps * layer.operations.multiply_accumulates);
        const double energy = constants.accumulate * accumulates + constants.multiply_accumulate * products +
                              constants.neuron_update * static_cast<double>(steps * layer.neurons);
        if (energy > 0 || layer.operations.total() > 0) {
            result.add({layer.name, layer.kind, layer.reads_spikes ? with_decimals(100 * rate, 2) + " %" : "analog",
                        with_decimals(accumulates, 0), with_decimals(products, 0),
                        layer.synaptic_operations.empty() ? "" : with_decimals(exact, 0), with_decimals(energy, 0)});
        }
    }
    return result;
}

namespace detail {

template <class Layer>
constexpr bool is_neurons = std::is_same_v<typename Layer::State, NeuronState<typename Layer::Scalar>>;

/// What a ledger says of a layer before it has seen an image.
template <class Layer>
LayerEnergy energy_of(std::string name, std::string_view kind) {
    if (!name.empty()) {
        name.pop_back();  // the dot at the end
    }
    LayerEnergy result;
    result.name = std::move(name);
    result.kind = kind;
    result.operations = Layer::operations;
    result.reads_spikes = Layer::Input::is_spikes;
    if constexpr (is_neurons<Layer>) {
        result.neurons = Index{Layer::Output::height} * Layer::Output::width * Layer::Output::channels;
    }
    return result;
}

/// How many positions of an output of `size` read each position of an input, along one side, by a kernel with padding
/// kernel / 2.
inline std::vector<Index> readers(Index input, Index output, Index kernel, Index stride) {
    std::vector<Index> counts(static_cast<std::size_t>(input), 0);
    for (Index o = 0; o < output; ++o) {
        const Index first = o * stride - kernel / 2;
        for (Index i = std::max<Index>(first, 0); i < std::min(first + kernel, input); ++i) {
            ++counts[static_cast<std::size_t>(i)];
        }
    }
    return counts;
}

/// The additions of a convolution of spikes at each step, for one image on average.
template <class Layer>
std::vector<double> synaptic_operations(const Spikes& x, Index steps, Index batch) {
    const auto down = readers(Layer::Input::height, Layer::Output::height, Layer::kernel, Layer::stride);
    const auto across = readers(Layer::Input::width, Layer::Output::width, Layer::kernel, Layer::stride);
    std::vector<double> result(static_cast<std::size_t>(steps), 0);
    for (Index image = 0; image < x.extents().images(); ++image) {
        const std::uint64_t* words = x.map(image);
        Index total = 0;
        for (const Index rows : down) {
            for (const Index columns : across) {
                for (Index word = 0; word < x.words_per_pixel(); ++word) {
                    total += std::popcount(*words++) * rows * columns;
                }
            }
        }
        result[static_cast<std::size_t>(image / batch)] +=
            static_cast<double>(total * Layer::Output::channels) / static_cast<double>(batch);
    }
    return result;
}

/// The firing rate of spikes at each step.
inline std::vector<double> rates_by_step(const Spikes& x, Index steps) {
    std::vector<double> rates(static_cast<std::size_t>(steps), 0);
    const Index words = x.words() / steps;
    for (Index i = 0; i < x.words(); ++i) {
        rates[static_cast<std::size_t>(i / words)] += std::popcount(x.data()[i]);
    }
    for (double& rate : rates) {
        rate *= static_cast<double>(steps) / static_cast<double>(x.extents().size());
    }
    return rates;
}

}  // namespace detail

/// The costs of the images of the last forward. A layer with a spike input does an accumulate where there is a spike: all
/// that it could do times the measured rate. A layer with an analog input, and the attention of neurons, multiply. As in
/// papers every step counts, although the first layers compute a still image only once.
template <class Net>
EnergyLedger energy(const Observation<Net>& seen, const EnergyConstants& constants = {}) {
    EnergyLedger ledger{.layers = {}, .steps = seen.steps(), .images = seen.batch(), .constants = constants};
    seen.for_each_layer([&](const auto& layer) {
        using Layer = typename std::remove_cvref_t<decltype(layer)>::Type;
        LayerEnergy entry = detail::energy_of<Layer>(layer.name, layer.kind);
        entry.rates.assign(static_cast<std::size_t>(ledger.steps), 1.0);
        if constexpr (Layer::Input::is_spikes) {
            entry.rates = detail::rates_by_step(layer.input, ledger.steps);
            if constexpr (requires { Layer::kernel + Layer::stride; }) {
                entry.synaptic_operations =
                    detail::synaptic_operations<Layer>(layer.input, ledger.steps, ledger.images);
            }
        }
        ledger.layers.push_back(std::move(entry));
    });
    return ledger;
}

/// The costs of one image if all neurons fired at this rate. Reads the type alone. A rate outside [0, 1], or fewer than
/// 1 step, is an Error.
template <class Net>
EnergyLedger energy_at_rate(Index steps, double rate, const EnergyConstants& constants = {}) {
    if (!(rate >= 0 && rate <= 1)) {
        fail("staa::energy_at_rate: a firing rate of ", rate, ", expected 0 to 1");
    }
    if (steps < 1) {
        fail("staa::energy_at_rate: ", steps, " steps, expected 1 or more");
    }
    EnergyLedger ledger{.layers = {}, .steps = steps, .images = 0, .constants = constants};
    const LayerName* kinds = Net::Chain::names.data();
    const auto add = [&](auto type, const std::string& name) {
        using Layer = typename decltype(type)::type;
        LayerEnergy entry = detail::energy_of<Layer>(name, (kinds++)->kind);
        entry.rates.assign(static_cast<std::size_t>(steps), Layer::Input::is_spikes ? rate : 1.0);
        ledger.layers.push_back(std::move(entry));
    };
    Net::Chain::walk(Net::Chain::names.data(), add);
    return ledger;
}

}  // namespace STAA_ABI
}  // namespace staa
