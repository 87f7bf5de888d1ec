// SPDX-License-Identifier: MIT
// The definition of the sum of two maps.
#pragma once

#include "staa/kernels/maps/elementwise.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace plain {

/// y[i] += x[i]; of spikes, the numbers 0 and 1.
template <class Scalar>
void add_values(Index size, const Scalar* x, Scalar* y) {
    for (Index i = 0; i < size; ++i)
        y[i] += x[i];
}

}  // namespace plain
}  // namespace STAA_ABI
}  // namespace staa
