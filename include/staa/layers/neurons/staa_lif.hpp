// SPDX-License-Identifier: MIT
// The neuron of the paper.
#pragma once

#include <type_traits>

#include "staa/layers/neurons/channelwise_staa_lif.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/neurons/pixelwise_staa_lif.hpp"

namespace staa {
inline namespace STAA_ABI {

/// LIF neurons with the spatial-temporal attention aggregator. For every step t, with H[-1] = 0:
///     Xh   = GC(X[t] + P[t])                                                Eq. 11, 13
///     A    = leak · H[t-1] + gain · Xh                                      Eq. 6: leak is M, gain is N
///     U[t] = SA(A)                                                          Eq. 12, 14
///     S[t] = 1 where U[t] >= threshold, else 0;   H[t] = U[t] · (1 - S[t])  Eq. 2, 3
/// Analog [T, N, H, W, C] -> spikes of the same shape. In training each step is dropped with probability
/// NeuronOptions::step_dropout (TSRD, section 3.2): it skips PE, GC and SA, so that U[t] = leak · H[t-1] + gain · X[t].
/// `Parts` says which parts there are and of what form. How a neuron fires and resets is in the other types, as for
/// `Lif`.
///
/// This type only chooses which file computes the equations:
///     channelwise_staa_lif.hpp   the default: `run` takes each step from X to S, and calls kernels/neuron/membrane.hpp
///     pixelwise_staa_lif.hpp     where a part differs from pixel to pixel: makes the map Xh, and calls the first one
template <StaaParts Parts = StaaParts{}, class Surrogate = Rectangle, class Reset = HardReset,
          class Threshold = Reached>
struct StaaLif {
    static_assert(Parts.gc_ratio > 0 && Parts.sa_ratio > 0, "staa::StaaLif: gc_ratio and sa_ratio must be at least 1");

    /// Whether a part differs from pixel to pixel: the encoding, or leak and gain.
    static constexpr bool is_pixelwise =
        Parts.adaptive == Adaptive::per_neuron ||
        (Parts.position_encoding != Encoding::none && Parts.encoding_shape == EncodingShape::per_position);
    static constexpr Role role = is_pixelwise ? Role::plain : Role::neurons;
    static constexpr const char* kind = is_pixelwise ? "neurons, pixel by pixel" : "neurons";

    /// The layer that computes these parts.
    using Neuron = std::conditional_t<is_pixelwise, PixelwiseStaaLif<Parts, Firing<Surrogate, Reset, Threshold>>,
                                      ChannelwiseStaaLif<Parts, Firing<Surrogate, Reset, Threshold>>>;
    template <class In>
    using at = typename Neuron::template at<In>;
};

}  // namespace STAA_ABI
}  // namespace staa
