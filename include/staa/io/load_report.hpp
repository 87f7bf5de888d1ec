// SPDX-License-Identifier: MIT
// What of a file of weights does not fit a network, as data and as text.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "staa/io/safetensors_header.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A tensor that is in the file and in the network, but not of the same shape or type.
struct TensorDifference {
    std::string name;      ///< in the network
    std::string found;     ///< shape or type in the file
    std::string expected;  ///< shape or type in the network
};

/// What was read from a file of weights, and what was not.
struct LoadReport {
    Index loaded = 0;                           ///< how many tensors and counters the network took from the file
    std::vector<std::string> causes{};          ///< what is probably the reason, such as "made for 4 time steps; .."
    std::vector<std::string> missing{};         ///< names of the network that are not in the file
    std::vector<std::string> unknown{};         ///< names of the file that are not in the network
    std::vector<TensorDifference> misshapen{};  ///< of another shape
    std::vector<TensorDifference> mistyped{};   ///< of a type that is not read

    /// Whether the file has exactly the tensors of the network.
    bool is_complete() const { return missing.empty() && unknown.empty() && misshapen.empty() && mistyped.empty(); }

    /// The tensors that do not fit, a line per kind, each with the names of the first five. Names are shortened to 120
    /// characters. `whole` is "network" or "stream".
    std::string text(const std::string& whole = "network") const {
        const auto quoted = [](const std::string& name) { return detail::in_quotes(name); };
        const auto compared = [](const TensorDifference& of) {
            return detail::in_quotes(of.name) + " is " + of.found + ", expected " + of.expected;
        };
        return line("missing in the file", missing, quoted) + line("not in the " + whole, unknown, quoted) +
               line("of another shape", misshapen, compared) + line("of another type", mistyped, compared);
    }

 private:
    template <class Item, class Show>
    static std::string line(const std::string& heading, const std::vector<Item>& items, Show show) {
        constexpr std::size_t most = 5;
        if (items.empty()) {
            return "";
        }
        std::string text = "\n  " + heading + " (" + std::to_string(items.size()) + "): ";
        for (std::size_t i = 0; i < std::min(items.size(), most); ++i) {
            text += (i > 0 ? ", " : "") + show(items[i]);
        }
        return text + (items.size() > most ? " and " + std::to_string(items.size() - most) + " more" : "");
    }
};

}  // namespace STAA_ABI
}  // namespace staa
