// SPDX-License-Identifier: MIT
// Eigen's tensors: what users pass in and get back. Analog maps, which can be viewed as such tensors.
#pragma once

#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>

#include "staa/core/error.hpp"
#include "staa/core/scratch.hpp"
#include "staa/core/shape.hpp"
#include "staa/core/spikes.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A tensor that owns its memory. Row major: neighbours in the last index are neighbours in memory.
template <class Scalar, int Rank>
using Tensor = Eigen::Tensor<Scalar, Rank, Eigen::RowMajor, Eigen::Index>;

/// A tensor over memory that another object owns.
template <class Scalar, int Rank>
using TensorView = Eigen::TensorMap<Tensor<Scalar, Rank>>;

/// Class labels of a batch, 0-based.
using Labels = Eigen::Tensor<int, 1, Eigen::RowMajor, Eigen::Index>;

/// Analog maps [T, N, H, W, C] in an arena's memory.
template <class Real>
class Analog {
 public:
    /// The extents [T, N, H, W, C].
    const Extents& extents() const { return extents_; }
    /// The first value.
    Real* data() { return values_.data(); }
    /// The first value.
    const Real* data() const { return values_.data(); }

    /// The values of image `image` = step · batch + n.
    Real* map(Index image) { return data() + image * extents_.map_size(); }
    /// The values of image `image` = step · batch + n.
    const Real* map(Index image) const { return data() + image * extents_.map_size(); }

    /// Takes the extents; the values are unspecified. Keeps its memory if that is large enough.
    void resize(Arena& arena, const Extents& extents) {
        values_.resize(arena, detail::checked_product(extents.steps, extents.batch, extents.height, extents.width,
                                                      extents.channels));
        extents_ = extents;
    }
    /// Sets all values to 0.
    void set_zero() { values_.set_zero(); }
    /// Gives the memory back to its arena.
    void release() {
        extents_ = {};
        values_.release();
    }

    /// The values as a tensor [T, N, H, W, C] that shares the memory.
    TensorView<const Real, 5> tensor() const {
        return {data(), extents_.steps, extents_.batch, extents_.height, extents_.width, extents_.channels};
    }
    /// The values as a tensor [T, N, H, W, C] that shares the memory.
    TensorView<Real, 5> tensor() {
        return {data(), extents_.steps, extents_.batch, extents_.height, extents_.width, extents_.channels};
    }

 private:
    Extents extents_;
    Buffer<Real> values_;
};

/// How a signal with the map `In` is stored: as bits or as real numbers.
template <class In>
using SignalOf = std::conditional_t<In::is_spikes, Spikes, Analog<typename In::Scalar>>;

}  // namespace STAA_ABI
}  // namespace staa
