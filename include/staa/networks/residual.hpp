// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <type_traits>

#include "staa/kernels/maps/pooling.hpp"
#include "staa/networks/sequential.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The layers of a residual block's second path, as the last argument of `Residual`. Without one it is the identity.
template <class... Layers>
struct Shortcut {};

namespace detail {

/// The path that does nothing.
struct Identity {
    template <class In>
    struct at {
        using Input = In;
        using Output = In;
        using Scalar = typename In::Scalar;
        using Parameters = Nothing;
        using Tape = Nothing;
        using State = Nothing;
        static constexpr bool reads_input = false;
        static constexpr Operations operations{};
        static constexpr Index parameter_count(Index) { return 0; }

        at(const Setup&, Random&) {}
        void absorb(const Tape&, const Call&) {}
        template <class Self, class Visitor, class... Trees>
        static void visit(Self&, const std::string&, Visitor&&, Trees&...) {}
        template <class Self, class Visitor>
        static void visit_statistics(Self&, const std::string&, Visitor&&) {}
    };
};

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

}  // namespace detail

/// A residual block: y = body(x) + shortcut(x), analog. The body is the list of layers; where its output has another
/// shape than its input, the list ends with a Shortcut:
///     Residual<Conv2d<64, 3, 2>, BatchNorm, StaaLif<>, Conv2d<64>, BatchNorm,
///              Shortcut<AvgPool<2>, Conv2d<64, 1>, BatchNorm>>
/// The sum is a current: place a neuron after it. Parameters of the shortcut are named "shortcut.".
template <class... Layers>
struct Residual {
    static_assert(sizeof...(Layers) > 0, "staa::Residual: give it at least one layer");
    using Paths = detail::SplitFirst<Layers...>;
    static constexpr bool has_shortcut = !std::is_same_v<typename Paths::Path, detail::Identity>;

    template <class In>
    class at {
        using Body = typename Paths::Body::template at<In>;
        using Path = typename Paths::Path::template at<In>;
        using BodyOut = typename Body::Output;
        using PathOut = typename Path::Output;
        static_assert(!BodyOut::is_spikes && (!has_shortcut || !PathOut::is_spikes),
                      "staa::Residual: a path ends in spikes, but the sum needs currents; end it with a BatchNorm and "
                      "place the neuron after the block");
        static_assert(BodyOut::channels == PathOut::channels && BodyOut::height == PathOut::height &&
                          BodyOut::width == PathOut::width,
                      "staa::Residual: the body's output has another shape than the shortcut's; end the block with "
                      "Shortcut<..>, for example Shortcut<AvgPool<2>, Conv2d<Channels, 1>, BatchNorm>");
        static_assert(
            BodyOut::varies == PathOut::varies,
            "staa::Residual: one path changes from step to step and the other does not; place a neuron before "
            "the block");

     public:
        using Input = In;
        using Output = AsAnalog<BodyOut>;
        using Scalar = typename In::Scalar;
        static constexpr bool reads_input = true;
        static constexpr bool makes_maps = detail::makes_maps<Body> && (!has_shortcut || detail::makes_maps<Path>);
        static constexpr Operations operations = Body::operations + Path::operations;
        static constexpr Index parameter_count(Index steps) {
            return Body::parameter_count(steps) + Path::parameter_count(steps);
        }

        struct Parameters {
            typename Body::Parameters body;
            typename Path::Parameters shortcut;
        };
        struct Tape {
            typename Body::Tape body;
            typename Path::Tape shortcut;
        };
        struct State {
            typename Body::State body;
            typename Path::State shortcut;
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

        /// `forward` but for the sum, which `make_map` makes.
        void prepare(const SignalOf<In>& x, Tape& tape, const Call& call) const requires makes_maps {
            body.prepare(x, tape.body, call);
            if constexpr (has_shortcut) {
                shortcut.prepare(x, tape.shortcut, call);
            }
        }
        void make_map(const SignalOf<In>& x, const Tape& tape, Index image, Write how,
                      Scalar* y) const requires makes_maps {
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

        /// `infer` but for the sum: gives what, called with an image and the room for it, writes its map.
        auto maps(const SignalOf<In>& x, State& state, const Call& call) const
            requires(!has_shortcut && detail::infers_maps<Body>) {
            return [&x, of_body = body.maps(x, state.body, call)](Index image, Scalar* y) {
                of_body(image, y);
                add_map(x, image, y);
            };
        }

        /// dy goes down both paths, and what comes back adds up.
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

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            Body::visit(self.body, prefix, visitor, trees.body...);
            Path::visit(self.shortcut, prefix + "shortcut.", visitor, trees.shortcut...);
        }
        template <class Self, class Visitor>
        static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
            Body::visit_statistics(self.body, prefix, visitor);
            Path::visit_statistics(self.shortcut, prefix + "shortcut.", visitor);
        }

        template <class AnyState, class Visitor, class StepVisitor>
        static void visit_state(AnyState& state, Index batch, const std::string& prefix, Visitor& visitor,
                                StepVisitor& visit_step) {
            detail::visit_state_of<Body>(state.body, batch, prefix, visitor, visit_step);
            detail::visit_state_of<Path>(state.shortcut, batch, prefix + "shortcut.", visitor, visit_step);
        }

        template <class Visitor>
        static void visit_convolutions(const Tape& tape, const std::string& prefix, Visitor&& visitor) {
            detail::visit_convolutions_of<Body>(tape.body, prefix, visitor);
            detail::visit_convolutions_of<Path>(tape.shortcut, prefix + "shortcut.", visitor);
        }

        Body body;
        Path shortcut;

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

}  // namespace STAA_ABI
}  // namespace staa
