// SPDX-License-Identifier: MIT
// Arrays in an arena's memory: what layers keep from call to call, and what kernels need while they run. No Eigen.
#pragma once

#include <algorithm>
#include <cstddef>

#include "staa/core/arena.hpp"
#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {
/// Bytes of `size` values; std::bad_alloc where that is more than any memory can hold.
template <class Real>
std::size_t bytes_of(Index size) {
    return static_cast<std::size_t>(checked_product(size, static_cast<Index>(sizeof(Real))));
}
}  // namespace detail

/// An array in an arena's memory. It keeps its memory from one call to the next.
template <class Real>
class Buffer {
 public:
    /// The first value.
    Real* data() { return static_cast<Real*>(block_.address()); }
    /// The first value.
    const Real* data() const { return static_cast<const Real*>(block_.address()); }
    /// The number of values.
    Index size() const { return size_; }

    /// Takes the size; the values are unspecified. Keeps its memory if that is large enough.
    void resize(Arena& arena, Index size) {
        const std::size_t bytes = detail::bytes_of<Real>(size);
        size_ = size;
        if (block_.capacity() < bytes) {
            block_.release();
            block_ = arena.take(bytes);
        }
    }
    /// Sets all values to 0.
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

/// Rows of equal length, [rows, columns]: one per step and image, row = step · batch + n.
template <class Real>
class Rows {
 public:
    /// Takes the size; the values are unspecified. Keeps its memory if that is large enough.
    void resize(Arena& arena, Index rows, Index columns) {
        columns_ = columns;
        values_.resize(arena, detail::checked_product(rows, columns));
    }
    Real* row(Index i) { return values_.data() + i * columns_; }
    const Real* row(Index i) const { return values_.data() + i * columns_; }
    /// The first value.
    Real* data() { return values_.data(); }
    /// The first value.
    const Real* data() const { return values_.data(); }
    /// Sets all values to 0.
    void set_zero() { values_.set_zero(); }

 private:
    Index columns_ = 0;
    Buffer<Real> values_;
};

/// `size` values in an arena's memory, for as long as this object lives; their contents are unspecified.
template <class Real>
class Scratch {
 public:
    Scratch(Arena& arena, Index size) : block_(arena.take(detail::bytes_of<Real>(size))) {}
    Real* data() const { return static_cast<Real*>(block_.address()); }

 private:
    Arena::Block block_;
};

/// `size` values for each worker of a `parallel_for`, for as long as this object lives.
template <class Real>
class WorkerScratch {
 public:
    WorkerScratch(Arena& arena, Index size)
        : size_((size + line - 1) / line * line), memory_(arena, detail::checked_product(threads(), size_)) {}
    Real* of(Index worker) const { return memory_.data() + worker * size_; }

 private:
    static constexpr Index line = 64 / sizeof(Real);  // the memory of every worker begins at a multiple of 64 bytes
    Index size_;
    Scratch<Real> memory_;
};

}  // namespace STAA_ABI
}  // namespace staa
