// SPDX-License-Identifier: MIT
// The definition of max pooling and its gradient, value by value. Spikes are pooled as the numbers 0 and 1.
#pragma once

#include "staa/core/finite.hpp"
#include "staa/kernels/maps/pooling.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace plain {

/// Calls body(y index, x index of the maximum, its position in the window) for every value of y [n, oy, ox, c].
template <class Scalar, class Body>
void for_each_maximum(const PoolingShape& s, const Scalar* x, Body&& body) {
    for (Index n = 0; n < s.images; ++n)
        for (Index oy = 0; oy < s.out_height; ++oy)
            for (Index ox = 0; ox < s.out_width; ++ox)
                for (Index c = 0; c < s.channels; ++c) {
                    Index best = -1, position = -1;
                    for (Index ky = 0; ky < s.window; ++ky)
                        for (Index kx = 0; kx < s.window; ++kx) {
                            const Index iy = oy * s.stride + ky - s.padding, ix = ox * s.stride + kx - s.padding;
                            if (iy < 0 || iy >= s.in_height || ix < 0 || ix >= s.in_width)
                                continue;
                            const Index i = ((n * s.in_height + iy) * s.in_width + ix) * s.channels + c;
                            if (best < 0 || x[i] > x[best] || detail::is_nan(x[i])) {
                                best = i;
                                position = ky * s.window + kx;
                            }
                        }
                    body(((n * s.out_height + oy) * s.out_width + ox) * s.channels + c, best, position);
                }
}

/// y = the maxima of x.
template <class Scalar>
void max_pool(const PoolingShape& s, const Scalar* x, Scalar* y) {
    for_each_maximum(s, x, [&](Index o, Index i, Index) { y[o] = x[i]; });
}

/// dx += the gradient of sum(y · dy) with respect to x.
template <class Scalar>
void max_pool_gradient(const PoolingShape& s, const Scalar* x, const Scalar* dy, Scalar* dx) {
    for_each_maximum(s, x, [&](Index o, Index i, Index) { dx[i] += dy[o]; });
}

}  // namespace plain
}  // namespace STAA_ABI
}  // namespace staa
