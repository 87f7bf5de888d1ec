// SPDX-License-Identifier: MIT
// The list of the networks in a program. The sizes of a network are part of its type, so each network is compiled on
// its own (train_network.cpp of train_cifar, train_dvs_network.cpp of train_dvs) and adds itself to the list. The
// program then chooses one by the run-time options.
#pragma once

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "staa/core/error.hpp"

namespace example {

/// A network in a program with these options and data.
template <class Options, class Data>
struct BuiltNetwork {
    int width, classes;
    std::string neuron;
    double (*train)(const Options& options, const Data& data);  ///< gives the test accuracy in per cent
};

/// The networks of the program, in no particular order.
template <class Options, class Data>
std::vector<BuiltNetwork<Options, Data>>& built_networks() {
    static std::vector<BuiltNetwork<Options, Data>> networks;
    return networks;
}

/// Adds a network to the list. Gives true, so that a constant of an object file can call it before `main` begins.
template <class Options, class Data>
bool add_network(const BuiltNetwork<Options, Data>& network) {
    built_networks<Options, Data>().push_back(network);
    return true;
}

/// Throws staa::Error unless a network has the value `wanted` of an option.
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
        staa::fail(option, " ", wanted, ": this program has no such network, expected ", values.str());
    }
}

/// The network with the width of the options, this number of classes and this neuron. If the program has none, this is
/// a staa::Error.
template <class Data, class Options>
const BuiltNetwork<Options, Data>& find_network(const Options& options, int classes, const std::string& neuron) {
    using Network = BuiltNetwork<Options, Data>;
    const std::vector<Network>& networks = built_networks<Options, Data>();
    check_was_built(networks, "--width", options.width, &Network::width);
    check_was_built(networks, "number of classes", classes, &Network::classes);
    check_was_built(networks, "neuron", neuron, &Network::neuron);
    for (const Network& network : networks) {
        if (network.width == options.width && network.classes == classes && network.neuron == neuron) {
            return network;
        }
    }
    staa::fail("--width ", options.width, " and neuron ", neuron, " for ", classes,
               " classes: this program has no such network; examples/CMakeLists.txt says how to add it");
}

}  // namespace example
