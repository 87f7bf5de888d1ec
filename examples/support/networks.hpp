// SPDX-License-Identifier: MIT
// Sizes are types: each network is compiled by itself, in an object of its own (train_network.cpp), and enters itself
// here. The program then picks one by the run-time options.
#pragma once

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "staa/data/image_data_set.hpp"
#include "support/options.hpp"

namespace example {

/// Images to learn from and images to measure with.
struct Data {
    staa::StoredImages train, test;
};

/// A network that was built into this program.
struct BuiltNetwork {
    int width, classes;
    std::string neuron;
    double (*train)(const Options& options, const Data& data);  ///< gives the test accuracy in per cent
};

/// Those that were built, in no order.
inline std::vector<BuiltNetwork>& built_networks() {
    static std::vector<BuiltNetwork> networks;
    return networks;
}

/// Fails unless some network has the `wanted` value of an option.
template <class Value>
void check_was_built(const char* option, const Value& wanted, Value BuiltNetwork::*member) {
    std::set<Value> built;
    for (const BuiltNetwork& network : built_networks()) {
        built.insert(network.*member);
    }
    if (!built.contains(wanted)) {
        std::ostringstream values;
        for (const Value& value : built) {
            values << (values.tellp() > 0 ? " or " : "") << value;
        }
        staa::fail(option, " ", wanted, ": no such network was built into this program, expected ", values.str());
    }
}

/// The network that the options ask for; one that was not built is a staa::Error.
inline const BuiltNetwork& find_network(const Options& options) {
    check_was_built("--width", options.width, &BuiltNetwork::width);
    check_was_built("--classes", options.classes, &BuiltNetwork::classes);
    check_was_built("--neuron", options.neuron, &BuiltNetwork::neuron);
    for (const BuiltNetwork& network : built_networks()) {
        if (network.width == options.width && network.classes == options.classes && network.neuron == options.neuron) {
            return network;
        }
    }
    staa::fail("--width ", options.width, " --classes ", options.classes, " --neuron ", options.neuron,
               ": these were not built together; CMake's STAA_EXAMPLE_NETWORKS says which are");
}

}  // namespace example
