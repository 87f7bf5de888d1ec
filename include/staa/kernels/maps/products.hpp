// SPDX-License-Identifier: MIT
// Neuron by neuron: products of two arrays. The compiler's own vectors serve; these loops are their definition too.
#pragma once

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// y[i] = a[i] · b[i]; y may be b.
template <class Scalar>
void multiply_values(Index size, const Scalar* a, const Scalar* b, Scalar* y) {
    for (Index i = 0; i < size; ++i) {
        y[i] = a[i] * b[i];
    }
}

/// y[i] += a[i] · b[i].
template <class Scalar>
void add_products(Index size, const Scalar* a, const Scalar* b, Scalar* y) {
    for (Index i = 0; i < size; ++i) {
        y[i] += a[i] * b[i];
    }
}

}  // namespace STAA_ABI
}  // namespace staa
