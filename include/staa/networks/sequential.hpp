// SPDX-License-Identifier: MIT
// A chain of layers that is itself a layer. It becomes a flat list of layers (flatten.hpp). Neighbours are fused to
// blocks (fuse.hpp). The blocks run one after the other (row.hpp).
#pragma once

#include "staa/networks/fuse.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

template <class Blocks>
struct RowOf;
template <class... Block>
struct RowOf<List<Block...>> {
    using type = Row<Block...>;
};
template <class In, class Layers>
struct Fused;
template <class In, class... Layers>
struct Fused<In, List<Layers...>> {
    using type = typename RowOf<typename Fuse<In, Layers...>::blocks>::type;
};

/// The position of a layer's name in a list of names; the size of the list if the name is not in it.
template <std::size_t Count>
constexpr std::size_t position_of(const std::array<LayerName, Count>& names, std::string_view name) {
    std::size_t position = 0;
    while (position < Count && names[position].view() != name) {
        ++position;
    }
    return position;
}

/// Whether no name is in the list twice.
template <std::size_t Count>
constexpr bool all_differ(const std::array<LayerName, Count>& names) {
    for (std::size_t i = 0; i < Count; ++i) {
        if (position_of(names, names[i].view()) != i) {
            return false;
        }
    }
    return true;
}

/// The functions of the contract that visit tensors by name. `Layers` is a row of layers with `walk`. `Description` is
/// what the user wrote; the names follow from it.
template <class Layers, class Description>
struct VisitsByName {
    template <class Self, class Visitor, class... Trees>
    static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
        const auto visit_layer = [&](auto, const std::string& name, auto& layer, auto&... parts) {
            visit_parameters(layer, prefix + name, visitor, parts...);
        };
        Layers::walk(layer_names<Description>.data(), visit_layer, self, trees...);
    }
    template <class Self, class Visitor>
    static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
        const auto visit_layer = [&](auto, const std::string& name, auto& layer) {
            staa::visit_statistics(layer, prefix + name, visitor);
        };
        Layers::walk(layer_names<Description>.data(), visit_layer, self);
    }
    template <class AnyState, class Visitor, class StepVisitor>
    static void visit_state(AnyState& state, Index batch, const std::string& prefix, Visitor& visitor,
                            StepVisitor& visit_step) {
        const auto visit_layer = [&](auto type, const std::string& name, auto& layer_state) {
            staa::visit_state<typename decltype(type)::type>(layer_state, batch, prefix + name, visitor, visit_step);
        };
        Layers::walk(layer_names<Description>.data(), visit_layer, state);
    }
};

}  // namespace detail

/// Layers one after the other. The names of the parameters of layer i begin with "i.", or with the name of `Named`. A
/// chain may contain chains: together they are one flat list of layers, in which fuse.hpp finds neighbours that run as
/// one.
template <class... Layers>
struct Sequential {
    static_assert(sizeof...(Layers) > 0, "staa::Sequential: give it at least one layer");

    template <class In>
    class at : public detail::Fused<In, typename detail::Flat<Sequential>::layers>::type,
               public detail::VisitsByName<at<In>, Sequential<Layers...>> {
        using Blocks = typename detail::Fused<In, typename detail::Flat<Sequential>::layers>::type;

     public:
        using Blocks::Blocks;

        /// The names of all layers, in the order of the network.
        static constexpr const auto& names = detail::layer_names<Sequential>;
        static_assert(
            names.size() == Blocks::layer_count,
            "staa: a description hides a chain or a Residual behind an at<In> of its own; write it as an alias, "
            "using Mine = staa::Sequential<..>, so that its layers get their names");
        static_assert(
            detail::all_differ(names),
            "staa: two layers have the same name; give one of them another name with staa::Named<\"name\", ..>");

        /// Calls visitor(name, layer, the trees' parts...) for every layer: `Network::for_each_layer`.
        template <class Self, class Visitor, class... Trees>
        static void for_each(Self& self, Visitor&& visitor, Trees&... trees) {
            const auto without_type = [&](auto, const std::string& name, auto& layer, auto&... parts) {
                visitor(name, layer, parts...);
            };
            Blocks::walk(names.data(), without_type, self, trees...);
        }

        /// The layer with the given name: layer<"stem.1">(chain). This name has no dot at the end.
        template <FixedString Name, class Self>
        static auto& layer(Self& self) {
            constexpr std::string_view text(Name.text);
            constexpr std::size_t position =
                detail::position_of(names, text.empty() ? LayerName().view() : LayerName().followed_by(text).view());
            static_assert(position < names.size(),
                          "staa: no layer has this name; staa::plan<Net>() prints the names of all layers");
            return Blocks::template layer_of<position>(self);
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
