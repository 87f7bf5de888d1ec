// SPDX-License-Identifier: MIT
// Splits the layers of a residual block into its two paths: the body and the shortcut.
#pragma once

#include "staa/networks/plan.hpp"
#include "staa/networks/sequential.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The layers of the second path of a residual block. It is the last argument of `Residual`. Without a Shortcut the
/// second path is the identity.
template <class... Layers>
struct Shortcut {};

namespace detail {

/// The path whose output is its input.
struct Identity {};

/// Splits a list of layers into the body and the Shortcut at the end.
template <class Taken, class... Layers>
struct Split;
template <class... Taken>
struct Split<Sequential<Taken...>> {
    using Body = Sequential<Taken...>;
    using ShortcutPath = Identity;
};
template <class... Taken, class... Layers>
struct Split<Sequential<Taken...>, Shortcut<Layers...>> {
    using Body = Sequential<Taken...>;
    using ShortcutPath = Sequential<Layers...>;
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

/// Stands for the layers of the identity: it has none.
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

/// The layers of the shortcut with the input map In, and its output map.
template <class Layers, class In>
struct ShortcutOn {
    using type = typename Layers::template at<In>;
    using Output = typename type::Output;
};
template <class In>
struct ShortcutOn<Identity, In> {
    using type = AbsentLayers;
    using Output = In;
};

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
