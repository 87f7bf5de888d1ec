// SPDX-License-Identifier: MIT
// From chains within chains to one flat list of layers. A network is written as chains within chains, because they give
// the parameters their names. It runs as one flat list, so that two neighbours can be fused although a chain ends
// between them. Names are not part of the types, so that symbols stay short.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "staa/networks/named.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Layers one after the other: sequential.hpp.
template <class... Layers>
struct Sequential;

/// The dotted name of a layer: the names of its parameters begin with it. It ends with a dot: "stem.0.layer.1.". It may
/// be empty, by `Named` with an empty name. `kind` says what kind of layer it is, for `plan`.
class LayerName {
 public:
    constexpr LayerName() = default;
    /// This name, then `part`, then a dot. A name of more than `capacity` characters, with its dots, does not compile.
    constexpr LayerName followed_by(std::string_view part) const {
        LayerName name = *this;
        for (const char c : part) {
            name.append(c);
        }
        name.append('.');
        return name;
    }
    /// The text.
    constexpr std::string_view view() const { return {text_, size_}; }
    /// A copy of the text.
    std::string string() const { return std::string(view()); }

    std::string_view kind;                       ///< "convolution", for example
    static constexpr std::size_t capacity = 96;  ///< the most characters of a name

 private:
    constexpr void append(char c) {
        if (size_ == capacity) {
            throw "staa: the name of a layer is longer than 96 characters; give the chains around it shorter names";
        }
        text_[size_++] = c;
    }

    char text_[capacity]{};
    std::size_t size_ = 0;
};

namespace detail {

template <class... Layers>
struct List {};

template <class... Lists>
struct Joined;
template <class... A>
struct Joined<List<A...>> {
    using type = List<A...>;
};
template <class... A, class... B, class... Rest>
struct Joined<List<A...>, List<B...>, Rest...> : Joined<List<A..., B...>, Rest...> {};

/// The name of the child with the given number: `prefix` and the number, or `prefix` and the name of `Named`.
template <class Layer>
struct ChildName {
    static constexpr LayerName after(LayerName prefix, std::size_t number) {
        char digits[20]{};
        std::size_t first = sizeof(digits);
        do {
            digits[--first] = static_cast<char>('0' + number % 10);
            number /= 10;
        } while (number > 0);
        return prefix.followed_by({digits + first, sizeof(digits) - first});
    }
};
template <FixedString Name, class Layer>
struct ChildName<Named<Name, Layer>> {
    static constexpr LayerName after(LayerName prefix, std::size_t) {
        return Name.text[0] == '\0' ? prefix : prefix.followed_by(Name.text);
    }
};

/// The kind that a description states, for `plan`.
template <class Layer>
constexpr std::string_view kind_of() {
    if constexpr (requires { Layer::kind; }) {
        return Layer::kind;
    } else {
        return "layer without a kind";
    }
}

/// A description as a list of layers. A single layer is a list of one. A Residual is one entry too (residual.hpp).
template <class Layer>
struct Flat {
    using layers = List<Layer>;
    /// The number of layers; layers inside a Residual count too.
    static constexpr std::size_t count = 1;
    /// Writes the names of the layers, from `to` on. Returns the address behind the last name.
    static constexpr LayerName* write_names(LayerName prefix, LayerName* to) {
        *to = prefix;
        to->kind = kind_of<Layer>();
        return to + 1;
    }
};
template <FixedString Name, class Layer>
struct Flat<Named<Name, Layer>> : Flat<Layer> {};
template <class... Layers>
struct Flat<Sequential<Layers...>> {
    using layers = typename Joined<typename Flat<Layers>::layers...>::type;
    static constexpr std::size_t count = (Flat<Layers>::count + ...);
    static constexpr LayerName* write_names(LayerName prefix, LayerName* to) {
        std::size_t number = 0;
        ((to = Flat<Layers>::write_names(ChildName<Layers>::after(prefix, number++), to)), ...);
        return to;
    }
};

/// The names of all layers of a chain, in the order of the network; layers inside a Residual count too.
template <class Chain>
inline constexpr auto layer_names = [] {
    std::array<LayerName, Flat<Chain>::count> names{};
    Flat<Chain>::write_names({}, names.data());
    return names;
}();

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
