// SPDX-License-Identifier: MIT
// The input of neurons, map by map: it lets a network fuse a layer into the neurons behind it, without storing its
// output.
#pragma once

#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The currents X [T, N, H, W, C] of a layer of neurons, in one of three forms:
///     - maps that are kept in memory
///     - maps that are kept, with a scale and a shift of each channel, as batch norm gives them
///     - maps that the layer before computes again at each request
/// Neurons take `const Currents&` in place of `const Analog&`. They read unscaled maps and do the rest themselves:
///     X[.., c] = scale(c) · unscaled_map[.., c] + shift(c)
template <class Scalar>
class Currents {
 public:
    /// Maps that lie in memory, as they are.
    Currents(const Analog<Scalar>& kept)  // NOLINT: implicit, so that neurons can be called with kept maps
        : source_(&kept), map_of_(kept_map), are_kept_(true) {}

    /// X = scale · kept + shift, both [C]. All three must outlive this object.
    static Currents scaled(const Analog<Scalar>& kept, const Scalar* scale, const Scalar* shift) {
        Currents currents(kept);
        currents.scale_ = scale;
        currents.shift_ = shift;
        return currents;
    }

    static Currents scaled(const Analog<Scalar>&&, const Scalar*, const Scalar*) = delete;

    /// Maps that `make(image, to)` writes. Each call with the same image must write the same bits. `make` must outlive
    /// this object.
    template <class Make>
    static Currents made_by(const Make& make) {
        return Currents(&make, [](const void* source, Index image, Scalar* room) -> const Scalar* {
            (*static_cast<const Make*>(source))(image, room);
            return room;
        });
    }

    template <class Make>
    static Currents made_by(const Make&&) = delete;

    /// Whether the maps are kept. If so, `unscaled_map` needs no room.
    bool are_kept() const { return are_kept_; }

    /// The unscaled map [H, W, C] of image `image` = step · batch + n. It lies where it is kept, or is written to
    /// `room`.
    const Scalar* unscaled_map(Index image, Scalar* room) const { return map_of_(source_, image, room); }

    /// Whether there is a scale and a shift other than 1 and 0.
    bool are_scaled() const { return scale_ != nullptr; }
    /// The factor of channel c.
    Scalar scale(Index c) const { return scale_ != nullptr ? scale_[c] : Scalar(1); }
    /// What is added to channel c.
    Scalar shift(Index c) const { return shift_ != nullptr ? shift_[c] : Scalar(0); }

 private:
    using MapOf = const Scalar* (*)(const void*, Index, Scalar*);
    Currents(const void* source, MapOf map_of) : source_(source), map_of_(map_of), are_kept_(false) {}
    static const Scalar* kept_map(const void* source, Index image, Scalar*) {
        return static_cast<const Analog<Scalar>*>(source)->map(image);
    }

    const void* source_;
    MapOf map_of_;
    bool are_kept_;
    const Scalar *scale_ = nullptr, *shift_ = nullptr;
};

}  // namespace STAA_ABI
}  // namespace staa
