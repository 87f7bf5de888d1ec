// SPDX-License-Identifier: MIT
// The functions of a network that compile all of its layers. They stand outside of the class Network, so that one file
// can compile them for all others.
#pragma once

#include <utility>

#include "staa/networks/finite_pass.hpp"
#include "staa/networks/network.hpp"

namespace staa {
inline namespace STAA_ABI {

/// The code of a network: its construction, forward, backward and infer. A program of several files compiles it in every
/// file that calls one of them. With the line
///     extern template struct staa::NetworkCode<Net>;
/// in the header that names Net, and the line `template struct staa::NetworkCode<Net>;` in one .cpp file, only that file
/// compiles it. A program calls the members of `Network`, and none of these.
template <class Net>
struct NetworkCode {
    using Scalar = typename Net::Scalar;
    using Chain = typename Net::Chain;  ///< all layers

    /// Layers with initial values.
    static Chain layers(const Setup& setup, Random& random);
    /// The output of the last layer [T, N, 1, 1, classes] in training mode. Writes the tape.
    static Analog<Scalar> forward(const Net& net, const typename Net::GivenImages::View& images,
                                  typename Net::Tape& tape);
    /// Adds the gradients that follow from dy [T, N, 1, 1, classes].
    static void backward(Net& net, Analog<Scalar> dy, typename Net::Tape& tape);
    /// Advances a stream by `steps` steps.
    static const typename Net::Logits& infer(const Net& net, const Scalar* images, Index steps, Index batch,
                                             typename Net::State& state);
};

// A function that is defined outside of its class is not inline: `extern template` has no effect on inline functions.

template <class Net>
typename Net::Chain NetworkCode<Net>::layers(const Setup& setup, Random& random) {
    return Chain(setup, random);
}

template <class Net>
Analog<typename Net::Scalar> NetworkCode<Net>::forward(const Net& net, const typename Net::GivenImages::View& images,
                                                       typename Net::Tape& tape) {
    net.check_not_moved("forward");
    const Index steps = net.steps_of(images);
    Call call = net.call_of(steps, detail::batch_of(images), tape.arena, tape.draw_dropout ? &tape.random : nullptr);
    call.group = tape.group;
    call.share = tape.share;
    tape.arena.begin_call();
    tape.origin_.value = {};  // the tape is empty until all layers have run
    detail::copy_images<typename Net::Input>(images.data(), tape.input_, call);
    Analog<Scalar> y;
    net.layers_.forward(tape.input_, y, tape.layers_, call);
    tape.origin_.value = {net.identity(), net.weights_, call.steps, call.batch, false, net.options_.fuse};
    return y;
}

template <class Net>
void NetworkCode<Net>::backward(Net& net, Analog<Scalar> dy, typename Net::Tape& tape) {
    net.layers_.backward(tape.input_, std::move(dy), nullptr, net.gradients, tape.layers_, Net::call_of(tape));
    detail::finish_backward(net, net.layers("backward"), tape.layers_, Net::call_of(tape),
                            tape.origin_.value.is_absorbed);
}

template <class Net>
const typename Net::Logits& NetworkCode<Net>::infer(const Net& net, const Scalar* images, Index steps, Index batch,
                                                    typename Net::State& state) {
    const Call call = net.call_of(steps, batch, state.arena_, nullptr);
    const Index taken = state.logits_.steps;
    if (taken == 0) {
        restart(state.layers_);
    } else {
        check_stream(state.logits_.sum.dimension(0), call.batch);
    }
    // If a layer throws an Error, the layers may be at different steps: the stream then begins again.
    state.logits_.steps = 0;
    state.arena_.begin_call();
    Analog<Scalar> input, y;
    detail::copy_images<typename Net::Input>(images, input, call);
    net.layers_.infer(input, y, state.layers_, call);
    state.logits_.steps = taken;
    return state.logits_.add(y, steps);
}

}  // namespace STAA_ABI
}  // namespace staa
