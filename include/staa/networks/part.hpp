// SPDX-License-Identifier: MIT
// What the parts of a row (row.hpp) may be and do beyond the contract of a layer.
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>

#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The gradient dy of a part's output, on its way back. It reads as an Analog; `release` gives its memory back to the arena,
/// if it was given and not lent.
template <class Scalar>
class Gradient {
 public:
    Gradient(const Analog<Scalar>& lent) : maps_(&lent) {}               // NOLINT: implicit, the usual way
    Gradient(Analog<Scalar>&& given) : maps_(&given), given_(&given) {}  // NOLINT: the same
    operator const Analog<Scalar>&() const { return *maps_; }            // NOLINT: every layer takes an Analog
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

/// Whether a part is made of layers, as blocks and residual blocks are. Other parts are layers.
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

/// Whether a part that has run `prepare` in place of `forward` can make each map of its output again, the same bits each
/// time: make_map(x, tape, image, how, y). Nobody then needs to keep its output.
template <class Part>
concept RemakesMaps = requires {
    requires Part::remakes_maps;
};

/// Whether a part gives its output in inference map by map: maps(x, state, call) gives a function that, called with an image
/// and the room for it, writes its map.
template <class Part>
concept InfersMaps = requires {
    requires Part::infers_maps;
};

/// What `backward` of a part gets: a layer the maps, as the contract says; a block a Gradient, whose memory it may give back.
template <class Part>
using GradientFor = std::conditional_t<Composite<Part>, Gradient<typename Part::Scalar>&,  //
                                       const Analog<typename Part::Scalar>&>;

/// Part I of a row's parameters, tape or state.
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
