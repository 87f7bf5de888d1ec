// SPDX-License-Identifier: MIT
// Arithmetic value by value: sums and products of maps. The loops of `multiply_values` and `add_products` are their own
// definition; the plain loop of the sums: plain/elementwise.hpp.
#pragma once

#include <cstdint>

#include "staa/core/bit_positions.hpp"
#include "staa/core/spikes.hpp"

namespace staa {
inline namespace STAA_ABI {

/// y[i] += x[i].
template <class Scalar>
STAA_KERNEL void add_values(Index size, const Scalar* x, Scalar* y) {
    for_parts(size, [&](Index first, Index last) {
        for (Index i = first; i < last; ++i) {
            y[i] += x[i];
        }
    });
}

/// y[pixel, c] += 1 where the bit of channel c is set. bits [images · map_pixels, words], y [images · map_pixels,
/// channels].
template <class Scalar>
STAA_KERNEL void add_spikes(Index images, Index map_pixels, Index channels, const std::uint64_t* bits, Scalar* y) {
    const Index words = words_for(channels);
    parallel_for(images, map_pixels * channels, [&](Index image) {
        for (Index pixel = image * map_pixels; pixel < (image + 1) * map_pixels; ++pixel) {
            detail::add_bits(bits + pixel * words, channels, Scalar(1), y + pixel * channels);
        }
    });
}

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
