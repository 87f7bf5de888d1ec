// SPDX-License-Identifier: MIT
// A description states what it is to its neighbours. networks/fuse.hpp reads these roles to decide what is fused, and
// networks/fusible.hpp checks that a layer has the functions of its role. So no layer is fused by accident.
#pragma once

#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What a layer is to its neighbours.
enum class Role {
    plain,         ///< runs for itself
    convolution,   ///< can take in the norm after it, and make the gradient that the norm leaves
    channel_norm,  ///< scales and shifts channels
    neurons,       ///< reads its currents map by map (neurons/currents.hpp), and gives spikes
};

/// The role that a description states with `static constexpr Role role`; plain where it states none.
template <class Description>
constexpr Role role_of() {
    if constexpr (requires { Description::role; }) {
        return Description::role;
    } else {
        return Role::plain;
    }
}

}  // namespace STAA_ABI
}  // namespace staa
