// SPDX-License-Identifier: MIT
// What one pass leaves of every layer: its output, its tape and the gradient of its output. The structure follows that
// of a network: rows of parts, residual blocks and single layers.
#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "staa/kernels/maps/elementwise.hpp"
#include "staa/networks/residual_paths.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A layer and its signals in one pass, as `Observation::for_each_layer` shows them. The members refer to the
/// observation: they are valid until its next forward.
template <class Layer>
struct ObservedLayer {
    using Type = Layer;  ///< the type of the layer
    using Scalar = typename Layer::Scalar;
    const std::string& name;                       ///< with a dot at the end: "stem.1."
    std::string_view kind;                         ///< "convolution", "neurons", ..
    const Layer& layer;                            ///< its batch norm uses running averages
    const SignalOf<typename Layer::Input>& input;  ///< [T, N, H, W, C]; T is 1 where the map is the same at every step
    const SignalOf<typename Layer::Output>& output;  ///< the same
    const typename Layer::Tape& tape;                ///< the gates of neurons, for example
    double window_share;  ///< share of the neurons inside the surrogate's window; 1 where the layer states none
    const Analog<Scalar>& gradient;  ///< of the output; no extents before `backward`
};

namespace detail {

/// The signals of a layer.
template <class Part>
struct SignalsOf {
    using Scalar = typename Part::Scalar;
    typename Part::Tape tape;
    SignalOf<typename Part::Output> output;
    Analog<Scalar> d_output;
    double window_share = 1;

    auto& last() { return *this; }
    const auto& last() const { return *this; }

    void forward(const Part& layer, const SignalOf<typename Part::Input>& x, const Call& call) {
        layer.forward(x, output, tape, call);
        if constexpr (Part::Output::is_spikes) {
            window_share = output.window_share();
            drop_window(call.arena);
        }
    }

    void backward(const Part& layer, const SignalOf<typename Part::Input>& x, Analog<Scalar>* dx,
                  typename Part::Parameters& gradients, const Call& call) {
        layer.backward(x, d_output, dx, gradients, tape, call);
    }

    template <class Visitor>
    void walk(const Part& layer, const SignalOf<typename Part::Input>& x, const LayerName* name,
              Visitor& visitor) const {
        const std::string text = name->string();
        visitor(ObservedLayer<Part>{text, name->kind, layer, x, output, tape, window_share, d_output});
    }

 private:
    /// Leaves out the second bit of spikes. With it the next layer would not compute the gradient of spikes outside the
    /// surrogate's window.
    void drop_window(Arena& arena) {
        Spikes without;
        without.resize(arena, output.extents());
        std::copy_n(output.data(), output.words(), without.data());
        output = std::move(without);
    }
};

/// The signals of a row of parts.
template <Composite Part>
    requires requires { Part::count; }
class SignalsOf<Part> {
    using Numbers = std::make_index_sequence<Part::count>;
    template <class I>
    struct Parts;
    template <std::size_t... I>
    struct Parts<std::index_sequence<I...>> {
        using type = std::tuple<SignalsOf<typename Part::template At<I>>...>;
    };

 public:
    using Scalar = typename Part::Scalar;
    static constexpr std::size_t count = Part::count;
    typename Parts<Numbers>::type parts;

    auto& last() { return std::get<count - 1>(parts).last(); }
    const auto& last() const { return std::get<count - 1>(parts).last(); }

    void forward(const Part& row, const SignalOf<typename Part::Input>& x, const Call& call) {
        for_each_part([&](auto k) { part<k()>().forward(std::get<k()>(row.parts), input<k()>(x), call); });
    }

    void backward(const Part& row, const SignalOf<typename Part::Input>& x, Analog<Scalar>* dx,
                  typename Part::Parameters& gradients, const Call& call) {
        for_each_part([&](auto from_the_end) {
            constexpr std::size_t k = count - 1 - from_the_end();
            Analog<Scalar>* to = dx;
            if constexpr (k > 0) {
                to = &part<k - 1>().last().d_output;
            }
            part<k>().backward(std::get<k>(row.parts), input<k>(x), to, std::get<k>(gradients), call);
        });
    }

    template <class Visitor>
    void walk(const Part& row, const SignalOf<typename Part::Input>& x, const LayerName* names,
              Visitor& visitor) const {
        for_each_part([&](auto k) {
            std::get<k()>(parts).walk(std::get<k()>(row.parts), input<k()>(x), names, visitor);
            names += layer_count_of<typename Part::template At<k()>>();
        });
    }

 private:
    template <std::size_t K>
    auto& part() {
        return std::get<K>(parts);
    }
    template <std::size_t K>
    const auto& input(const SignalOf<typename Part::Input>& x) const {
        if constexpr (K == 0) {
            return x;
        } else {
            return std::get<K - 1>(parts).last().output;
        }
    }
    template <class Body>
    static void for_each_part(const Body& body) {
        [&]<std::size_t... I>(std::index_sequence<I...>) { (body(std::integral_constant<std::size_t, I>{}), ...); }
        (Numbers{});
    }
};

template <>
struct SignalsOf<AbsentLayers> {};

/// The signals of a residual block: those of both paths, and the sum.
template <Composite Part>
    requires requires(const Part& part) {
        part.body;
        part.shortcut;
    }
class SignalsOf<Part> {
    using Body = std::remove_cvref_t<decltype(std::declval<Part&>().body)>;
    using ShortcutPath = std::remove_cvref_t<decltype(std::declval<Part&>().shortcut)>;
    static constexpr bool has_shortcut = ShortcutPath::layer_count > 0;

 public:
    using Scalar = typename Part::Scalar;
    SignalsOf<Body> body;
    SignalsOf<ShortcutPath> shortcut;
    Analog<Scalar> output, d_output;

    auto& last() { return *this; }
    const auto& last() const { return *this; }

    void forward(const Part& sum, const SignalOf<typename Part::Input>& x, const Call& call) {
        body.forward(sum.body, x, call);
        copy(body.last().output, output, call);
        if constexpr (has_shortcut) {
            shortcut.forward(sum.shortcut, x, call);
            add(shortcut.last().output, output);
        } else {
            add(x, output);
        }
    }

    void backward(const Part& sum, const SignalOf<typename Part::Input>& x, Analog<Scalar>* dx,
                  typename Part::Parameters& gradients, const Call& call) {
        copy(d_output, body.last().d_output, call);
        body.backward(sum.body, x, dx, gradients.body, call);
        if constexpr (has_shortcut) {
            copy(d_output, shortcut.last().d_output, call);
            Analog<Scalar> other;
            shortcut.backward(sum.shortcut, x, dx != nullptr ? &other : nullptr, gradients.shortcut, call);
            if (dx != nullptr) {
                add(other, *dx);
            }
        } else if (dx != nullptr) {
            add(d_output, *dx);
        }
    }

    template <class Visitor>
    void walk(const Part& sum, const SignalOf<typename Part::Input>& x, const LayerName* names,
              Visitor& visitor) const {
        body.walk(sum.body, x, names, visitor);
        if constexpr (has_shortcut) {
            shortcut.walk(sum.shortcut, x, names + Body::layer_count, visitor);
        }
    }

 private:
    static void copy(const Analog<Scalar>& from, Analog<Scalar>& to, const Call& call) {
        to.resize(call.arena, from.extents());
        std::copy_n(from.data(), from.extents().size(), to.data());
    }
    static void add(const Analog<Scalar>& x, Analog<Scalar>& y) {
        add_values<Scalar>(y.extents().size(), x.data(), y.data());
    }
    static void add(const Spikes& x, Analog<Scalar>& y) {
        add_spikes<Scalar>(x.extents().images(), x.extents().map_pixels(), x.extents().channels, x.data(), y.data());
    }
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
