// SPDX-License-Identifier: MIT
#pragma once

#include "staa/core/tensor.hpp"

namespace staa::inline STAA_ABI {

/// The currents X of a layer of neurons, map by map: maps that are kept, or maps that the layer before makes again from
/// what it has kept itself, so that nobody keeps them. Neurons take `const Currents&` where they would take `const Analog&`.
template <class Scalar>
class Currents {
 public:
    Currents(const Analog<Scalar>& kept)  // NOLINT: implicit, so that every neuron takes kept maps as well
        : source_(&kept),
          map_of_([](const void* source, Index image, Scalar*) {
              return static_cast<const Analog<Scalar>*>(source)->map(image);
          }),
          are_kept_(true) {}

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

    /// Whether `map` needs no room.
    bool are_kept() const { return are_kept_; }

    /// X [H, W, C] of image `image` = step · batch + n: where it is kept, or in `room`.
    const Scalar* map(Index image, Scalar* room) const { return map_of_(source_, image, room); }

 private:
    using MapOf = const Scalar* (*)(const void*, Index, Scalar*);
    Currents(const void* source, MapOf map_of) : source_(source), map_of_(map_of), are_kept_(false) {}

    const void* source_;
    MapOf map_of_;
    bool are_kept_;
};

}  // namespace staa::inline STAA_ABI
