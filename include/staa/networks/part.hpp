// SPDX-License-Identifier: MIT
// What the parts of a row (row.hpp) can have in addition to the contract of a layer.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The gradient dy of a part's output, as an argument of `backward`. It converts to a const Analog&. It is lent or
/// given. `release` returns the memory of a given gradient to the arena; for a lent one it does nothing.
template <class Scalar>
class PassedGradient {
 public:
    /// Maps that the caller keeps.
    PassedGradient(const Analog<Scalar>& lent) : maps_(&lent) {}  // NOLINT: implicit, so that callers pass an Analog
    /// Maps that the receiver may free.
    PassedGradient(Analog<Scalar>&& given) : maps_(&given), given_(&given) {}  // NOLINT: the same
    /// The maps.
    operator const Analog<Scalar>&() const { return *maps_; }  // NOLINT: every layer takes an Analog
    /// Frees the memory, if the maps were given.
    void release() {
        if (given_ != nullptr) {
            given_->release();
        }
    }

 private:
    const Analog<Scalar>* maps_;
    Analog<Scalar>* given_ = nullptr;
};

namespace detail {

/// True for a part that consists of layers: a block, or a residual block. All other parts are layers.
template <class Part>
concept Composite = requires {
    Part::layer_count;
};

template <class Part>
constexpr std::size_t layer_count_of() {
    if constexpr (Composite<Part>) {
        return Part::layer_count;
    } else {
        return 1;
    }
}

/// True for a part that can compute each map of its output again: prepare(x, tape, call) in place of `forward`, then
/// make_map(x, tape, image, how, y), with the same bits each time. Its output then needs no memory.
template <class Part>
concept RemakesMaps = requires {
    requires Part::remakes_maps;
};

/// True for a part that can compute its output map by map in inference. maps(x, state, call) returns a function f, and
/// f(image, y) writes the map of one image to y.
template <class Part>
concept InfersMaps = requires {
    requires Part::infers_maps;
};

/// What `backward` of a part gets: a layer the maps, as the contract says; a block a PassedGradient, whose memory it may give back.
template <class Part>
using PassedTo = std::conditional_t<Composite<Part>, PassedGradient<typename Part::Scalar>&,  //
                                    const Analog<typename Part::Scalar>&>;

/// The element I of a row's parameters, tape or state, or of the row itself.
template <std::size_t I, class Tree>
auto& part_of(Tree& tree) {
    if constexpr (requires { tree.parts; }) {
        return std::get<I>(tree.parts);
    } else {
        return std::get<I>(tree);
    }
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
