// SPDX-License-Identifier: MIT
// The definition of the arithmetic per channel: one value after the other.
#pragma once

#include "staa/kernels/maps/channels.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace plain {

template <class Scalar>
void scale_channels(Index pixels, Index channels, const Scalar* x, const Scalar* scale, const Scalar* shift,
                    Scalar* y) {
    for (Index p = 0; p < pixels; ++p)
        for (Index c = 0; c < channels; ++c)
            y[p * channels + c] =
                (scale != nullptr ? scale[c] : 1) * x[p * channels + c] + (shift != nullptr ? shift[c] : 0);
}

template <class Scalar>
void combine_channels(Index rows, Index channels, const ChannelCombination<Scalar>& of, Scalar* y) {
    for (Index row = 0; row < rows; ++row)
        for (Index c = 0; c < channels; ++c) {
            const Index i = row * channels + c;
            y[i] = of.a[c] * of.x[i] + (of.z != nullptr ? of.b[c] * of.z[i] : 0) + of.shift[c];
        }
}

template <class Scalar>
void mean_pixels(Index pixels, Index channels, const Scalar* x, Scalar* mean) {
    for (Index c = 0; c < channels; ++c) {
        mean[c] = 0;
        for (Index p = 0; p < pixels; ++p)
            mean[c] += x[p * channels + c] / static_cast<Scalar>(pixels);
    }
}

template <class Scalar>
void channel_products(Index pixels, Index channels, const Scalar* a, const Scalar* b, Scalar* sums) {
    for (Index c = 0; c < channels; ++c) {
        sums[c] = 0;
        for (Index p = 0; p < pixels; ++p)
            sums[c] += a[p * channels + c] * b[p * channels + c];
    }
}

}  // namespace plain
}  // namespace STAA_ABI
}  // namespace staa
