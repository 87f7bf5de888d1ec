// SPDX-License-Identifier: MIT
// The request and the result of staa_network_times, and the networks that it was built with.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/core/parallel.hpp"

namespace network_times {

struct Request {
    std::string network;
    std::string measure;            ///< inference or training
    std::filesystem::path weights;  ///< safetensors of a trained network
    std::filesystem::path batch;    ///< safetensors with "images" [N, 3, 32, 32] and "labels" [N]
    int threads = 2;
    int repeats = 5;
    double seconds = 0.5;  ///< shortest time of a repeat
};

struct Measurement {
    std::vector<double> seconds;  ///< of one pass over the batch, one entry per repeat
    double resident_before_mib = 0;
    double resident_peak_mib = 0;
    staa::Index images = 0;
    std::vector<double> logits;        ///< [N, classes] in evaluation mode
    std::vector<double> firing_rates;  ///< of every layer of neurons in evaluation mode, in the order of the network
};

inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Each network is compiled in an object of its own, which adds the network to built_networks().
struct BuiltNetwork {
    std::string name;
    Measurement (*measure)(const Request& request);
};

inline std::vector<BuiltNetwork>& built_networks() {
    static std::vector<BuiltNetwork> networks;
    return networks;
}

}  // namespace network_times
