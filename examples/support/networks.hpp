// SPDX-License-Identifier: MIT
// Sizes are types: each network is compiled by itself, in an object of its own (train_network.cpp of
// train_cifar, train_dvs_network.cpp), and enters itself here. The program then picks one by the run-time options.
#pragma once

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "staa/core/error.hpp"

namespace example {

/// A network that was built into a program with these options and data.
template <class Options, class Data>
struct BuiltNetwork {
    int width, classes;
    std::string neuron;
    double (*train)(const Options& options, const Data& data);  ///< gives the test accuracy in per cent
};

/// Those that were built, in no order.
template <class Options, class Data>
std::vector<BuiltNetwork<Options, Data>>& built_networks() {
    static std::vector<BuiltNetwork<Options, Data>> networks;
    return networks;
}

/// Fails unless some network has the `wanted` value of an option.
template <class Network, class Value>
void check_was_built(const std::vector<Network>& networks, const char* option, const Value& wanted,
                     Value Network::*member) {
    std::set<Value> built;
    for (const Network& network : networks) {
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

/// The network with the options' width and neuron for so many classes; one that was not built is a staa::Error.
template <class Data, class Options>
const BuiltNetwork<Options, Data>& find_network(const Options& options, int classes) {
    using Network = BuiltNetwork<Options, Data>;
    const std::vector<Network>& networks = built_networks<Options, Data>();
    check_was_built(networks, "--width", options.width, &Network::width);
    check_was_built(networks, "classes:", classes, &Network::classes);
    check_was_built(networks, "--neuron", options.neuron, &Network::neuron);
    for (const Network& network : networks) {
        if (network.width == options.width && network.classes == classes && network.neuron == options.neuron) {
            return network;
        }
    }
    staa::fail("--width ", options.width, " and --neuron ", options.neuron, " for ", classes,
               " classes: these were not built together; examples/CMakeLists.txt says which are");
}

}  // namespace example
