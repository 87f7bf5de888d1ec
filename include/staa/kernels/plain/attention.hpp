// SPDX-License-Identifier: MIT
// The definition of the attention kernels: the same sums, one value at a time.
#pragma once

#include <cmath>
#include <vector>

#include "staa/kernels/maps/attention.hpp"
#include "staa/kernels/plain/channels.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace plain {

template <class Scalar>
void score_pixels(Index pixels, Index channels, const Scalar* x, const Scalar* weight, Scalar* scores) {
    for (Index p = 0; p < pixels; ++p) {
        scores[p] = 0;
        for (Index c = 0; c < channels; ++c)
            scores[p] += x[p * channels + c] * weight[c];
    }
}

/// softmax_i = exp(s_i) / (sum over j of exp(s_j)) = 1 / (sum over j of exp(s_j - s_i)), where an overflow gives 0.
template <class Scalar>
void softmax(Index count, Scalar* scores) {
    const std::vector<Scalar> before(scores, scores + count);
    for (Index i = 0; i < count; ++i) {
        Scalar total = 0;
        for (const Scalar score : before)
            total += std::exp(score - before[static_cast<std::size_t>(i)]);
        scores[i] = 1 / total;
    }
}

template <class Scalar>
void pool_pixels(Index pixels, Index channels, const Scalar* x, const Scalar* weight, Scalar* weighted, Scalar* mean) {
    mean_pixels(pixels, channels, x, mean);
    for (Index c = 0; c < channels; ++c) {
        weighted[c] = 0;
        for (Index p = 0; p < pixels; ++p)
            weighted[c] += weight[p] * x[p * channels + c];
    }
}

template <class Scalar>
void sigmoid_gate(Index count, Scalar scale, const Scalar* v, Scalar* gate) {
    for (Index i = 0; i < count; ++i)
        gate[i] = scale / (1 + std::exp(-v[i]));
}

/// sigmoid' = sigmoid · (1 - sigmoid), and gate = scale · sigmoid.
template <class Scalar>
void sigmoid_gate_gradient(Index count, Scalar scale, const Scalar* gate, const Scalar* d_gate, Scalar* dv) {
    for (Index i = 0; i < count; ++i) {
        const Scalar sigmoid = gate[i] / scale;
        dv[i] = d_gate[i] * scale * sigmoid * (1 - sigmoid);
    }
}

/// context = sum over q of attention[q] · x[q], and d attention[q] / d score[p] = attention[q] · ((q == p) -
/// attention[p]) for a softmax. The kernel gets the context as an argument; this loop sums it again.
template <class Scalar>
void score_gradient(Index pixels, Index channels, const Scalar* x, const Scalar* attention, const Scalar* d_context,
                    Scalar* d_scores) {
    for (Index p = 0; p < pixels; ++p) {
        d_scores[p] = 0;
        for (Index q = 0; q < pixels; ++q)
            for (Index c = 0; c < channels; ++c)
                d_scores[p] += x[q * channels + c] * d_context[c] * attention[q] * ((q == p) - attention[p]);
    }
}

template <class Scalar>
void current_gradient(Index pixels, Index channels, const CurrentGradient<Scalar>& g) {
    for (Index c = 0; c < channels && g.attention != nullptr; ++c)
        g.d_key[c] = 0;
    for (Index p = 0; p < pixels; ++p)
        for (Index c = 0; c < channels; ++c) {
            const Index i = p * channels + c;
            Scalar dx = (g.scale != nullptr ? g.scale[c] : 1) * g.du[i] + (g.shift != nullptr ? g.shift[c] : 0);
            if (g.attention != nullptr) {
                dx += g.attention[p] * g.d_context[c] + g.d_scores[p] * g.key[c];
                g.d_key[c] += g.d_scores[p] * g.x[i];
            }
            g.dx[i] = g.accumulate ? g.dx[i] + dx : dx;
        }
}

}  // namespace plain
}  // namespace STAA_ABI
}  // namespace staa
