// SPDX-License-Identifier: MIT
#pragma once

#include "staa/layers/global_context.hpp"
#include "staa/layers/neurons/leak_and_gain.hpp"
#include "staa/layers/position_encoding.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Where a StaaLif adds its position encoding. The two other places of the paper's ablation are before and after the
/// convolution: there `PositionEncoding` is a layer of its own (networks/encoded_convolution.hpp).
enum class EncodingPlace {
    before_aggregation,  ///< GC(X[t] + P[t]), Eq. 13
    after_aggregation,   ///< GC(X[t]) + P[t]
};

/// Which parts a StaaLif has; all of them by default, as in the paper.
struct StaaParts {
    bool global_context = true;                                          ///< GC, Eq. 7-10
    int gc_ratio = 4;                                                    ///< its r
    ContextForm context_form = ContextForm::gate;                        ///< gate, or GCNet's additive form
    Encoding position_encoding = Encoding::learnable;                    ///< PE, Eq. 11
    EncodingShape encoding_shape = EncodingShape::per_step_and_channel;  ///< what shares a value of it
    EncodingPlace encoding_place = EncodingPlace::before_aggregation;    ///< where it is added
    bool step_attention = true;                                          ///< SA, Eq. 12
    int sa_ratio = 4;                                                    ///< its r
    Adaptive adaptive = Adaptive::per_channel;                           ///< M and N, Eq. 6
};

/// The short name, with which networks are written: StaaLif<Staa{.gc_ratio = 8}>.
using Staa = StaaParts;

}  // namespace STAA_ABI
}  // namespace staa
