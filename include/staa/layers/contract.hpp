// SPDX-License-Identifier: MIT
// The contract of a layer: what a network needs of it. docs/own_layer.md shows how to write one.
//
// A layer is a description, an empty type such as `Conv2d<64>`. Where it meets the map `In` it becomes `at<In>`, which
// holds what belongs to the weights (parameters, running averages, a neuron's constants) and nothing of a call.
//
// A description may state
//     kind                   what `plan` prints for it, a string such as "convolution"
//     role                   what it is to its neighbours (roles.hpp), if it takes part in a fusion
// Every `at<In>` has
//     Input, Output, Scalar  the maps (core/shape.hpp), and the scalar of Input
//     Parameters             a struct of tensors; gradients and momentum are the same struct again
//     Tape                   what one forward leaves for its backward
//     State                  what a stream leaves for its next step; `restart` begins anew
//     operations             multiply-accumulates and accumulates of one image and step, at compile time
//     reads_input            whether backward reads x: if not, the network frees x after forward
//     at(setup, random)      builds the layer; a layer without this constructor is built with none
//     forward(x, y, tape, call) const                     training: resizes and writes y, writes to `tape` what backward
//                                                         needs
//     infer(x, y, state, call) const                      evaluation: running statistics, no tape, goes on from `state`
//     backward(x, dy, dx, gradients, tape, call) const    resizes and overwrites dx (null: not wanted), adds to gradients
// A layer with Parameters has as well
//     visit(self, prefix, visitor, trees...)              calls visitor(ParameterName, tensor, the trees' tensors...)
//     parameter_count(T)     trainable values of a network of T steps, at compile time
// A layer with a State has as well
//     visit_state(state, batch, prefix, visitor, visit_step)    shows the tensors of a stream of `batch` images by
//                                                         name, and every number of steps taken
// A layer may have
//     absorb(tape, call)                                  running averages take in the statistics of one forward
//     visit_statistics(self, prefix, visitor)             every other tensor, and counter, that belongs to the weights
// `LayerDefaults<In>` states the types of a layer without parameters. It leaves Output, reads_input, forward, infer and
// backward to be written.
#pragma once

#include <concepts>
#include <string>
#include <type_traits>

#include "staa/layers/parameter_name.hpp"
#include "staa/layers/roles.hpp"
#include "staa/layers/setup.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The base of an `at<In>` that has no parameters, no tape and no state, or only some of them.
template <class In>
struct LayerDefaults {
    using Input = In;
    using Scalar = typename In::Scalar;
    using Parameters = Nothing;
    using Tape = Nothing;
    using State = Nothing;
    static constexpr Operations operations{};
};

namespace contract {

template <class L>
concept HasMaps = requires {
    typename L::Input::Scalar;
    typename L::Output::Scalar;
    typename L::Scalar;
};
template <class L>
concept HasParts = requires {
    typename L::Parameters;
    typename L::Tape;
    typename L::State;
};
template <class L>
concept RestartsState = requires(typename L::State& state) {
    state.restart();
}
|| requires(typename L::State& state) { std::tuple_size<typename L::State>::value; };
template <class L>
concept HasOperations = requires {
    { L::operations } -> std::convertible_to<Operations>;
};
template <class L>
concept SaysWhatItReads = requires {
    { L::reads_input } -> std::convertible_to<bool>;
};
template <class L>
concept IsBuilt = std::is_constructible_v<L, const Setup&, Random&> || std::is_default_constructible_v<L>;
template <class L>
concept HasForward = requires(const L& layer, const SignalOf<typename L::Input>& x, SignalOf<typename L::Output>& y,
                              typename L::Tape& tape, const Call& call) {
    layer.forward(x, y, tape, call);
};
template <class L>
concept HasInfer = requires(const L& layer, const SignalOf<typename L::Input>& x, SignalOf<typename L::Output>& y,
                            typename L::State& state, const Call& call) {
    layer.infer(x, y, state, call);
};
template <class L>
concept HasBackward = requires(const L& layer, const SignalOf<typename L::Input>& x,
                               const Analog<typename L::Scalar>& dy, Analog<typename L::Scalar>* dx,
                               typename L::Parameters& gradients, typename L::Tape& tape, const Call& call) {
    layer.backward(x, dy, dx, gradients, tape, call);
};

/// Stands for any function that a layer calls with its tensors.
struct AnyVisitor {
    /// Takes what any visitor is called with.
    template <class... Argument>
    void operator()(const Argument&...) const {}
};
template <class L>
concept HasVisit = requires(L& layer, typename L::Parameters& tree, AnyVisitor& visitor) {
    L::visit(layer, std::string(), visitor, tree);
    { L::parameter_count(Index{1}) } -> std::convertible_to<Index>;
};
template <class L>
concept HasVisitState = requires(typename L::State& state, AnyVisitor& visitor) {
    L::visit_state(state, Index{1}, std::string(), visitor, visitor);
};
/// True for a layer whose function of this name can be called as the network calls it, or that has no such name. A base
/// class with the same name makes the name ambiguous: so `&Beside::absorb` is an error if L has the name, whatever its
/// arguments are.
struct NamesAbsorb {
    int absorb;
};
/// Finds out whether a layer has a member of the name visit_statistics.
struct NamesVisitStatistics {
    int visit_statistics;
};
template <class L, class Names>
struct Beside : L, Names {};
template <class L>
concept Absorbs = std::is_final_v<L> || requires {
    &Beside<L, NamesAbsorb>::absorb;
} || requires(L& layer, const typename L::Tape& tape, const Call& call) {
    layer.absorb(tape, call);
};
template <class L>
concept ShowsStatistics = std::is_final_v<L> || requires {
    &Beside<L, NamesVisitStatistics>::visit_statistics;
} || requires(L& layer, AnyVisitor& visitor) {
    L::visit_statistics(layer, std::string(), visitor);
};
template <class L>
concept ShowsParameters = std::is_same_v<typename L::Parameters, Nothing> || HasVisit<L>;
template <class L>
concept ShowsState = std::is_same_v<typename L::State, Nothing> || HasVisitState<L>;

}  // namespace contract

/// True for an `at<In>` that keeps the contract above.
template <class L>
concept Layer = contract::HasMaps<L> && contract::HasParts<L> && contract::RestartsState<L> &&
    contract::HasOperations<L> && contract::SaysWhatItReads<L> && contract::IsBuilt<L> && contract::HasForward<L> &&
    contract::HasInfer<L> && contract::HasBackward<L> && contract::ShowsParameters<L> && contract::ShowsState<L> &&
    contract::Absorbs<L> && contract::ShowsStatistics<L>;

namespace contract {

/// Whether L keeps the contract; if not, a sentence says what is missing. One sentence is enough: later ones may follow
/// from the first.
template <class L>
constexpr bool check() {
    static_assert(
        HasMaps<L>,
        "staa: a layer has no Input, Output or Scalar; derive its at<In> from staa::LayerDefaults<In> and add "
        "using Output = ..");
    if constexpr (HasMaps<L>) {
        static_assert(HasParts<L>,
                      "staa: a layer has no Parameters, Tape or State; derive its at<In> from staa::LayerDefaults<In>");
        static_assert(HasOperations<L>,
                      "staa: a layer has no operations; derive its at<In> from staa::LayerDefaults<In>");
        static_assert(
            SaysWhatItReads<L>,
            "staa: a layer has no reads_input; add static constexpr bool reads_input: true if backward reads x");
        static_assert(IsBuilt<L>, "staa: a layer can't be built; give it a constructor at(const Setup&, Random&)");
    }
    if constexpr (HasMaps<L> && HasParts<L>) {
        static_assert(RestartsState<L>, "staa: a layer has a State without restart(), which begins a stream anew");
        static_assert(HasForward<L>, "staa: a layer has no forward(x, y, tape, call) const for its maps");
        static_assert(HasInfer<L>, "staa: a layer has no infer(x, y, state, call) const for its maps");
        static_assert(HasBackward<L>,
                      "staa: a layer has no backward(x, dy, dx, gradients, tape, call) const for its maps");
        static_assert(ShowsParameters<L>,
                      "staa: a layer has Parameters, but no visit(self, prefix, visitor, trees...) or no "
                      "parameter_count(steps); without them nothing would train or save its parameters");
        static_assert(
            ShowsState<L>,
            "staa: a layer has a State, but no visit_state(state, batch, prefix, visitor, visit_step); without "
            "it a saved stream would forget the state");
        static_assert(Absorbs<L>,
                      "staa: a layer has an absorb that can't be called as absorb(tape, call), so its running averages "
                      "would never change");
        static_assert(ShowsStatistics<L>,
                      "staa: a layer has a visit_statistics that can't be called as visit_statistics(self, prefix, "
                      "visitor), so nothing would save what it shows");
    }
    return Layer<L>;
}

/// Builds a layer: at(setup, random), or at() where the layer has no such constructor.
template <class L>
L build(const Setup& setup, Random& random) {
    if constexpr (std::is_constructible_v<L, const Setup&, Random&>) {
        return L(setup, random);
    } else {
        return L();
    }
}

}  // namespace contract

// What a layer may leave out, by the one place that knows what then holds.

/// Trainable values of a layer in a network of `steps` steps.
template <class L>
constexpr Index parameter_count_of(Index steps) {
    if constexpr (requires { L::parameter_count(steps); }) {
        return L::parameter_count(steps);
    } else {
        return 0;
    }
}

/// Lets running averages take in the statistics of one forward.
template <class L>
void absorb(L& layer, const typename L::Tape& tape, const Call& call) {
    if constexpr (requires { layer.absorb(tape, call); }) {
        layer.absorb(tape, call);
    }
}

/// Calls visitor(ParameterName, tensor, the trees' tensors...) for every trainable tensor of a layer.
template <class L, class Visitor, class... Trees>
void visit_parameters(L& layer, const std::string& prefix, Visitor& visitor, Trees&... trees) {
    if constexpr (!std::is_same_v<typename L::Parameters, Nothing>) {
        L::visit(layer, prefix, visitor, trees...);
    }
}

/// The same for every other tensor and counter that belongs to the weights.
template <class L, class Visitor>
void visit_statistics(L& layer, const std::string& prefix, Visitor& visitor) {
    if constexpr (requires { L::visit_statistics(layer, prefix, visitor); }) {
        L::visit_statistics(layer, prefix, visitor);
    }
}

/// What a stream leaves for its next step: calls visitor(ParameterName, tensor) and visit_step(steps).
template <class L, class State, class Visitor, class StepVisitor>
void visit_state(State& state, Index batch, const std::string& prefix, Visitor& visitor, StepVisitor& visit_step) {
    if constexpr (!std::is_same_v<typename L::State, Nothing>) {
        L::visit_state(state, batch, prefix, visitor, visit_step);
    }
}

/// Gives `gradients` the extents of the layer's parameters, and zeros.
template <class L>
void set_zero_like(const L& layer, typename L::Parameters& gradients) {
    const auto make_zeros = [](const ParameterName&, const auto& parameter, auto& gradient) {
        gradient.resize(parameter.dimensions());
        gradient.setZero();
    };
    visit_parameters(layer, "", make_zeros, gradients);
}

}  // namespace STAA_ABI
}  // namespace staa
