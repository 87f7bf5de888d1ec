// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "staa/layers/contract.hpp"
#include "staa/layers/neurons/currents.hpp"
#include "staa/networks/named.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The prefix of a child's parameter names: "stem." for Named<"stem", ..>, else its number and a dot.
template <class Layer>
struct ChildName {
    static std::string prefix(std::size_t number) { return std::to_string(number) + "."; }
};
template <FixedString Name, class Layer>
struct ChildName<Named<Name, Layer>> {
    static std::string prefix(std::size_t) { return Name.text[0] == '\0' ? "" : std::string(Name.text) + "."; }
};

namespace detail {

/// The layers of a chain, each met with the output of the one before.
template <class In, class... Layers>
struct Chain;
template <class In, class First>
struct Chain<In, First> {
    using Layer = typename First::template at<In>;
    using Types = std::tuple<Layer>;
};
template <class In, class First, class... Rest>
struct Chain<In, First, Rest...> {
    using Layer = typename First::template at<In>;
    using Types = decltype(std::tuple_cat(std::declval<std::tuple<Layer>>(),
                                          std::declval<typename Chain<typename Layer::Output, Rest...>::Types>()));
};

template <class Tuple>
struct ChainParts;
template <class... Layer>
struct ChainParts<std::tuple<Layer...>> {
    using Parameters = std::tuple<typename Layer::Parameters...>;
    using Tapes = std::tuple<typename Layer::Tape...>;
    using States = std::tuple<typename Layer::State...>;
    using Signals = std::tuple<SignalOf<typename Layer::Output>...>;
    static constexpr Operations operations = (Layer::operations + ...);
    static constexpr Index parameter_count(Index steps) { return (Layer::parameter_count(steps) + ...); }
};

/// Whether `Next` only scales and shifts the channels that `Layer` gives, and `Layer` can do that itself.
template <class Layer, class Next>
constexpr bool takes_in = requires(const Layer& layer, const Next& next, const SignalOf<typename Layer::Input>& x,
                                   SignalOf<typename Layer::Output>& y, typename Layer::State& state, const Call& call,
                                   typename Layer::Scalar* values) {
    next.affine(values, values);
    layer.infer(x, y, state, call, next);
};

/// Whether `Next` reads what `Layer` gives map by map, and `Layer` can make a map whenever it is wanted.
template <class Layer>
constexpr bool makes_maps = requires(const Layer& layer, const SignalOf<typename Layer::Input>& x,
                                     typename Layer::Tape& tape, const Call& call, typename Layer::Scalar* y) {
    layer.prepare(x, tape, call);
    layer.make_map(x, tape, Index{}, Write::over, y);
};
/// Whether these maps are ones that it has got but for a scale and a shift, as batch norm's are.
template <class Layer>
constexpr bool gives_currents = requires(const Layer& layer, const SignalOf<typename Layer::Input>& x,
                                         const typename Layer::Tape& tape) {
    layer.currents(x, tape);
};
/// Whether `Next` can leave the gradient of its input to be made by `Layer`, as batch norm does for a convolution.
template <class Layer, class Next>
constexpr bool makes_gradient = requires(const Layer& layer, const Next& next, const SignalOf<typename Layer::Input>& x,
                                         const SignalOf<typename Next::Input>& y,
                                         const Analog<typename Next::Scalar>& dy, Analog<typename Layer::Scalar>* dx,
                                         typename Layer::Parameters& gradients, typename Layer::Tape& tape,
                                         typename Next::Parameters& next_gradients, typename Next::Tape& next_tape,
                                         const Call& call) {
    layer.backward(x, next.input_gradient(y, dy, next_gradients, next_tape, call), dx, gradients, tape, call);
};
template <class Next>
constexpr bool takes_currents = requires(const Next& next, const Currents<typename Next::Scalar>& x,
                                         SignalOf<typename Next::Output>& y, typename Next::Tape& tape,
                                         typename Next::State& state, const Call& call) {
    next.forward(x, y, tape, call);
    next.infer(x, y, state, call);
};
/// Whether `Layer`, or with the batch norm after it, makes its maps one by one in inference.
template <class Layer, class... Norm>
constexpr bool infers_maps = requires(const Layer& layer, const SignalOf<typename Layer::Input>& x,
                                      typename Layer::State& state, const Call& call, const Norm&... norm) {
    layer.maps(x, state, call, norm...);
};

/// Which layers of a chain are inferred as one.
template <class... Layer>
struct Units {
    static constexpr std::size_t count = sizeof...(Layer);
    template <std::size_t I>
    using At = std::tuple_element_t<I, std::tuple<Layer...>>;

    /// Whether layer I takes in the next one, a convolution the batch norm after it.
    template <std::size_t I>
    static constexpr bool takes_in_next() {
        if constexpr (I + 1 < count) {
            return takes_in<At<I>, At<I + 1>>;
        } else {
            return false;
        }
    }
    /// The layer after I and what it takes in.
    template <std::size_t I>
    static constexpr std::size_t after() {
        return takes_in_next<I>() ? I + 2 : I + 1;
    }
    /// Whether layer I, with what it takes in, makes its maps one by one.
    template <std::size_t I>
    static constexpr bool makes_maps() {
        if constexpr (takes_in_next<I>()) {
            return infers_maps<At<I>, At<I + 1>>;
        } else {
            return infers_maps<At<I>>;
        }
    }
    /// Whether it makes them for the neurons after it, so that nobody keeps them all.
    template <std::size_t I>
    static constexpr bool feeds_neurons() {
        if constexpr (after<I>() < count) {
            return makes_maps<I>() && takes_currents<At<after<I>()>>;
        } else {
            return false;
        }
    }
    /// The end of the unit that begins with layer I.
    template <std::size_t I>
    static constexpr std::size_t end() {
        return feeds_neurons<I>() ? after<I>() + 1 : after<I>();
    }
    /// The last layer, with the one before it where that takes it in.
    static constexpr std::size_t last() {
        if constexpr (count > 1) {
            return takes_in_next<count - 2>() ? count - 2 : count - 1;
        } else {
            return 0;
        }
    }
};
template <class Types>
struct UnitsOf;
template <class... Layer>
struct UnitsOf<std::tuple<Layer...>> {
    using type = Units<Layer...>;
};

/// What a layer leaves for a stream's next step; most leave nothing.
template <class Layer, class State, class Visitor, class StepVisitor>
void visit_state_of(State& state, Index batch, const std::string& prefix, Visitor& visitor, StepVisitor& visit_step) {
    if constexpr (requires { Layer::visit_state(state, batch, prefix, visitor, visit_step); }) {
        Layer::visit_state(state, batch, prefix, visitor, visit_step);
    } else {
        static_assert(
            std::is_same_v<typename Layer::State, Nothing>,
            "staa: a layer with a State needs visit_state(state, batch, prefix, visitor, visit_step), or saved "
            "streams would forget it; see layers/contract.hpp");
    }
}

/// Most layers hold no convolution.
template <class Layer, class Visitor>
void visit_convolutions_of(const typename Layer::Tape& tape, const std::string& prefix, Visitor& visitor) {
    if constexpr (requires { Layer::visit_convolutions(tape, prefix, visitor); }) {
        Layer::visit_convolutions(tape, prefix, visitor);
    }
}

}  // namespace detail

/// Layers one after the other. Parameters of the i-th are named "i.", or as `Named` says.
template <class... Layers>
struct Sequential {
    static_assert(sizeof...(Layers) > 0, "staa::Sequential: give it at least one layer");

    template <class In>
    class at {
        using Types = typename detail::Chain<In, Layers...>::Types;
        using Parts = detail::ChainParts<Types>;
        using Units = typename detail::UnitsOf<Types>::type;
        static constexpr std::size_t count = sizeof...(Layers);
        using Each = std::make_index_sequence<count>;

     public:
        using Input = In;
        using Output = typename std::tuple_element_t<count - 1, Types>::Output;
        using Scalar = typename In::Scalar;
        using Parameters = typename Parts::Parameters;
        using State = typename Parts::States;
        static constexpr bool ends_in_maps = detail::makes_maps<std::tuple_element_t<count - 1, Types>>;
        static constexpr bool ends_in_currents = detail::gives_currents<std::tuple_element_t<count - 1, Types>>;
        static constexpr bool ends_in_inferred_maps = Units::template makes_maps<Units::last()>();
        static constexpr bool reads_input = std::tuple_element_t<0, Types>::reads_input;
        static constexpr Operations operations = Parts::operations;
        static constexpr Index parameter_count(Index steps) { return Parts::parameter_count(steps); }

        struct Tape {
            typename Parts::Tapes tapes;
            typename Parts::Signals signals;  ///< outputs between the layers; the last one's belongs to the caller
        };

        at(const Setup& setup, Random& random) : layers(make(setup, random, Each{})) {}

        void forward(const SignalOf<In>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
            forward_from<0>(x, y, tape, call);
        }

        /// `forward` but for the last layer's maps; `make_map` makes them.
        void prepare(const SignalOf<In>& x, Tape& tape, const Call& call) const requires ends_in_maps {
            prepare_from<0>(x, tape, call);
        }
        void make_map(const SignalOf<In>& x, const Tape& tape, Index image, Write how,
                      Scalar* y) const requires ends_in_maps {
            get<count - 1>().make_map(input_of<count - 1>(x, tape), std::get<count - 1>(tape.tapes), image, how, y);
        }

        Currents<Scalar> currents(const SignalOf<In>& x, const Tape& tape) const requires ends_in_currents {
            return get<count - 1>().currents(input_of<count - 1>(x, tape), std::get<count - 1>(tape.tapes));
        }

        void backward(const SignalOf<In>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Tape& tape, const Call& call) const {
            back_to<count - 1>(x, dy, dx, gradients, tape, call, [] {});
        }

        void infer(const SignalOf<In>& x, SignalOf<Output>& y, State& state, const Call& call) const {
            infer_range<0, count>(x, y, state, call);
        }

        /// `infer` but for the last layer's maps: gives what, called with an image and the room for it, writes its map.
        auto maps(const SignalOf<In>& x, State& state, const Call& call) const requires ends_in_inferred_maps {
            if constexpr (Units::last() == 0) {
                return maps_of<0>(x, state, call);
            } else {
                return ChainMaps(*this, x, state, call);
            }
        }

        void absorb(const Tape& tape, const Call& call) { absorb_each(tape, call, Each{}); }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            visit_each(self, prefix, visitor, Each{}, trees...);
        }
        template <class Self, class Visitor>
        static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
            visit_statistics_each(self, prefix, visitor, Each{});
        }

        template <class Visitor>
        static void visit_convolutions(const Tape& tape, const std::string& prefix, Visitor&& visitor) {
            visit_convolutions_each(tape, prefix, visitor, Each{});
        }

        template <class AnyState, class Visitor, class StepVisitor>
        static void visit_state(AnyState& state, Index batch, const std::string& prefix, Visitor& visitor,
                                StepVisitor& visit_step) {
            visit_state_each(state, batch, prefix, visitor, visit_step, Each{});
        }

        /// The i-th layer.
        template <std::size_t I>
        const auto& get() const {
            return std::get<I>(layers);
        }
        template <std::size_t I>
        auto& get() {
            return std::get<I>(layers);
        }

        Types layers;

     private:
        template <std::size_t... I>
        static Types make(const Setup& setup, Random& random, std::index_sequence<I...>) {
            return Types{std::tuple_element_t<I, Types>(setup, random)...};
        }

        /// The input of layer I.
        template <std::size_t I>
        static const auto& input_of(const SignalOf<In>& x, const Tape& tape) {
            if constexpr (I == 0) {
                return x;
            } else {
                return std::get<I - 1>(tape.signals);
            }
        }

        /// Whether the output of layer I is not kept but made again, map by map, where layer I + 1 reads it.
        template <std::size_t I>
        static constexpr bool is_made_again() {
            if constexpr (I < count - 1) {
                return detail::makes_maps<std::tuple_element_t<I, Types>> &&
                       detail::takes_currents<std::tuple_element_t<I + 1, Types>>;
            } else {
                return false;
            }
        }

        /// Calls use(input of layer I).
        template <std::size_t I, class Use>
        void with_input(const SignalOf<In>& x, const Tape& tape, const Use& use) const {
            if constexpr (I > 0 && is_made_again<I - 1>() &&
                          detail::gives_currents<std::tuple_element_t<I == 0 ? 0 : I - 1, Types>>) {
                use(get<I - 1>().currents(input_of<I - 1>(x, tape), std::get<I - 1>(tape.tapes)));
            } else if constexpr (I > 0 && is_made_again<I - 1>()) {
                const auto make = [&](Index image, Scalar* y) {
                    get<I - 1>().make_map(input_of<I - 1>(x, tape), std::get<I - 1>(tape.tapes), image, Write::over, y);
                };
                use(Currents<Scalar>::made_by(make));
            } else {
                use(input_of<I>(x, tape));
            }
        }

        template <std::size_t I>
        void forward_from(const SignalOf<In>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
            if constexpr (I + 1 == count) {
                with_input<I>(x, tape,
                              [&](const auto& input) { get<I>().forward(input, y, std::get<I>(tape.tapes), call); });
                release_input<I>(tape);
            } else {
                forward_one<I>(x, tape, call);
                forward_from<I + 1>(x, y, tape, call);
            }
        }

        /// Layers I, I + 1 .. up to the last, which only prepares.
        template <std::size_t I>
        void prepare_from(const SignalOf<In>& x, Tape& tape, const Call& call) const {
            if constexpr (I + 1 == count) {
                get<I>().prepare(input_of<I>(x, tape), std::get<I>(tape.tapes), call);
            } else {
                forward_one<I>(x, tape, call);
                prepare_from<I + 1>(x, tape, call);
            }
        }

        /// Layer I, which is not the last.
        template <std::size_t I>
        void forward_one(const SignalOf<In>& x, Tape& tape, const Call& call) const {
            if constexpr (is_made_again<I>()) {
                get<I>().prepare(input_of<I>(x, tape), std::get<I>(tape.tapes), call);
            } else {
                with_input<I>(x, tape, [&](const auto& input) {
                    get<I>().forward(input, std::get<I>(tape.signals), std::get<I>(tape.tapes), call);
                });
                release_input<I>(tape);
            }
        }

        template <std::size_t I>
        static void release_input(Tape& tape) {
            if constexpr (I > 0 && !std::tuple_element_t<I, Types>::reads_input) {
                std::get<I - 1>(tape.signals).release();
            }
        }

        /// Layers I, I - 1 .. 0 from dy. A gradient's memory goes back to the arena, by `release`, as soon as it has been used.
        template <std::size_t I, class Release>
        void back_to(const SignalOf<In>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                     Tape& tape, const Call& call, const Release& release) const {
            constexpr std::size_t first = leaves_gradient<I>() ? I - 1 : I;  // of the layers that go back at once
            if constexpr (first == 0) {
                back<I>(x, dy, dx, gradients, tape, call);
                release();
            } else {
                Analog<Scalar> d_input;
                back<I>(x, dy, &d_input, gradients, tape, call);
                release();
                back_to<first - 1>(x, d_input, dx, gradients, tape, call, [&] { d_input.release(); });
            }
        }

        /// Whether layer I leaves the gradient of its input to be made by the layer before.
        template <std::size_t I>
        static constexpr bool leaves_gradient() {
            if constexpr (I > 0) {
                return detail::makes_gradient<std::tuple_element_t<I - 1, Types>, std::tuple_element_t<I, Types>>;
            } else {
                return false;
            }
        }

        /// Layer I, with the one before where it leaves its gradient to it.
        template <std::size_t I>
        void back(const SignalOf<In>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                  Tape& tape, const Call& call) const {
            if constexpr (leaves_gradient<I>()) {
                const auto unmade = get<I>().input_gradient(input_of<I>(x, tape), dy, std::get<I>(gradients),
                                                            std::get<I>(tape.tapes), call);
                get<I - 1>().backward(input_of<I - 1>(x, tape), unmade, dx, std::get<I - 1>(gradients),
                                      std::get<I - 1>(tape.tapes), call);
            } else {
                with_input<I>(x, tape, [&](const auto& input) {
                    get<I>().backward(input, dy, dx, std::get<I>(gradients), std::get<I>(tape.tapes), call);
                });
            }
        }

        /// Layers [I, End). An input that belongs to the chain gives its memory back as soon as it has been used.
        template <std::size_t I, std::size_t End, class Signal, class Y>
        void infer_range(Signal&& x, Y& y, State& state, const Call& call) const {
            constexpr std::size_t next = Units::template end<I>();
            if constexpr (next == End) {
                infer_unit<I>(x, y, state, call);
            } else {
                SignalOf<typename std::tuple_element_t<next - 1, Types>::Output> signal;
                infer_unit<I>(x, signal, state, call);
                if constexpr (!std::is_lvalue_reference_v<Signal>) {
                    x.release();
                }
                infer_range<next, End>(std::move(signal), y, state, call);
            }
        }

        template <std::size_t I, class X, class Y>
        void infer_unit(const X& x, Y& y, State& state, const Call& call) const {
            if constexpr (Units::template feeds_neurons<I>()) {
                const auto maps = maps_of<I>(x, state, call);
                constexpr std::size_t neurons = Units::template after<I>();
                get<neurons>().infer(Currents<Scalar>::made_by(maps), y, std::get<neurons>(state), call);
            } else if constexpr (Units::template takes_in_next<I>()) {
                get<I>().infer(x, y, std::get<I>(state), call, get<I + 1>());
            } else {
                get<I>().infer(x, y, std::get<I>(state), call);
            }
        }

        template <std::size_t I, class X>
        auto maps_of(const X& x, State& state, const Call& call) const {
            if constexpr (Units::template takes_in_next<I>()) {
                return get<I>().maps(x, std::get<I>(state), call, get<I + 1>());
            } else {
                return get<I>().maps(x, std::get<I>(state), call);
            }
        }

        /// The maps of the last layer, and its input.
        struct ChainMaps {
            static constexpr std::size_t last = Units::last();
            ChainMaps(const at& chain, const SignalOf<In>& x, State& state, const Call& call)
                : maps((chain.template infer_range<0, last>(x, input, state, call),
                        chain.template maps_of<last>(input, state, call))) {}
            ChainMaps(const ChainMaps&) = delete;  // `maps` refers to `input`
            void operator()(Index image, Scalar* y) const { maps(image, y); }

            using Input = SignalOf<typename std::tuple_element_t<last, Types>::Input>;
            using Maps = decltype(std::declval<const at&>().template maps_of<last>(
                std::declval<const Input&>(), std::declval<State&>(), std::declval<const Call&>()));
            Input input;
            Maps maps;
        };

        template <std::size_t... I>
        void absorb_each(const Tape& tape, const Call& call, std::index_sequence<I...>) {
            (get<I>().absorb(std::get<I>(tape.tapes), call), ...);
        }

        template <class Self, class Visitor, std::size_t... I, class... Trees>
        static void visit_each(Self& self, const std::string& prefix, Visitor& visitor, std::index_sequence<I...>,
                               Trees&... trees) {
            (visit_one<I>(self, prefix, visitor, trees...), ...);
        }
        template <std::size_t I, class Self, class Visitor, class... Trees>
        static void visit_one(Self& self, const std::string& prefix, Visitor& visitor, Trees&... trees) {
            using Description = std::tuple_element_t<I, std::tuple<Layers...>>;
            std::tuple_element_t<I, Types>::visit(std::get<I>(self.layers), prefix + ChildName<Description>::prefix(I),
                                                  visitor, std::get<I>(trees)...);
        }
        template <class AnyState, class Visitor, class StepVisitor, std::size_t... I>
        static void visit_state_each(AnyState& state, Index batch, const std::string& prefix, Visitor& visitor,
                                     StepVisitor& visit_step, std::index_sequence<I...>) {
            (detail::visit_state_of<std::tuple_element_t<I, Types>>(
                 std::get<I>(state), batch,
                 prefix + ChildName<std::tuple_element_t<I, std::tuple<Layers...>>>::prefix(I), visitor, visit_step),
             ...);
        }
        template <class Visitor, std::size_t... I>
        static void visit_convolutions_each(const Tape& tape, const std::string& prefix, Visitor& visitor,
                                            std::index_sequence<I...>) {
            (detail::visit_convolutions_of<std::tuple_element_t<I, Types>>(
                 std::get<I>(tape.tapes), prefix + ChildName<std::tuple_element_t<I, std::tuple<Layers...>>>::prefix(I),
                 visitor),
             ...);
        }
        template <class Self, class Visitor, std::size_t... I>
        static void visit_statistics_each(Self& self, const std::string& prefix, Visitor& visitor,
                                          std::index_sequence<I...>) {
            (std::tuple_element_t<I, Types>::visit_statistics(
                 std::get<I>(self.layers),
                 prefix + ChildName<std::tuple_element_t<I, std::tuple<Layers...>>>::prefix(I), visitor),
             ...);
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
