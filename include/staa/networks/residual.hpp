// SPDX-License-Identifier: MIT
// Residual blocks: the sum of two paths. This file also has the rule that fuses the sum with the neurons behind it.
#pragma once

#include <string>
#include <type_traits>

#include "staa/kernels/maps/elementwise.hpp"
#include "staa/networks/blocks/residual_neuron.hpp"
#include "staa/networks/residual_paths.hpp"
#include "staa/networks/sequential.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A residual block: y = body(x) + shortcut(x), analog. The layers are the body. Without a Shortcut at the end of the
/// list the shortcut is x itself. If the output of the body has another shape than x, a Shortcut is necessary:
///     Residual<Conv2d<64, 3, 2>, BatchNorm, StaaLif<>, Conv2d<64>, BatchNorm,
///              Shortcut<AvgPool<2>, Conv2d<64, 1>, BatchNorm>>
/// The sum is a current: place neurons behind it. The names of the shortcut's parameters begin with "shortcut.".
template <class... Layers>
struct Residual {
    static_assert(sizeof...(Layers) > 0, "staa::Residual: give it at least one layer");
    /// The layers of the body, and those of the shortcut.
    using Paths = detail::SplitFirst<Layers...>;
    /// False if the shortcut is the identity.
    static constexpr bool has_shortcut = !std::is_same_v<typename Paths::ShortcutPath, detail::Identity>;

    template <class In>
    class at : public detail::VisitsByName<at<In>, Residual<Layers...>> {
        using Body = typename Paths::Body::template at<In>;
        using ShortcutPath = typename detail::ShortcutOn<typename Paths::ShortcutPath, In>::type;
        using BodyOut = typename Body::Output;
        using ShortcutOut = typename detail::ShortcutOn<typename Paths::ShortcutPath, In>::Output;
        static_assert(!BodyOut::is_spikes && (!has_shortcut || !ShortcutOut::is_spikes),
                      "staa::Residual: a path ends in spikes, but the sum needs currents; end it with a BatchNorm and "
                      "place the neuron after the block");
        static_assert(BodyOut::channels == ShortcutOut::channels && BodyOut::height == ShortcutOut::height &&
                          BodyOut::width == ShortcutOut::width,
                      "staa::Residual: the body's output has another shape than the shortcut's; end the block with "
                      "Shortcut<..>, for example Shortcut<AvgPool<2>, Conv2d<Channels, 1>, BatchNorm>");
        static_assert(
            BodyOut::varies == ShortcutOut::varies,
            "staa::Residual: one path changes from step to step and the other does not; place a neuron before "
            "the block");

     public:
        using Input = In;
        using Output = AsAnalog<BodyOut>;
        using Scalar = typename In::Scalar;
        static constexpr bool reads_input = true;
        static constexpr bool remakes_maps = Body::remakes_maps && (!has_shortcut || ShortcutPath::remakes_maps);
        static constexpr bool infers_maps = Body::infers_maps && !has_shortcut;
        static constexpr Operations operations = Body::operations + ShortcutPath::operations;
        static constexpr Index parameter_count(Index steps) {
            return Body::parameter_count(steps) + ShortcutPath::parameter_count(steps);
        }
        static constexpr std::size_t layer_count = Body::layer_count + ShortcutPath::layer_count;

        struct Parameters {
            typename Body::Parameters body;
            typename ShortcutPath::Parameters shortcut;
        };
        struct Tape {
            typename Body::Tape body;
            typename ShortcutPath::Tape shortcut;
        };
        struct State {
            typename Body::State body;
            typename ShortcutPath::State shortcut;
            void restart() {
                staa::restart(body);
                staa::restart(shortcut);
            }
        };

        at(const Setup& setup, Random& random) : body(setup, random), shortcut(setup, random) {}

        void forward(const SignalOf<In>& x, Analog<Scalar>& y, Tape& tape, const Call& call) const {
            body.forward(x, y, tape.body, call);
            if constexpr (has_shortcut) {
                Analog<Scalar> other;
                shortcut.forward(x, other, tape.shortcut, call);
                add(other, y);
            } else {
                add(x, y);
            }
        }

        /// `forward` without the sum. `make_map` writes one map of the sum to y, or adds it to y.
        void prepare(const SignalOf<In>& x, Tape& tape, const Call& call) const requires remakes_maps {
            body.prepare(x, tape.body, call);
            if constexpr (has_shortcut) {
                shortcut.prepare(x, tape.shortcut, call);
            }
        }
        /// Computes one map of the sum.
        void make_map(const SignalOf<In>& x, const Tape& tape, Index image, Write how,
                      Scalar* y) const requires remakes_maps {
            body.make_map(x, tape.body, image, how, y);
            if constexpr (has_shortcut) {
                shortcut.make_map(x, tape.shortcut, image, Write::add, y);
            } else {
                add_map(x, image, y);
            }
        }

        void infer(const SignalOf<In>& x, Analog<Scalar>& y, State& state, const Call& call) const {
            body.infer(x, y, state.body, call);
            if constexpr (has_shortcut) {
                Analog<Scalar> other;
                shortcut.infer(x, other, state.shortcut, call);
                add(other, y);
            } else {
                add(x, y);
            }
        }

        /// `infer` without the sum. Returns a function f; f(image, y) writes the sum of an image to y.
        auto maps(const SignalOf<In>& x, State& state, const Call& call) const requires infers_maps {
            return [&x, of_body = body.maps(x, state.body, call)](Index image, Scalar* y) {
                of_body(image, y);
                add_map(x, image, y);
            };
        }

        /// Both paths get dy. dx is the sum of the gradients that they return.
        void backward(const SignalOf<In>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Tape& tape, const Call& call) const {
            body.backward(x, dy, dx, gradients.body, tape.body, call);
            if constexpr (has_shortcut) {
                Analog<Scalar> other;
                shortcut.backward(x, dy, dx != nullptr ? &other : nullptr, gradients.shortcut, tape.shortcut, call);
                if (dx != nullptr) {
                    add(other, *dx);
                }
            } else if (dx != nullptr) {
                add(dy, *dx);
            }
        }

        void absorb(const Tape& tape, const Call& call) {
            body.absorb(tape.body, call);
            shortcut.absorb(tape.shortcut, call);
        }

        /// The same as `walk` of Row.
        template <class Visitor, class... Trees>
        static void walk(const LayerName* names, Visitor& visitor, Trees&... trees) {
            Body::walk(names, visitor, trees.body...);
            ShortcutPath::walk(names + Body::layer_count, visitor, trees.shortcut...);
        }
        /// The layer of this name.
        template <std::size_t K, class Self>
        static auto& layer_of(Self& self) {
            if constexpr (K < Body::layer_count) {
                return Body::template layer_of<K>(self.body);
            } else {
                return ShortcutPath::template layer_of<K - Body::layer_count>(self.shortcut);
            }
        }
        static void describe(Plan& plan, const LayerName* names) {
            plan.add_line("residual sum:");
            describe_paths(plan, names);
        }
        /// Adds the lines of both paths to the plan.
        static void describe_paths(Plan& plan, const LayerName* names) {
            plan.indented([&] { Body::describe(plan, names); });
            plan.add_line(has_shortcut ? "  shortcut:" : "  shortcut: identity");
            plan.indented([&] { ShortcutPath::describe(plan, names + Body::layer_count); });
        }

        Body body;              ///< the layers of the body
        ShortcutPath shortcut;  ///< the layers of the shortcut; none for the identity

     private:
        static void add_map(const Analog<Scalar>& x, Index image, Scalar* y) {
            add_values<Scalar>(x.extents().map_size(), x.map(image), y);
        }
        static void add_map(const Spikes& x, Index image, Scalar* y) {
            add_spikes<Scalar>(1, x.extents().map_pixels(), In::channels, x.map(image), y);
        }
        static void add(const Analog<Scalar>& x, Analog<Scalar>& y) {
            add_values<Scalar>(y.extents().size(), x.data(), y.data());
        }
        static void add(const Spikes& x, Analog<Scalar>& y) {
            add_spikes<Scalar>(x.extents().images(), x.extents().map_pixels(), In::channels, x.data(), y.data());
        }
    };
};

namespace detail {

/// A Residual is one entry of the flat list. Each layer inside it has a name in the list of names.
template <class... Layers>
struct Flat<Residual<Layers...>> {
    using layers = List<Residual<Layers...>>;
    using Body = typename Residual<Layers...>::Paths::Body;
    using ShortcutPath = typename Residual<Layers...>::Paths::ShortcutPath;
    static constexpr std::size_t shortcut_count = [] {
        if constexpr (Residual<Layers...>::has_shortcut) {
            return Flat<ShortcutPath>::count;
        } else {
            return 0;
        }
    }();
    static constexpr std::size_t count = Flat<Body>::count + shortcut_count;
    static constexpr LayerName* write_names(LayerName prefix, LayerName* to) {
        to = Flat<Body>::write_names(prefix, to);
        if constexpr (Residual<Layers...>::has_shortcut) {
            to = Flat<ShortcutPath>::write_names(prefix.followed_by("shortcut"), to);
        }
        return to;
    }
};

/// The rule of fuse.hpp for the neurons behind a residual sum.
template <class In, class... Layers, IsNeurons Neuron, class... Rest>
struct Fuse<In, Residual<Layers...>, Neuron, Rest...>
    : Then<BlockOf<ResidualNeuron, In, Residual<Layers...>, Neuron>, Rest...> {};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
