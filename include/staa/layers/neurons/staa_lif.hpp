// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include "staa/layers/neurons/channelwise_staa_lif.hpp"
#include "staa/layers/neurons/pixelwise_staa_lif.hpp"

namespace staa {
inline namespace STAA_ABI {

/// LIF neurons with the spatial-temporal attention aggregator. For every step t, with H[-1] = 0:
///     Xh   = GC(X[t] + P[t])                                                Eq. 11, 13
///     A    = leak · H[t-1] + gain · Xh                                      Eq. 6: leak is M, gain is N
///     U[t] = SA(A)                                                          Eq. 12, 14
///     S[t] = 1 where U[t] >= threshold, else 0;   H[t] = U[t] · (1 - S[t])  Eq. 2, 3
/// In training a step is dropped with probability NeuronOptions::step_dropout (TSRD, section 3.2): it skips PE, GC and
/// SA, U[t] = leak · H[t-1] + gain · X[t]. Analog [T, N, H, W, C] -> spikes of the same shape. `Parts` says which parts
/// there are and what they look like; how a neuron fires and resets is in its other types, as for `Lif`.
template <StaaParts Parts = StaaParts{}, class Surrogate = Rectangle, class Reset = HardReset,
          class Threshold = Reached>
struct StaaLif {
    static_assert(Parts.gc_ratio > 0 && Parts.sa_ratio > 0, "staa::StaaLif: gc_ratio and sa_ratio must be at least 1");

    /// Whether a part differs from pixel to pixel.
    static constexpr bool is_pixelwise =
        Parts.adaptive == Adaptive::per_neuron ||
        (Parts.position_encoding != Encoding::none && Parts.encoding_shape == EncodingShape::per_position);
    static constexpr Role role = is_pixelwise ? Role::plain : Role::neurons;
    static constexpr const char* kind = is_pixelwise ? "neurons, pixel by pixel" : "neurons";

    using Neuron = std::conditional_t<is_pixelwise, PixelwiseStaaLif<Parts, Firing<Surrogate, Reset, Threshold>>,
                                      ChannelwiseStaaLif<Parts, Firing<Surrogate, Reset, Threshold>>>;
    template <class In>
    using at = typename Neuron::template at<In>;
};

}  // namespace STAA_ABI
}  // namespace staa
