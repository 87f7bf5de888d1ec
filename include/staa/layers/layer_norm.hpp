// SPDX-License-Identifier: MIT
// LayerNorm and ReLU of one short row, forward and backward: the query of global context, Eq. 8.
#pragma once

#include <algorithm>
#include <cmath>

#include "staa/core/shape.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// The trained values of LayerNorm and of the bias before it, one of each per value of the row.
template <class Real>
struct LayerNorm {
    static constexpr double epsilon = 1e-5;
    const Real *bias, *weight, *norm_bias;
};

/// With v = the row + bias, r = 1 / sqrt(variance(v) + epsilon), and mean and variance over the row:
///     normalised = (v - mean) · r,   y = relu(weight · normalised + norm_bias)
/// `row` [Size] holds the row at first and `normalised` at the end. r and y [Size] are written.
template <Index Size, class Real>
void layer_norm_relu(const LayerNorm<Real>& norm, Real* row, Real* r, Real* y) {
    Real mean = 0, variance = 0;
    for (Index i = 0; i < Size; ++i) {
        row[i] += norm.bias[i];
        mean += row[i] / static_cast<Real>(Size);
    }
    for (Index i = 0; i < Size; ++i) {
        variance += (row[i] - mean) * (row[i] - mean) / static_cast<Real>(Size);
    }
    const Real inverse_deviation = Real(1) / std::sqrt(variance + static_cast<Real>(LayerNorm<Real>::epsilon));
    *r = inverse_deviation;
    for (Index i = 0; i < Size; ++i) {
        row[i] = (row[i] - mean) * inverse_deviation;
        const Real value = row[i] * norm.weight[i] + norm.norm_bias[i];
        y[i] = std::max(value, Real(0));
    }
}

/// Backward. ReLU: `d` [Size] holds dy at first, and at the end 0 where y is 0. LayerNorm, with means over the row:
///     d_row = r · (q - mean(q) - normalised · mean(q · normalised)),   q = weight · d
/// d_row [Size] is written.
template <Index Size, class Real>
void layer_norm_relu_gradient(const LayerNorm<Real>& norm, const Real* normalised, Real r, const Real* y, Real* d,
                              Real* d_row) {
    Real mean = 0, product = 0;
    for (Index i = 0; i < Size; ++i) {
        d[i] = y[i] > 0 ? d[i] : Real(0);
        d_row[i] = d[i] * norm.weight[i];
        mean += d_row[i] / static_cast<Real>(Size);
        product += d_row[i] * normalised[i] / static_cast<Real>(Size);
    }
    // One or two values less their mean are a multiple of `normalised`. The difference above is then q - mean(q) times
    // 1 - mean(normalised²) = epsilon · r², and this product has no cancellation.
    constexpr bool is_multiple_of_normalised = Size <= 2;
    for (Index i = 0; i < Size; ++i) {
        if constexpr (is_multiple_of_normalised) {
            const Real left = static_cast<Real>(LayerNorm<Real>::epsilon) * r * r;
            d_row[i] = r * (d_row[i] - mean) * left;
        } else {
            d_row[i] = r * (d_row[i] - mean - normalised[i] * product);
        }
    }
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
