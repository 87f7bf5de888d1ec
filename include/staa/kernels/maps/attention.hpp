// SPDX-License-Identifier: MIT
// The kernels of global context and step attention, for one map of one step. The plain loops: plain/attention.hpp.
#pragma once

#include <algorithm>

#include "staa/core/strips.hpp"
#include "staa/kernels/maps/channels.hpp"

namespace staa {
inline namespace STAA_ABI {

/// scores[pixel] = sum over c of x[pixel, c] · weight[c]: the 1x1 convolution C -> 1 of Eq. 7, without its bias.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void score_pixels(Index pixels, Index channels, const Scalar* x, const Scalar* weight, Scalar* scores) {
    using V = Vector<Scalar, Arch>;
    const Index whole = channels / lanes_of<V> * lanes_of<V>;
    for (Index pixel = 0; pixel < pixels; ++pixel, x += channels) {
        V sum(Scalar(0));
        for (Index c = 0; c < whole; c += lanes_of<V>) {
            sum = fma(V::load_unaligned(x + c), V::load_unaligned(weight + c), sum);
        }
        Scalar total = sum_lanes(sum);
        for (Index c = whole; c < channels; ++c) {
            total += x[c] * weight[c];
        }
        scores[pixel] = total;
    }
}

/// Softmax over `count` scores, in place (Eq. 7). The largest score is subtracted first: no overflow.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void softmax(Index count, Scalar* scores) {
    const Scalar largest = *std::max_element(scores, scores + count);
    Scalar total = 0;
    for_lanes<Scalar, Arch>(count, [&](auto lanes, Index i) {
        using V = typename decltype(lanes)::type;
        const V e = exponential(V::load_unaligned(scores + i) - V(largest));
        e.store_unaligned(scores + i);
        total += sum_lanes(e);
    });
    for (Index i = 0; i < count; ++i) {
        scores[i] /= total;
    }
}

/// weighted[c] = sum over pixels of weight[pixel] · x[pixel, c]; mean[c] = mean over pixels of x[pixel, c].
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void pool_pixels(Index pixels, Index channels, const Scalar* x, const Scalar* weight, Scalar* weighted,
                             Scalar* mean) {
    std::fill_n(weighted, channels, Scalar(0));
    std::fill_n(mean, channels, Scalar(0));
    for_strips<Scalar, Arch, 4>(pixels, channels, [&](auto lanes, Index c, Index first, Index last) {
        using V = typename decltype(lanes)::type;
        V sum = V::load_unaligned(weighted + c), total = V::load_unaligned(mean + c);
        for (Index pixel = first; pixel < last; ++pixel) {
            const V value = V::load_unaligned(x + pixel * channels + c);
            sum = fma(V(weight[pixel]), value, sum);
            total += value;
        }
        sum.store_unaligned(weighted + c);
        total.store_unaligned(mean + c);
    });
    detail::divide(channels, static_cast<Scalar>(pixels), mean);
}

/// gate[i] = scale · sigmoid(v[i]) (Eq. 10, 12). It saturates for large |v|; NaN only where v is NaN.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void sigmoid_gate(Index count, Scalar scale, const Scalar* v, Scalar* gate) {
    for_lanes<Scalar, Arch>(count, [&](auto lanes, Index i) {
        using V = typename decltype(lanes)::type;
        const V value = V::load_unaligned(v + i), lowest(Scalar(-80));
        const V bounded = select(value < lowest, lowest, value);  // exp(80) is finite in float; NaN stays NaN
        (V(scale) / (V(Scalar(1)) + exponential(V(Scalar(0)) - bounded))).store_unaligned(gate + i);
    });
}

/// dv[i] = d_gate[i] · gate[i] · (1 - gate[i] / scale): the gradient of `sigmoid_gate`, from its result.
template <class Scalar>
STAA_KERNEL void sigmoid_gate_gradient(Index count, Scalar scale, const Scalar* gate, const Scalar* d_gate,
                                       Scalar* dv) {
    for (Index i = 0; i < count; ++i) {
        dv[i] = d_gate[i] * gate[i] * (1 - gate[i] / scale);
    }
}

/// d_scores[pixel] = attention[pixel] · (sum over c of x[pixel, c] · d_context[c]  -  context · d_context):
/// the gradient of softmax and weighted sum (Eq. 7, 8). A shift of x that is the same for every pixel changes nothing.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void score_gradient(Index pixels, Index channels, const Scalar* x, const Scalar* attention,
                                const Scalar* context, const Scalar* d_context, Scalar* d_scores) {
    Scalar mean = 0;
    for (Index c = 0; c < channels; ++c) {
        mean += context[c] * d_context[c];
    }
    score_pixels<Scalar, Arch>(pixels, channels, x, d_context, d_scores);
    for (Index pixel = 0; pixel < pixels; ++pixel) {
        d_scores[pixel] = attention[pixel] * (d_scores[pixel] - mean);
    }
}

/// The gradient of the current X of one map, over all paths:
///     dx[p, c] = scale[c] · du[p, c] + shift[c]  +  attention[p] · d_context[c] + d_scores[p] · key[c]
/// and d_key[c] = sum over p of d_scores[p] · x[p, c]. A null scale stands for 1, a null shift for 0. Without global
/// context attention, d_context, d_scores, key and d_key are null.
template <class Scalar>
struct CurrentGradient {
    const Scalar *scale, *shift;         ///< [channels]
    const Scalar* du;                    ///< [pixels, channels]
    const Scalar *attention, *d_scores;  ///< [pixels]
    const Scalar *d_context, *key;       ///< [channels]
    const Scalar* x;                     ///< [pixels, channels]
    Scalar* d_key;                       ///< [channels], written
    Scalar* dx;                          ///< [pixels, channels], written or added to
    bool accumulate;                     ///< whether dx is added to
};

/// Computes dx and d_key of `g`.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void current_gradient(Index pixels, Index channels, CurrentGradient<Scalar> g) {
    if (g.attention != nullptr) {
        std::fill_n(g.d_key, channels, Scalar(0));
    }
    for_strips<Scalar, Arch, 4>(pixels, channels, [&](auto lanes, Index c, Index first, Index last) {
        using V = typename decltype(lanes)::type;
        const V scale = g.scale != nullptr ? V::load_unaligned(g.scale + c) : V(Scalar(1));
        const V shift = g.shift != nullptr ? V::load_unaligned(g.shift + c) : V(Scalar(0));
        V d_context(Scalar(0)), key(Scalar(0)), d_key(Scalar(0));
        if (g.attention != nullptr) {
            d_context = V::load_unaligned(g.d_context + c);
            key = V::load_unaligned(g.key + c);
            d_key = V::load_unaligned(g.d_key + c);
        }
        for (Index pixel = first; pixel < last; ++pixel) {
            const Index i = pixel * channels + c;
            V dx = fma(scale, V::load_unaligned(g.du + i), shift);
            if (g.attention != nullptr) {
                const V d_score(g.d_scores[pixel]);
                dx = fma(V(g.attention[pixel]), d_context, fma(d_score, key, dx));
                d_key = fma(d_score, V::load_unaligned(g.x + i), d_key);
            }
            if (g.accumulate) {
                dx += V::load_unaligned(g.dx + i);
            }
            dx.store_unaligned(g.dx + i);
        }
        if (g.attention != nullptr) {
            d_key.store_unaligned(g.d_key + c);
        }
    });
}

}  // namespace STAA_ABI
}  // namespace staa
