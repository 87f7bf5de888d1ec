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

/// What the networks of a program differ in.
struct NetworkChoice {
    std::string network;  ///< its name in options and in files of weights: "resnet20", "vgg6" or "vgg13"
    int width = 0, classes = 0;
    std::string neuron;  ///< "staa", "lif", "staa-rectangle" or "lif-rectangle"

    bool operator==(const NetworkChoice&) const = default;
};

/// A network that a training program with these options and data can train.
template <class Options, class Data>
struct BuiltNetwork : NetworkChoice {
    double (*train)(const Options& options, const Data& data);  ///< gives the test accuracy in per cent
};

/// The networks of one kind in a program, in no particular order. `Built` is a NetworkChoice with what the program can do.
template <class Built>
std::vector<Built>& built_networks() {
    static std::vector<Built> networks;
    return networks;
}

/// Adds a network to its list. Gives true, so that a constant of an object file can call it before `main` begins.
template <class Built>
bool add_network(const Built& network) {
    built_networks<Built>().push_back(network);
    return true;
}

/// Throws staa::Error unless a network has the value `wanted` of an option.
template <class Built, class Value>
void check_was_built(const std::vector<Built>& networks, const char* option, const Value& wanted,
                     Value NetworkChoice::*member) {
    std::set<Value> built;
    for (const NetworkChoice& network : networks) {
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

/// The network of this choice. If the program has none, this is a staa::Error.
template <class Built>
const Built& find_network(const NetworkChoice& wanted) {
    const std::vector<Built>& networks = built_networks<Built>();
    check_was_built(networks, "--network", wanted.network, &NetworkChoice::network);
    check_was_built(networks, "--width", wanted.width, &NetworkChoice::width);
    check_was_built(networks, "number of classes", wanted.classes, &NetworkChoice::classes);
    check_was_built(networks, "neuron", wanted.neuron, &NetworkChoice::neuron);
    std::ostringstream built;
    for (const Built& network : networks) {
        if (wanted == network) {
            return network;
        }
        built << "\n    " << network.network << " of width " << network.width << ", neuron " << network.neuron << ", "
              << network.classes << " classes";
    }
    staa::fail(
        wanted.network, " of width ", wanted.width, " with neuron ", wanted.neuron, " for ", wanted.classes,
        " classes: this program has no such network; examples/CMakeLists.txt says how to add it. It has:", built.str());
}

}  // namespace example
