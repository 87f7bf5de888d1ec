// SPDX-License-Identifier: MIT
// The two paths of a residual block: which of its layers belong to which.
#pragma once

#include "staa/networks/plan.hpp"
#include "staa/networks/sequential.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The layers of a residual block's second path, as the last argument of `Residual`. Without one it is the identity.
template <class... Layers>
struct Shortcut {};

namespace detail {

/// The path that does nothing.
struct Identity {};

/// Takes the Shortcut off the end of a list of layers.
template <class Taken, class... Layers>
struct Split;
template <class... Taken>
struct Split<Sequential<Taken...>> {
    using Body = Sequential<Taken...>;
    using Path = Identity;
};
template <class... Taken, class... Layers>
struct Split<Sequential<Taken...>, Shortcut<Layers...>> {
    using Body = Sequential<Taken...>;
    using Path = Sequential<Layers...>;
};
template <class... Taken, class First, class... Rest>
struct Split<Sequential<Taken...>, First, Rest...> : Split<Sequential<Taken..., First>, Rest...> {};
template <class... Taken, class... Layers, class Next, class... Rest>
struct Split<Sequential<Taken...>, Shortcut<Layers...>, Next, Rest...> {
    static_assert(sizeof...(Rest) > sizeof...(Rest) + 1,
                  "staa::Residual: a Shortcut stands before other layers; place it at the end of the list");
};
template <class First, class... Rest>
struct SplitFirst : Split<Sequential<First>, Rest...> {};

/// The path of a residual block that has no layers.
struct AbsentLayers {
    using Parameters = Nothing;
    using Tape = Nothing;
    using State = Nothing;
    static constexpr bool remakes_maps = false;
    static constexpr std::size_t layer_count = 0;
    static constexpr Operations operations{};
    static constexpr Index parameter_count(Index) { return 0; }
    AbsentLayers(const Setup&, Random&) {}
    void absorb(const Tape&, const Call&) {}
    template <class Visitor, class... Trees>
    static void walk(const LayerName*, Visitor&, Trees&...) {}
    static void describe(Plan&, const LayerName*) {}
};

/// A path on the map In. The identity has no layers.
template <class Path, class In>
struct PathOn {
    using type = typename Path::template at<In>;
    using Output = typename type::Output;
};
template <class In>
struct PathOn<Identity, In> {
    using type = AbsentLayers;
    using Output = In;
};

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
