// SPDX-License-Identifier: MIT
// The definition of the sums of batch norm: one channel after the other.
#pragma once

#include "staa/kernels/maps/channel_sums.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace plain {

template <class Scalar>
void channel_moments(Index rows, Index channels, const Scalar* x, Scalar* mean, Scalar* variance) {
    const Scalar count = static_cast<Scalar>(rows);
    for (Index c = 0; c < channels; ++c) {
        mean[c] = x[c];
        variance[c] = 0;
        for (Index row = 0; row < rows; ++row)
            mean[c] += (x[row * channels + c] - x[c]) / count;
        for (Index row = 0; row < rows; ++row) {
            const Scalar distance = x[row * channels + c] - mean[c];
            variance[c] += distance * distance / count;
        }
    }
}

template <class Scalar>
void channel_gradients(Index rows, Index channels, const Scalar* x, const Scalar* mean, const Scalar* dy, Scalar* sum,
                       Scalar* product) {
    for (Index c = 0; c < channels; ++c) {
        sum[c] = product[c] = 0;
        for (Index row = 0; row < rows; ++row) {
            const Index i = row * channels + c;
            sum[c] += dy[i];
            product[c] += dy[i] * (x[i] - mean[c]);
        }
    }
}

}  // namespace plain
}  // namespace STAA_ABI
}  // namespace staa
