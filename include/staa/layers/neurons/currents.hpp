// SPDX-License-Identifier: MIT
#pragma once

#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The currents X of a layer of neurons, map by map: maps that are kept, maps that are kept but for a scale and a shift of
/// each channel, or maps that the layer before makes again from what it has kept itself, so that nobody keeps them.
/// Neurons take `const Currents&` where they would take `const Analog&`, and scale and shift on the way:
///     X[.., c] = scale(c) · unscaled_map[.., c] + shift(c)
template <class Scalar>
class Currents {
 public:
    Currents(const Analog<Scalar>& kept)  // NOLINT: implicit, so that every neuron takes kept maps as well
        : source_(&kept), map_of_(kept_map), are_kept_(true) {}

    /// X = scale · kept + shift; both [C], and must outlive this object.
    static Currents scaled(const Analog<Scalar>& kept, const Scalar* scale, const Scalar* shift) {
        Currents currents(kept);
        currents.scale_ = scale;
        currents.shift_ = shift;
        return currents;
    }

    static Currents scaled(const Analog<Scalar>&&, const Scalar*, const Scalar*) = delete;

    /// Maps that `make(image, to)` writes, the same bits whenever it is called; `make` must outlive this object.
    template <class Make>
    static Currents made_by(const Make& make) {
        return Currents(&make, [](const void* source, Index image, Scalar* room) -> const Scalar* {
            (*static_cast<const Make*>(source))(image, room);
            return room;
        });
    }

    template <class Make>
    static Currents made_by(const Make&&) = delete;

    /// Whether `unscaled_map` needs no room.
    bool are_kept() const { return are_kept_; }

    /// The map [H, W, C] of image `image` = step · batch + n: where it is kept, or in `room`.
    const Scalar* unscaled_map(Index image, Scalar* room) const { return map_of_(source_, image, room); }

    bool are_scaled() const { return scale_ != nullptr; }
    Scalar scale(Index c) const { return scale_ != nullptr ? scale_[c] : Scalar(1); }
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
