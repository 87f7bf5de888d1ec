// SPDX-License-Identifier: MIT
// Layers one after the other, each for itself. This is the plain way: it defines what a network computes, and every fused
// block (blocks/) is such a row with some of its functions written anew.
#pragma once

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "staa/layers/contract.hpp"
#include "staa/networks/part.hpp"
#include "staa/networks/plan.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Parts one after the other: layers, blocks of fused layers, residual blocks. It keeps the contract of a layer.
template <class... Part>
class Row {
 public:
    static constexpr std::size_t count = sizeof...(Part);
    template <std::size_t I>
    using At = std::tuple_element_t<I, std::tuple<Part...>>;
    using First = At<0>;
    using Last = At<count - 1>;

    using Input = typename First::Input;
    using Output = typename Last::Output;
    using Scalar = typename Input::Scalar;
    using Parameters = std::tuple<typename Part::Parameters...>;
    using State = std::tuple<typename Part::State...>;
    static constexpr bool reads_input = First::reads_input;
    static constexpr bool remakes_maps = detail::RemakesMaps<Last>;
    static constexpr bool infers_maps = detail::InfersMaps<Last>;
    static constexpr Operations operations = (Part::operations + ...);
    static constexpr Index parameter_count(Index steps) { return (parameter_count_of<Part>(steps) + ...); }
    static constexpr std::size_t layer_count = (detail::layer_count_of<Part>() + ...);

 private:
    using Front = std::make_index_sequence<count - 1>;  ///< all parts but the last
    using Each = std::make_index_sequence<count>;
    template <std::size_t... I>
    static std::tuple<SignalOf<typename At<I>::Output>...> signals_of(std::index_sequence<I...>);
    using Signals = decltype(signals_of(Front{}));

 public:
    struct Tape {
        std::tuple<typename Part::Tape...> parts;
        Signals between;  ///< the outputs of all parts but the last, whose output belongs to the caller
    };

    Row(const Setup& setup, Random& random) : parts{contract::build<Part>(setup, random)...} {}

    void forward(const SignalOf<Input>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
        forward_front(x, tape, call, Front{});
        last().forward(input_of<count - 1>(x, tape.between), y, std::get<count - 1>(tape.parts), call);
        free_input<count - 1>(tape);
    }

    void infer(const SignalOf<Input>& x, SignalOf<Output>& y, State& state, const Call& call) const {
        Signals between;
        infer_front(x, between, state, call, Front{});
        last().infer(input_of<count - 1>(x, between), y, std::get<count - 1>(state), call);
    }

    void backward(const SignalOf<Input>& x, Gradient<Scalar> dy, Analog<Scalar>* dx, Parameters& gradients, Tape& tape,
                  const Call& call) const {
        BackwardPass pass{x, dy, dx, gradients, tape, call, {}};
        backward_each(pass, Each{});
    }

    /// `forward` but for the maps of the last part, which `make_map` makes.
    void prepare(const SignalOf<Input>& x, Tape& tape, const Call& call) const requires remakes_maps {
        forward_front(x, tape, call, Front{});
        last().prepare(input_of<count - 1>(x, tape.between), std::get<count - 1>(tape.parts), call);
    }
    void make_map(const SignalOf<Input>& x, const Tape& tape, Index image, Write how,
                  Scalar* y) const requires remakes_maps {
        last().make_map(input_of<count - 1>(x, tape.between), std::get<count - 1>(tape.parts), image, how, y);
    }

    /// `infer` but for the maps of the last part: gives a function that, called with an image and the room for it, writes its
    /// map.
    auto maps(const SignalOf<Input>& x, State& state, const Call& call) const requires infers_maps {
        return InferredMaps(*this, x, state, call);
    }

    void absorb(const Tape& tape, const Call& call) { absorb_each(tape, call, Each{}); }

    /// Calls visitor(std::type_identity<Layer>, name, the trees' parts...) for every layer. A tree is a row itself, or its
    /// Parameters, Tape or State; `names` are those of the row's layers.
    template <class Visitor, class... Trees>
    static void walk(const LayerName* names, Visitor& visitor, Trees&... trees) {
        walk_each(names, visitor, Each{}, trees...);
    }

    /// Layer K, those within parts counted.
    template <std::size_t K, class Self>
    static auto& layer_of(Self& self) {
        constexpr std::size_t part = part_with(K);
        if constexpr (detail::Composite<At<part>>) {
            return At<part>::template layer_of<K - layers_before(part)>(std::get<part>(self.parts));
        } else {
            return std::get<part>(self.parts);
        }
    }

    /// Adds a line per part to the plan.
    static void describe(Plan& plan, const LayerName* names) {
        std::size_t part = 0;
        ((describe_part<Part>(plan, names + layers_before(part)), ++part), ...);
    }

    std::tuple<Part...> parts;

 private:
    const Last& last() const { return std::get<count - 1>(parts); }

    template <std::size_t I>
    static const auto& input_of(const SignalOf<Input>& x, const Signals& between) {
        if constexpr (I == 0) {
            return x;
        } else {
            return std::get<I - 1>(between);
        }
    }

    template <std::size_t... I>
    void forward_front(const SignalOf<Input>& x, Tape& tape, const Call& call, std::index_sequence<I...>) const {
        (forward_part<I>(x, tape, call), ...);
    }
    template <std::size_t I>
    void forward_part(const SignalOf<Input>& x, Tape& tape, const Call& call) const {
        std::get<I>(parts).forward(input_of<I>(x, tape.between), std::get<I>(tape.between), std::get<I>(tape.parts),
                                   call);
        free_input<I>(tape);
    }
    /// An input that backward does not read gives its memory back.
    template <std::size_t I>
    static void free_input(Tape& tape) {
        if constexpr (I > 0 && !At<I>::reads_input) {
            std::get<I - 1>(tape.between).release();
        }
    }

    template <std::size_t... I>
    void infer_front(const SignalOf<Input>& x, Signals& between, State& state, const Call& call,
                     std::index_sequence<I...>) const {
        (infer_part<I>(x, between, state, call), ...);
    }
    template <std::size_t I>
    void infer_part(const SignalOf<Input>& x, Signals& between, State& state, const Call& call) const {
        std::get<I>(parts).infer(input_of<I>(x, between), std::get<I>(between), std::get<I>(state), call);
        if constexpr (I > 0) {
            std::get<I - 1>(between).release();
        }
    }

    /// The arguments of `backward`, and the gradient of every part's input. That of part 0 is dx.
    struct BackwardPass {
        const SignalOf<Input>& x;
        Gradient<Scalar>& dy;
        Analog<Scalar>* dx;
        Parameters& gradients;
        Tape& tape;
        const Call& call;
        std::array<Analog<Scalar>, count> d_inputs;
    };
    template <std::size_t... I>
    void backward_each(BackwardPass& pass, std::index_sequence<I...>) const {
        (backward_part<count - 1 - I>(pass), ...);
    }
    template <std::size_t I>
    void backward_part(BackwardPass& pass) const {
        Gradient<Scalar> dy = I + 1 == count ? pass.dy : Gradient<Scalar>(std::move(pass.d_inputs[(I + 1) % count]));
        std::get<I>(parts).backward(input_of<I>(pass.x, pass.tape.between), dy, I == 0 ? pass.dx : &pass.d_inputs[I],
                                    std::get<I>(pass.gradients), std::get<I>(pass.tape.parts), pass.call);
        dy.release();
    }

    /// The maps of the last part, and what it reads.
    class InferredMaps {
     public:
        InferredMaps(const Row& row, const SignalOf<Input>& x, State& state, const Call& call)
            : maps_((row.infer_front(x, between_, state, call, Front{}),
                     row.last().maps(input_of<count - 1>(x, between_), std::get<count - 1>(state), call))) {}
        InferredMaps(const InferredMaps&) = delete;  // the maps refer to the signals
        void operator()(Index image, Scalar* y) const { maps_(image, y); }

     private:
        Signals between_;
        decltype(std::declval<const Last&>().maps(
            input_of<count - 1>(std::declval<const SignalOf<Input>&>(), std::declval<const Signals&>()),
            std::get<count - 1>(std::declval<State&>()), std::declval<const Call&>())) maps_;
    };

    template <std::size_t... I>
    void absorb_each(const Tape& tape, const Call& call, std::index_sequence<I...>) {
        (staa::absorb(std::get<I>(parts), std::get<I>(tape.parts), call), ...);
    }

    static constexpr std::size_t layers_before(std::size_t part) {
        constexpr std::array<std::size_t, count> counts{detail::layer_count_of<Part>()...};
        std::size_t before = 0;
        for (std::size_t i = 0; i < part; ++i) {
            before += counts[i];
        }
        return before;
    }
    static constexpr std::size_t part_with(std::size_t layer) {
        std::size_t part = 0;
        while (part + 1 < count && layers_before(part + 1) <= layer) {
            ++part;
        }
        return part;
    }

    template <class Visitor, std::size_t... I, class... Trees>
    static void walk_each(const LayerName* names, Visitor& visitor, std::index_sequence<I...>, Trees&... trees) {
        (walk_part<I>(names + layers_before(I), visitor, trees...), ...);
    }
    template <std::size_t I, class Visitor, class... Trees>
    static void walk_part(const LayerName* names, Visitor& visitor, Trees&... trees) {
        if constexpr (detail::Composite<At<I>>) {
            At<I>::walk(names, visitor, detail::part_of<I>(trees)...);
        } else {
            visitor(std::type_identity<At<I>>{}, names->string(), detail::part_of<I>(trees)...);
        }
    }

    template <class Any>
    static void describe_part(Plan& plan, const LayerName* names) {
        if constexpr (detail::Composite<Any>) {
            Any::describe(plan, names);
        } else {
            plan.add(names, 1, "runs for itself");
        }
    }
};

}  // namespace STAA_ABI
}  // namespace staa
