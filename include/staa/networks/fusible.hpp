// SPDX-License-Identifier: MIT
// Checks that a layer has the functions of its role. The blocks (blocks/) call these functions by name. If one is
// missing, the compiler's message says which.
#pragma once

#include "staa/layers/contract.hpp"
#include "staa/layers/neurons/currents.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// True for a layer with the functions of Role::neurons: they take their input as Currents.
template <class L>
concept ReadsCurrents = requires(const L& neurons, const Currents<typename L::Scalar>& x,
                                 SignalOf<typename L::Output>& y, const Analog<typename L::Scalar>& dy,
                                 Analog<typename L::Scalar>* dx, typename L::Parameters& gradients,
                                 typename L::Tape& tape, typename L::State& state, const Call& call) {
    neurons.forward(x, y, tape, call);
    neurons.infer(x, y, state, call);
    neurons.backward(x, dy, dx, gradients, tape, call);
};

/// True for a layer with the functions of Role::channel_norm, as BatchNorm has them. `affine` gives the scale and the
/// shift of each channel in inference. `currents` and `make_map` give the output in training. `input_gradient` gives
/// the gradient of the input as the parts from which it can be computed.
template <class L>
concept NormsChannels = requires(const L& norm, const Analog<typename L::Scalar>& x,
                                 const Analog<typename L::Scalar>& dy, typename L::Scalar* values,
                                 typename L::Parameters& gradients, typename L::Tape& tape, const Call& call) {
    requires L::remakes_maps;
    norm.affine(values, values);
    norm.prepare(x, tape, call);
    norm.make_map(x, tape, Index{}, Write::over, values);
    { norm.currents(x, tape) } -> std::convertible_to<Currents<typename L::Scalar>>;
    norm.input_gradient(x, dy, gradients, tape, call).parts();
    norm.input_gradient(x, dy, gradients, tape, call).make(values);
};

/// True for a layer that states `infers_maps`: false, or true and has the function `maps`.
template <class L>
concept Convolves = requires(const L& conv, const SignalOf<typename L::Input>& x, typename L::State& state,
                             const Call& call) {
    { L::infers_maps } -> std::convertible_to<bool>;
    requires !L::infers_maps || requires { conv.maps(x, state, call); };
};

/// True for a convolution that can be fused with the norm behind it, as Conv2d can. In inference it multiplies the norm
/// into its weights. In training it takes the norm's `input_gradient` as its dy.
template <class L, class Norm>
concept TakesNorm = requires(const L& conv, const Norm& norm, const SignalOf<typename L::Input>& x,
                             Analog<typename L::Scalar>& y, Analog<typename L::Scalar>* dx,
                             typename L::Parameters& gradients, typename Norm::Parameters& norm_gradients,
                             typename L::Tape& tape, typename Norm::Tape& norm_tape, typename L::State& state,
                             const Call& call) {
    conv.infer(x, y, state, call, norm);
    requires !L::infers_maps || requires { conv.maps(x, state, call, norm); };
    conv.backward(x, norm.input_gradient(y, y, norm_gradients, norm_tape, call), dx, gradients, tape, call);
};
template <class L, class Norm>
constexpr bool check_takes_norm() {
    static_assert(
        TakesNorm<L, Norm>,
        "staa: a layer says that its role is convolution, but lacks infer(x, y, state, call, norm), or "
        "maps(x, state, call, norm) where infers_maps is true, or a backward that takes the norm's input_gradient (see "
        "Conv2d); add what is missing, or leave out its role: it then runs for itself");
    return true;
}

template <class Description, class L>
constexpr bool keeps_role() {
    constexpr Role role = role_of<Description>();
    static_assert(role != Role::neurons || ReadsCurrents<L>,
                  "staa: a layer says that its role is neurons, but its forward, infer or backward does not take "
                  "const staa::Currents<Scalar>& x; change that, or leave out its role: it then runs for itself");
    if constexpr (role == Role::channel_norm) {
        static_assert(
            NormsChannels<L>,
            "staa: a layer says that its role is channel_norm, but lacks one of remakes_maps = true, affine, prepare, "
            "make_map, currents, input_gradient (see BatchNorm); add it, or leave out its role: it then runs for "
            "itself");
    }
    if constexpr (role == Role::convolution) {
        static_assert(
            Convolves<L>,
            "staa: a layer says that its role is convolution, but lacks infers_maps, or maps(x, state, call) (see "
            "Conv2d); add it, or leave out its role: it then runs for itself");
    }
    return true;
}

/// True for the description of a layer. The layer `Description::at<In>`: does not compile if it breaks the contract of a layer or of its role.
template <class Description, class In>
concept IsDescription = requires {
    typename Description::template at<In>;
};
template <class Description, class In>
struct CheckedLayer {
    static_assert(IsDescription<Description, In>,
                  "staa: a type in the list of a network is no layer, because it has no template <class In> at; write "
                  "the description, such as Conv2d<64> or Lif<>");
    using type = typename Description::template at<In>;
    static_assert(contract::check<type>() && keeps_role<Description, type>());
};
template <class Description, class In>
using LayerOn = typename CheckedLayer<Description, In>::type;

/// A block whose parts are these descriptions. The input of the first is In; the input of each other is the output of
/// the one before.
template <template <class...> class Block, class Parts, class In, class... Descriptions>
struct BlockParts;
template <template <class...> class Block, class... Part, class In>
struct BlockParts<Block, std::tuple<Part...>, In> {
    using type = Block<Part...>;
};
template <template <class...> class Block, class... Part, class In, class First, class... Rest>
struct BlockParts<Block, std::tuple<Part...>, In, First, Rest...>
    : BlockParts<Block, std::tuple<Part..., LayerOn<First, In>>, typename LayerOn<First, In>::Output, Rest...> {};
template <template <class...> class Block, class In, class... Descriptions>
using BlockOf = typename BlockParts<Block, std::tuple<>, In, Descriptions...>::type;

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
