// SPDX-License-Identifier: MIT
// What a network consists of, layer by layer: maps, parameters, operations, kernels, and which layers run as one.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/analysis/table.hpp"
#include "staa/networks/network.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A layer in a summary.
struct LayerSummary {
    std::string name;                           ///< "stem.1", without a dot at the end
    std::string kind;                           ///< "convolution", as in the plan
    std::string details;                        ///< what the kind does not say, such as "3 x 3, stride 2"; may be empty
    Index channels = 0, height = 0, width = 0;  ///< of its output map
    bool is_spikes = false;                     ///< whether the output is spikes
    bool is_constant = false;                   ///< whether the output is the same at every step, and computed once
    Index parameters = 0;                       ///< trainable values
    Operations operations{};                    ///< of one image and one step
    std::string kernel;                         ///< of a convolution in forward; empty for other layers
    int block = 0;                              ///< layers with the same number run as one; counted from 1
    bool adds_paths = false;                    ///< neurons that take in the residual sum in front of them
};

/// The layers of a network, and totals.
struct NetworkSummary {
    std::vector<LayerSummary> layers;  ///< one entry per layer, in the order of the network
    Index steps = 0;                   ///< T
    Index parameters = 0;              ///< trainable values
    Operations operations{};           ///< of one image, over all steps
    std::string plan;                  ///< the text of `plan<Net>()`

    /// A table with aligned columns, the totals and the plan.
    std::string text() const { return table().text() + "\n" + totals() + "\n\nWhich layers run as one:\n" + plan; }
    /// The same in Markdown.
    std::string markdown() const {
        return table().markdown() + "\n" + totals() + "\n\nWhich layers run as one:\n\n```text\n" + plan + "```\n";
    }

    /// The table without totals.
    Table table() const;
    /// One sentence with the totals.
    std::string totals() const {
        return with_commas(parameters) + " parameters; one image over " + std::to_string(steps) + " steps takes " +
               with_commas(operations.multiply_accumulates) + " multiply-accumulates (MAC) and at most " +
               with_commas(operations.accumulates) + " accumulates (AC), one where there is a spike";
    }
};

inline Table NetworkSummary::table() const {
    Table result({"block", "layer", "what it is", "output", "parameters", "MAC per step", "AC per step", "kernel"},
                 {false, false, false, false, true, true, true, false});
    for (const LayerSummary& layer : layers) {
        const std::string map = std::to_string(layer.channels) + " x " + std::to_string(layer.height) + " x " +
                                std::to_string(layer.width) + (layer.is_spikes ? " spikes" : " analog") +
                                (layer.is_constant ? ", once" : "");
        result.add({std::to_string(layer.block), layer.name,
                    layer.kind + (layer.details.empty() ? "" : ", " + layer.details) +
                        (layer.adds_paths ? ", adds the paths" : ""),
                    map, with_commas(layer.parameters), with_commas(layer.operations.multiply_accumulates),
                    with_commas(layer.operations.accumulates), layer.kernel});
    }
    return result;
}

namespace detail {

/// The block of every layer, in the order of the walk.
class BlockNumbers {
 public:
    struct Entry {
        int block;
        bool adds_paths;
    };
    template <class Chain>
    static std::vector<Entry> of() {
        BlockNumbers numbers;
        numbers.add_row<Chain>();
        return numbers.entries_;
    }

 private:
    template <class Part>
    static constexpr bool is_residual = Composite<Part>&& requires(const Part& part) {
        part.body;
    };

    /// The parts of a row run one after the other.
    template <class Row>
    void add_row() {
        if constexpr (Row::layer_count > 0) {
            [&]<std::size_t... I>(std::index_sequence<I...>) { (add_part<typename Row::template At<I>>(), ...); }
            (std::make_index_sequence<Row::count>{});
        }
    }
    template <class Part>
    void add_part() {
        if constexpr (is_residual<Part>) {
            add_row<std::remove_cvref_t<decltype(std::declval<Part&>().body)>>();
            add_row<std::remove_cvref_t<decltype(std::declval<Part&>().shortcut)>>();
        } else if constexpr (!Composite<Part>) {
            entries_.push_back({++last_, false});
        } else if constexpr (is_residual<typename Part::First>) {
            add_part<typename Part::First>();
            entries_.push_back({++last_, true});
        } else {
            ++last_;
            entries_.insert(entries_.end(), Part::layer_count, Entry{last_, false});
        }
    }

    int last_ = 0;
    std::vector<Entry> entries_;
};

inline const char* word(ConvolutionKernel kernel) {
    switch (kernel) {
        case ConvolutionKernel::lists:
            return "lists";
        case ConvolutionKernel::tables:
            return "tables";
        default:
            return "dense";
    }
}

/// What a convolution will take before it has run.
inline const char* word(ConvolutionChoice choice) {
    switch (choice) {
        case ConvolutionChoice::sparse:
            return "lists where they exist";
        case ConvolutionChoice::dense:
            return "dense";
        default:
            return "by rate";
    }
}

/// What a layer is, beside its kind.
template <class Layer>
std::string details_of(const Layer& layer) {
    if constexpr (requires { Layer::kernel + Layer::stride; }) {
        const std::string kernel = std::to_string(Layer::kernel);
        return kernel + " x " + kernel + (Layer::stride > 1 ? ", stride " + std::to_string(Layer::stride) : "");
    } else if constexpr (requires { Layer::has_gc || Layer::has_sa; }) {
        std::string parts;
        const auto add = [&](bool is_there, const char* part) {
            if (is_there) {
                parts += (parts.empty() ? "" : ", ") + std::string(part);
            }
        };
        add(Layer::has_gc, "global context");
        add(parameter_count_of<typename Layer::Encoder>(1) > 0, "position encoding");
        add(Layer::has_sa, "step attention");
        return parts.empty() ? "STAA-LIF without parts" : "STAA-LIF: " + parts;
    } else if constexpr (requires { layer.neuron.threshold; }) {
        return "LIF";
    } else {
        return "";
    }
}

/// The summary without kernels.
template <class Net>
NetworkSummary summary_without_kernels(const Net& net) {
    NetworkSummary result{.layers = {},
                          .steps = net.steps(),
                          .parameters = net.parameter_count(),
                          .operations = Net::operations(net.steps()),
                          .plan = plan<Net>()};
    const auto blocks = BlockNumbers::of<typename Net::Chain>();
    net.for_each_layer([&](const std::string& name, const auto& layer) {
        using Layer = std::remove_cvref_t<decltype(layer)>;
        using Out = typename Layer::Output;
        const std::size_t i = result.layers.size();
        result.layers.push_back({.name = name.substr(0, name.size() - (name.empty() ? 0 : 1)),
                                 .kind = std::string(Net::Chain::names[i].kind),
                                 .details = details_of(layer),
                                 .channels = Out::channels,
                                 .height = Out::height,
                                 .width = Out::width,
                                 .is_spikes = Out::is_spikes,
                                 .is_constant = Out::is_constant,
                                 .parameters = parameter_count_of<Layer>(net.steps()),
                                 .operations = Layer::operations,
                                 .kernel = "",
                                 .block = blocks[i].block,
                                 .adds_paths = blocks[i].adds_paths});
    });
    return result;
}

}  // namespace detail

/// The summary of a network. A convolution that chooses its kernel by the firing rate is said to do so.
template <class Net>
NetworkSummary summary(const Net& net) {
    NetworkSummary result = detail::summary_without_kernels(net);
    std::size_t i = 0;
    net.for_each_layer([&](const std::string&, const auto& layer) {
        if constexpr (requires { detail::word(layer.choice); }) {
            result.layers[i].kernel = detail::word(layer.choice);
        }
        ++i;
    });
    return result;
}

/// The same with the kernels that ran in the last forward with this tape.
template <class Net>
NetworkSummary summary(const Net& net, const typename Net::Tape& tape) {
    NetworkSummary result = detail::summary_without_kernels(net);
    std::size_t i = 0;
    net.for_each_layer(
        [&](const std::string&, const auto&, const auto& layer_tape) {
            if constexpr (requires { layer_tape.use.forward; }) {
                result.layers[i].kernel = detail::word(layer_tape.use.forward);
            }
            ++i;
        },
        tape);
    return result;
}

}  // namespace STAA_ABI
}  // namespace staa
