// SPDX-License-Identifier: MIT
// Names of layers: a layer has a number in its chain, and `Named` gives it a name in place of the number.
#pragma once

#include <cstddef>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A string as a template argument.
template <std::size_t Size>
struct FixedString {
    /// The characters, with the 0 at the end.
    char text[Size]{};
    /// From a literal.
    constexpr FixedString(const char (&from)[Size]) {  // NOLINT: implicit, so that a literal can be written
        for (std::size_t i = 0; i < Size; ++i) {
            text[i] = from[i];
        }
    }
};

/// A layer with a name in place of its number: the parameters of Named<"fc", Linear<10>> are "fc.weight" and "fc.bias".
/// With an empty name the parameters have neither a number nor a name in front.
template <FixedString Name, class Layer>
struct Named {
    template <class In>
    using at = typename Layer::template at<In>;
};

}  // namespace STAA_ABI
}  // namespace staa
