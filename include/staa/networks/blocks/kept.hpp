// SPDX-License-Identifier: MIT
// What the neurons of a block keep in memory, as words for `plan`.
#pragma once

#include <string>

#include "staa/networks/row.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// What backward needs of the neurons' output: one bit plane of spikes, and one of the surrogate's window if it has
/// one.
template <class Neuron>
std::string kept_by() {
    if constexpr (!Neuron::Output::is_spikes) {
        return "1 map of the neurons' output";
    } else if constexpr (requires { requires Neuron::has_window; }) {
        return "2 bit planes";
    } else {
        return "1 bit plane";
    }
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
