// SPDX-License-Identifier: MIT
// Analyses as JSON. Needs nlohmann-json; no other header of staa/analysis does.
#pragma once

#include <nlohmann/json.hpp>

#include "staa/analysis/summary.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The summary as an object: totals, and "layers" in the order of the network. Operations of a layer are those of one
/// image and step; operations of the network are those of one image over all steps.
inline nlohmann::ordered_json to_json(const NetworkSummary& summary) {
    nlohmann::ordered_json layers = nlohmann::ordered_json::array();
    for (const LayerSummary& layer : summary.layers) {
        layers.push_back({{"name", layer.name},
                          {"kind", layer.kind},
                          {"details", layer.details},
                          {"output", {layer.channels, layer.height, layer.width}},
                          {"signal", layer.is_spikes ? "spikes" : "analog"},
                          {"constant_over_time", layer.is_constant},
                          {"parameters", layer.parameters},
                          {"multiply_accumulates", layer.operations.multiply_accumulates},
                          {"accumulates", layer.operations.accumulates},
                          {"kernel", layer.kernel},
                          {"block", layer.block},
                          {"adds_paths", layer.adds_paths}});
    }
    return {{"steps", summary.steps},
            {"parameters", summary.parameters},
            {"multiply_accumulates", summary.operations.multiply_accumulates},
            {"accumulates", summary.operations.accumulates},
            {"layers", layers},
            {"plan", summary.plan}};
}

}  // namespace STAA_ABI
}  // namespace staa
