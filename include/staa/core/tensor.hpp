// SPDX-License-Identifier: MIT
// Eigen's tensors, row major: what users hand in, what they get back, and how they see a signal inside.
#pragma once

#include <algorithm>
#include <type_traits>
#include <unsupported/Eigen/CXX11/Tensor>

#include "staa/core/arena.hpp"
#include "staa/core/error.hpp"
#include "staa/core/shape.hpp"
#include "staa/core/spikes.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A tensor that owns its memory, row major: the last index is the fastest.
template <class Scalar, int Rank>
using Tensor = Eigen::Tensor<Scalar, Rank, Eigen::RowMajor, Eigen::Index>;

/// A tensor over memory that something else owns.
template <class Scalar, int Rank>
using TensorView = Eigen::TensorMap<Tensor<Scalar, Rank>>;

/// Class labels of a batch, 0-based.
using Labels = Eigen::Tensor<int, 1, Eigen::RowMajor, Eigen::Index>;

/// An array in an arena's memory that keeps its memory from call to call.
template <class Real>
class Buffer {
 public:
    Real* data() { return static_cast<Real*>(block_.address()); }
    const Real* data() const { return static_cast<const Real*>(block_.address()); }
    Index size() const { return size_; }

    /// Takes the size; the values are unspecified. Keeps its memory if that is large enough.
    void resize(Arena& arena, Index size) {
        size_ = size;
        const auto bytes = static_cast<std::size_t>(size) * sizeof(Real);
        if (block_.capacity() < bytes) {
            block_.release();
            block_ = arena.take(bytes);
        }
    }
    void set_zero() { std::fill(data(), data() + size_, Real(0)); }

    /// Gives the memory back to its arena.
    void release() {
        size_ = 0;
        block_.release();
    }

 private:
    Index size_ = 0;
    Arena::Block block_;
};

/// Rows of equal length, [rows, columns]: one a step and image, row = step · batch + n.
template <class Real>
class Rows {
 public:
    void resize(Arena& arena, Index rows, Index columns) {
        columns_ = columns;
        values_.resize(arena, rows * columns);
    }
    Real* row(Index i) { return values_.data() + i * columns_; }
    const Real* row(Index i) const { return values_.data() + i * columns_; }
    Real* data() { return values_.data(); }
    const Real* data() const { return values_.data(); }
    void set_zero() { values_.set_zero(); }

 private:
    Index columns_ = 0;
    Buffer<Real> values_;
};

/// Analog maps [T, N, H, W, C] in an arena's memory.
template <class Real>
class Analog {
 public:
    const Extents& extents() const { return extents_; }
    Real* data() { return values_.data(); }
    const Real* data() const { return values_.data(); }

    /// The values of image `image` = step · batch + n.
    Real* map(Index image) { return data() + image * extents_.map_size(); }
    const Real* map(Index image) const { return data() + image * extents_.map_size(); }

    /// Takes the extents; the values are unspecified. Keeps its memory if that is large enough.
    void resize(Arena& arena, const Extents& extents) {
        extents_ = extents;
        values_.resize(arena, extents.size());
    }
    void set_zero() { values_.set_zero(); }
    void release() {
        extents_ = {};
        values_.release();
    }

    TensorView<const Real, 5> tensor() const {
        return {data(), extents_.steps, extents_.batch, extents_.height, extents_.width, extents_.channels};
    }
    TensorView<Real, 5> tensor() {
        return {data(), extents_.steps, extents_.batch, extents_.height, extents_.width, extents_.channels};
    }

 private:
    Extents extents_;
    Buffer<Real> values_;
};

/// How the map `In` is held: as bits or as real numbers.
template <class In>
using SignalOf = std::conditional_t<In::is_spikes, Spikes, Analog<typename In::Scalar>>;

/// Memory from an arena for as long as this object lives.
template <class Real>
class Scratch {
 public:
    Scratch(Arena& arena, Index size) : block_(arena.take(static_cast<std::size_t>(size) * sizeof(Real))) {}
    Real* data() const { return static_cast<Real*>(block_.address()); }

 private:
    Arena::Block block_;
};

/// As much memory for every worker of a `parallel_for`, for as long as this object lives.
template <class Real>
class WorkerScratch {
 public:
    WorkerScratch(Arena& arena, Index size)
        : size_((size + line - 1) / line * line), memory_(arena, threads() * size_) {}
    Real* of(Index worker) const { return memory_.data() + worker * size_; }

 private:
    static constexpr Index line = 64 / sizeof(Real);  // so that each begins aligned
    Index size_;
    Scratch<Real> memory_;
};

}  // namespace STAA_ABI
}  // namespace staa
