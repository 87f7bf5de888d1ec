// SPDX-License-Identifier: MIT
// The options of StaaLif that change what it computes. They are part of its type.
#pragma once

#include "staa/layers/global_context.hpp"
#include "staa/layers/neurons/leak_and_gain.hpp"
#include "staa/layers/position_encoding.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Where a StaaLif adds its position encoding. The paper also compares two places outside the neuron, before and after
/// the convolution. There `PositionEncoding` is a layer of its own (networks/encoded_convolution.hpp).
enum class EncodingPlace {
    before_aggregation,  ///< GC(X[t] + P[t]), Eq. 13
    after_aggregation,   ///< GC(X[t]) + P[t]
};

/// Which parts a StaaLif has. By default it has all of them, as in the paper.
struct StaaParts {
    bool global_context = true;                                          ///< GC, Eq. 7-10
    int gc_ratio = 4;                                                    ///< r of GC
    ContextForm context_form = ContextForm::gate;                        ///< the gate, or the additive form of GCNet
    Encoding position_encoding = Encoding::learnable;                    ///< PE, Eq. 11
    EncodingShape encoding_shape = EncodingShape::per_step_and_channel;  ///< which values P has
    EncodingPlace encoding_place = EncodingPlace::before_aggregation;    ///< where P is added
    bool step_attention = true;                                          ///< SA, Eq. 12
    int sa_ratio = 4;                                                    ///< r of SA
    Adaptive adaptive = Adaptive::per_channel;                           ///< M and N, Eq. 6
};

/// The short name that networks are written with: StaaLif<Staa{.gc_ratio = 8}>.
using Staa = StaaParts;

}  // namespace STAA_ABI
}  // namespace staa
