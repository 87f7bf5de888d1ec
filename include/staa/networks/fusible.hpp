// SPDX-License-Identifier: MIT
// A layer that states a role is held to it: what the blocks (blocks/) call by name must be there. One sentence says what is
// missing.
#pragma once

#include "staa/layers/contract.hpp"
#include "staa/layers/neurons/currents.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Neurons read their input as Currents.
template <class L>
concept ReadsCurrents = requires(const L& neurons, const Currents<typename L::Scalar>& x,
                                 SignalOf<typename L::Output>& y, const Analog<typename L::Scalar>& dy,
                                 Analog<typename L::Scalar>* dx, typename L::Parameters& gradients,
                                 typename L::Tape& tape, typename L::State& state, const Call& call) {
    neurons.forward(x, y, tape, call);
    neurons.infer(x, y, state, call);
    neurons.backward(x, dy, dx, gradients, tape, call);
};

/// A norm gives what `infer` does to a channel, and in training its output as currents or map by map, and the gradient of its
/// input as the parts that it is made of. See BatchNorm.
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

/// A convolution says whether it infers map by map, and does so if it says yes.
template <class L>
concept Convolves = requires(const L& conv, const SignalOf<typename L::Input>& x, typename L::State& state,
                             const Call& call) {
    { L::infers_maps } -> std::convertible_to<bool>;
    requires !L::infers_maps || requires { conv.maps(x, state, call); };
};

/// A convolution takes in the norm behind it in inference, and in training makes the gradient that the norm leaves. See
/// Conv2d.
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
        "staa: a layer says that its role is convolution, but has no infer(x, y, state, call, norm), no "
        "maps(x, state, call, norm) where infers_maps is true, or no backward "
        "that takes the norm's input_gradient (see Conv2d); add both, or leave out its role: it then runs for itself");
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
            "make_map, "
            "currents, input_gradient (see BatchNorm); add it, or leave out its role: it then runs for itself");
    }
    if constexpr (role == Role::convolution) {
        static_assert(
            Convolves<L>,
            "staa: a layer says that its role is convolution, but lacks infers_maps, or maps(x, state, call) (see "
            "Conv2d); add it, or leave out its role: it then runs for itself");
    }
    return true;
}

/// `Description` on the map In: a layer that keeps the contract and its role.
template <class Description, class In>
struct Meeting {
    using type = typename Description::template at<In>;
    static_assert(contract::check<type>() && keeps_role<Description, type>());
};
template <class Description, class In>
using Met = typename Meeting<Description, In>::type;

/// Descriptions on the map In, one after the other, as the parts of a block.
template <template <class...> class Block, class Parts, class In, class... Descriptions>
struct Fill;
template <template <class...> class Block, class... Part, class In>
struct Fill<Block, std::tuple<Part...>, In> {
    using type = Block<Part...>;
};
template <template <class...> class Block, class... Part, class In, class First, class... Rest>
struct Fill<Block, std::tuple<Part...>, In, First, Rest...>
    : Fill<Block, std::tuple<Part..., Met<First, In>>, typename Met<First, In>::Output, Rest...> {};
template <template <class...> class Block, class In, class... Descriptions>
using BlockOf = typename Fill<Block, std::tuple<>, In, Descriptions...>::type;

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
