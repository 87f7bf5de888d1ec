// SPDX-License-Identifier: MIT
// What blocks with neurons say of their memory.
#pragma once

#include <string>

#include "staa/networks/row.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// What neurons keep of their output for backward: spikes as bits, with the surrogate's window beside them if it has one.
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
