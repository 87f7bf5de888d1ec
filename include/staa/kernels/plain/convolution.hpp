// SPDX-License-Identifier: MIT
// The definition of a convolution and its gradients: the textbook loops.
#pragma once

#include "staa/kernels/convolution/convolution_geometry.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace plain {

/// Calls body(x index, w index, y index) for every product of a convolution: x [n, iy, ix, i], w [ky, kx, i, o],
/// y [n, oy, ox, o].
template <class Body>
void for_each_product(const ConvolutionShape& s, Body&& body) {
    for (Index n = 0; n < s.images; ++n)
        for (Index oy = 0; oy < s.out_height; ++oy)
            for (Index ox = 0; ox < s.out_width; ++ox)
                for (Index ky = 0; ky < s.kernel; ++ky)
                    for (Index kx = 0; kx < s.kernel; ++kx) {
                        const Index iy = oy * s.stride + ky - s.padding, ix = ox * s.stride + kx - s.padding;
                        if (iy < 0 || iy >= s.in_height || ix < 0 || ix >= s.in_width)
                            continue;
                        const Index x = ((n * s.in_height + iy) * s.in_width + ix) * s.in_channels;
                        const Index y = ((n * s.out_height + oy) * s.out_width + ox) * s.out_channels;
                        const Index w = (ky * s.kernel + kx) * s.in_channels * s.out_channels;
                        for (Index i = 0; i < s.in_channels; ++i)
                            for (Index o = 0; o < s.out_channels; ++o)
                                body(x + i, w + i * s.out_channels + o, y + o);
                    }
}

/// y += x * w; y must be 0 before.
template <class Scalar>
void convolution(const ConvolutionShape& s, const Scalar* x, const Scalar* w, Scalar* y) {
    for_each_product(s, [&](Index i, Index j, Index k) { y[k] += x[i] * w[j]; });
}

/// dx += the gradient of sum(y · dy) with respect to x.
template <class Scalar>
void convolution_input_gradient(const ConvolutionShape& s, const Scalar* dy, const Scalar* w, Scalar* dx) {
    for_each_product(s, [&](Index i, Index j, Index k) { dx[i] += w[j] * dy[k]; });
}

/// dw += the gradient of sum(y · dy) with respect to w.
template <class Scalar>
void convolution_weight_gradient(const ConvolutionShape& s, const Scalar* x, const Scalar* dy, Scalar* dw) {
    for_each_product(s, [&](Index i, Index j, Index k) { dw[j] += x[i] * dy[k]; });
}

}  // namespace plain
}  // namespace STAA_ABI
}  // namespace staa
