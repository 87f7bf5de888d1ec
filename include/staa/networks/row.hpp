// SPDX-License-Identifier: MIT
// Layers one after the other, each for itself. This row defines what a network computes. Every fused block (blocks/) is
// derived from such a row, and replaces some of its functions by faster ones.
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
namespace detail {
template <class Numbers, class... Part>
class NumberedRow;
}

/// Parts one after the other. A part is a layer, a block of fused layers, or a residual block. A row has the functions
/// that the contract of a layer demands.
template <class... Part>
using Row = detail::NumberedRow<std::index_sequence_for<Part...>, Part...>;

namespace detail {

/// The row. I are the numbers of its parts: with them each function of the row is one loop over the parts.
template <std::size_t... I, class... Part>
class NumberedRow<std::index_sequence<I...>, Part...> {
 public:
    static constexpr std::size_t count = sizeof...(Part);
    template <std::size_t K>
    using At = std::tuple_element_t<K, std::tuple<Part...>>;
    using First = At<0>;
    using Last = At<count - 1>;

    using Input = typename First::Input;
    using Output = typename Last::Output;
    using Scalar = typename Input::Scalar;
    using Parameters = std::tuple<typename Part::Parameters...>;
    using State = std::tuple<typename Part::State...>;
    /// The outputs of all parts. The last element stays empty, because the caller owns the output of the last part.
    using Signals = std::tuple<SignalOf<typename Part::Output>...>;
    struct Tape {
        std::tuple<typename Part::Tape...> parts;
        Signals between;
    };
    static constexpr bool reads_input = First::reads_input;
    static constexpr bool remakes_maps = RemakesMaps<Last>;
    static constexpr bool infers_maps = InfersMaps<Last>;
    static constexpr Operations operations = (Part::operations + ...);
    static constexpr Index parameter_count(Index steps) { return (parameter_count_of<Part>(steps) + ...); }
    static constexpr std::size_t layer_count = (layer_count_of<Part>() + ...);

    NumberedRow(const Setup& setup, Random& random) : parts{contract::build<Part>(setup, random)...} {}

    void forward(const SignalOf<Input>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
        (forward_part<I>(x, y, tape, call), ...);
    }

    void infer(const SignalOf<Input>& x, SignalOf<Output>& y, State& state, const Call& call) const {
        Signals between;
        (infer_part<I>(x, y, between, state, call), ...);
    }

    void backward(const SignalOf<Input>& x, PassedGradient<Scalar> dy, Analog<Scalar>* dx, Parameters& gradients,
                  Tape& tape, const Call& call) const {
        BackwardPass pass{x, dy, dx, gradients, tape, call, {}};
        (backward_part<count - 1 - I>(pass), ...);
    }

    /// `forward` without the output maps of the last part. `make_map` writes one of these maps to y, or adds it to y.
    void prepare(const SignalOf<Input>& x, Tape& tape, const Call& call) const requires remakes_maps {
        (prepare_part<I>(x, tape, call), ...);
    }
    void make_map(const SignalOf<Input>& x, const Tape& tape, Index image, Write how,
                  Scalar* y) const requires remakes_maps {
        last().make_map(input_of<count - 1>(x, tape.between), std::get<count - 1>(tape.parts), image, how, y);
    }

    /// `infer` without the output maps of the last part. Returns a function f; f(image, y) writes the map of an image
    /// to y.
    auto maps(const SignalOf<Input>& x, State& state, const Call& call) const requires infers_maps {
        return InferredMaps(*this, x, state, call);
    }

    void absorb(const Tape& tape, const Call& call) {
        (staa::absorb(std::get<I>(parts), std::get<I>(tape.parts), call), ...);
    }

    /// Calls visitor(std::type_identity<Layer>, name, the trees' parts...) for every layer. A tree is a row, or its
    /// Parameters, Tape or State. `names` are the names of the row's layers.
    template <class Visitor, class... Trees>
    static void walk(const LayerName* names, Visitor& visitor, Trees&... trees) {
        (walk_part<I>(names + layers_before(I), visitor, trees...), ...);
    }

    /// Layer number K. Layers inside composite parts count one by one.
    template <std::size_t K, class Self>
    static auto& layer_of(Self& self) {
        constexpr std::size_t part = part_with(K);
        if constexpr (Composite<At<part>>) {
            return At<part>::template layer_of<K - layers_before(part)>(std::get<part>(self.parts));
        } else {
            return std::get<part>(self.parts);
        }
    }

    /// Adds the lines of all parts to the plan: one line per layer that runs for itself.
    static void describe(Plan& plan, const LayerName* names) {
        (describe_part<Part>(plan, names + layers_before(I)), ...);
    }

    std::tuple<Part...> parts;

 private:
    const Last& last() const { return std::get<count - 1>(parts); }

    template <std::size_t K>
    static const auto& input_of(const SignalOf<Input>& x, const Signals& between) {
        if constexpr (K == 0) {
            return x;
        } else {
            return std::get<K - 1>(between);
        }
    }
    template <std::size_t K>
    static auto& output_of(SignalOf<Output>& y, Signals& between) {
        if constexpr (K + 1 == count) {
            return y;
        } else {
            return std::get<K>(between);
        }
    }

    /// Part K. After its forward it frees its input, unless its backward reads it.
    template <std::size_t K>
    void forward_part(const SignalOf<Input>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
        std::get<K>(parts).forward(input_of<K>(x, tape.between), output_of<K>(y, tape.between), std::get<K>(tape.parts),
                                   call);
        if constexpr (K > 0 && !At<K>::reads_input) {
            std::get<K - 1>(tape.between).release();
        }
    }

    template <std::size_t K>
    void prepare_part(const SignalOf<Input>& x, Tape& tape, const Call& call) const {
        if constexpr (K + 1 == count) {
            last().prepare(input_of<K>(x, tape.between), std::get<K>(tape.parts), call);
        } else {
            SignalOf<Output> unused;
            forward_part<K>(x, unused, tape, call);
        }
    }

    template <std::size_t K>
    void infer_part(const SignalOf<Input>& x, SignalOf<Output>& y, Signals& between, State& state,
                    const Call& call) const {
        std::get<K>(parts).infer(input_of<K>(x, between), output_of<K>(y, between), std::get<K>(state), call);
        if constexpr (K > 0) {
            std::get<K - 1>(between).release();
        }
    }

    /// The arguments of `backward`, and the gradient of every part's input. The gradient of part 0's input is dx.
    struct BackwardPass {
        const SignalOf<Input>& x;
        PassedGradient<Scalar>& dy;
        Analog<Scalar>* dx;
        Parameters& gradients;
        Tape& tape;
        const Call& call;
        std::array<Analog<Scalar>, count> d_inputs;
    };
    template <std::size_t K>
    void backward_part(BackwardPass& pass) const {
        auto dy = K + 1 == count ? pass.dy : PassedGradient<Scalar>(std::move(pass.d_inputs[(K + 1) % count]));
        std::get<K>(parts).backward(input_of<K>(pass.x, pass.tape.between), static_cast<PassedTo<At<K>>>(dy),
                                    K == 0 ? pass.dx : &pass.d_inputs[K], std::get<K>(pass.gradients),
                                    std::get<K>(pass.tape.parts), pass.call);
        dy.release();
        if (pass.call.group != nullptr) {
            const auto* ready = &std::get<K>(pass.gradients);
            pass.call.group->gradients_ready(ready, ready + 1);
        }
    }

    /// The function that `maps` returns. It owns the signals that the last part reads.
    class InferredMaps {
     public:
        InferredMaps(const NumberedRow& row, const SignalOf<Input>& x, State& state, const Call& call)
            : maps_((row.infer_front(x, between_, state, call),
                     row.last().maps(input_of<count - 1>(x, between_), std::get<count - 1>(state), call))) {}
        InferredMaps(const InferredMaps&) = delete;  // the maps refer to the signals
        void operator()(Index image, Scalar* y) const { maps_(image, y); }

     private:
        Signals between_;
        decltype(std::declval<const Last&>().maps(std::declval<const SignalOf<typename Last::Input>&>(),
                                                  std::declval<typename Last::State&>(),
                                                  std::declval<const Call&>())) maps_;
    };
    /// `infer` of all parts except the last.
    void infer_front(const SignalOf<Input>& x, Signals& between, State& state, const Call& call) const {
        SignalOf<Output> unused;
        const auto infer = [&](auto number) {
            if constexpr (number() + 1 < count) {
                infer_part<number()>(x, unused, between, state, call);
            }
        };
        (infer(std::integral_constant<std::size_t, I>{}), ...);
    }

    static constexpr std::size_t layers_before(std::size_t part) {
        constexpr std::array<std::size_t, count> counts{layer_count_of<Part>()...};
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

    template <std::size_t K, class Visitor, class... Trees>
    static void walk_part(const LayerName* names, Visitor& visitor, Trees&... trees) {
        if constexpr (Composite<At<K>>) {
            At<K>::walk(names, visitor, part_of<K>(trees)...);
        } else {
            visitor(std::type_identity<At<K>>{}, names->string(), part_of<K>(trees)...);
        }
    }

    template <class Any>
    static void describe_part(Plan& plan, const LayerName* names) {
        if constexpr (Composite<Any>) {
            Any::describe(plan, names);
        } else {
            plan.add(names, 1, "runs for itself");
        }
    }
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
