// SPDX-License-Identifier: MIT
// The definition of average pooling and its gradient, window by window. Spikes are pooled as the numbers 0 and 1.
#pragma once

#include "staa/kernels/maps/pooling.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace plain {

/// Calls body(x index, y index, weight) for every value of every average: x [n, iy, ix, c], y [n, oy, ox, c].
template <class Scalar, class Body>
void for_each_share(const PoolingShape& s, Body&& body) {
    const auto is_inside = [&](Index y, Index x) { return y >= 0 && y < s.in_height && x >= 0 && x < s.in_width; };
    for (Index n = 0; n < s.images; ++n)
        for (Index oy = 0; oy < s.out_height; ++oy)
            for (Index ox = 0; ox < s.out_width; ++ox) {
                Index inside = 0;
                for (Index ky = 0; ky < s.window; ++ky)
                    for (Index kx = 0; kx < s.window; ++kx)
                        inside += is_inside(oy * s.stride + ky - s.padding, ox * s.stride + kx - s.padding);
                const Scalar weight = Scalar(1) / static_cast<Scalar>(s.count_padding ? s.window * s.window : inside);
                for (Index ky = 0; ky < s.window; ++ky)
                    for (Index kx = 0; kx < s.window; ++kx) {
                        const Index iy = oy * s.stride + ky - s.padding, ix = ox * s.stride + kx - s.padding;
                        if (!is_inside(iy, ix))
                            continue;
                        const Index x = ((n * s.in_height + iy) * s.in_width + ix) * s.channels;
                        const Index y = ((n * s.out_height + oy) * s.out_width + ox) * s.channels;
                        for (Index c = 0; c < s.channels; ++c)
                            body(x + c, y + c, weight);
                    }
            }
}

/// y += the averages of x; y must be 0 before.
template <class Scalar>
void average_pool(const PoolingShape& s, const Scalar* x, Scalar* y) {
    for_each_share<Scalar>(s, [&](Index i, Index o, Scalar weight) { y[o] += weight * x[i]; });
}

/// dx += the gradient of sum(y · dy) with respect to x.
template <class Scalar>
void average_pool_gradient(const PoolingShape& s, const Scalar* dy, Scalar* dx) {
    for_each_share<Scalar>(s, [&](Index i, Index o, Scalar weight) { dx[i] += weight * dy[o]; });
}

}  // namespace plain
}  // namespace STAA_ABI
}  // namespace staa
