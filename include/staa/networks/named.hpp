// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A string as a template argument.
template <std::size_t Size>
struct FixedString {
    char text[Size]{};
    constexpr FixedString(const char (&from)[Size]) {  // NOLINT: implicit, so that a literal can be written
        for (std::size_t i = 0; i < Size; ++i) {
            text[i] = from[i];
        }
    }
};

/// A layer whose parameters have a name of their own in place of the layer's number: Named<"fc", Linear<10>>. An empty
/// name leaves out the number too.
template <FixedString Name, class Layer>
struct Named {
    template <class In>
    using at = typename Layer::template at<In>;
};

}  // namespace STAA_ABI
}  // namespace staa
