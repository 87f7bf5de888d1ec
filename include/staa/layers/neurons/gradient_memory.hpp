// SPDX-License-Identifier: MIT
// The memory that one worker needs for backward of the channelwise StaaLif (channelwise_gradient.hpp).
#pragma once

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Memory for `Most` images: maps of every step, and rows of channels for the step at hand and the step before it.
template <class Scalar, Index Most, Index Channels, Index Pixels>
class GradientMemory {
    static constexpr Index map_size = Pixels * Channels;

 public:
    /// How many scalars it takes. `current_maps` is the number of maps of X that each image needs room for.
    static Index size(Index steps, Index current_maps) {
        return Most * ((steps + current_maps + 1) * map_size + Pixels + 12 * Channels);
    }
    GradientMemory(Scalar* memory, Index steps, Index current_maps)
        : current_maps_(current_maps),
          maps_per_image_(steps + current_maps + 1),
          maps_(memory),
          rows_(maps_ + Most * maps_per_image_ * map_size) {}

    /// [images, C] dLoss/dGate of all images: the matrices of GC and SA read these rows at once.
    Scalar* d_gate() const { return rows_; }

    /// The memory of one image.
    struct ImageMemory {
        Scalar* potential(Index t) const { return potentials + t * map_size; }  ///< [H, W, C] U[t]
        Scalar* d_sum() const { return row(0); }                                ///< [C] sum of dU over the pixels
        Scalar* d_carried() const { return row(1); }                            ///< [C] sum of dU · H[t-1]
        Scalar* d_current() const { return row(2); }                            ///< [C] sum of dU · X
        Scalar* next_scale() const { return row(3); }    ///< [C] dH[t-1] = next_scale · dU[t] + next_shift
        Scalar* next_shift() const { return row(4); }    ///< [C]
        Scalar* scale() const { return row(5); }         ///< [C] dX[t] = scale · dU[t] + shift + the path of GC
        Scalar* shift() const { return row(6); }         ///< [C]
        Scalar* coefficients() const { return row(7); }  ///< [3, C] decay, weight and shift of the kernel
        Scalar* d_pooled() const { return row(10); }     ///< [C] gradient of what GC pooled
        Scalar* row(Index which) const { return rows + which * Channels; }

        Scalar* currents;    ///< [stored T, H, W, C] the unscaled maps of X; no memory where X is kept
        Scalar* du;          ///< [H, W, C] dU[t]
        Scalar* potentials;  ///< [T, H, W, C]
        Scalar* d_gate;      ///< [C] the image's row of `GradientMemory::d_gate`
        Scalar* rows;        ///< [11, C]
        Scalar* d_scores;    ///< [H·W] gradient of the scores of GC
    };
    /// Image i of the task.
    ImageMemory image(Index i) const {
        Scalar* currents = maps_ + i * maps_per_image_ * map_size;
        Scalar* du = currents + current_maps_ * map_size;
        Scalar* rows = rows_ + Most * Channels + i * (11 * Channels + Pixels);
        return {currents, du, du + map_size, d_gate() + i * Channels, rows, rows + 11 * Channels};
    }

 private:
    Index current_maps_, maps_per_image_;
    Scalar *maps_, *rows_;
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
