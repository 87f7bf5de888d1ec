// SPDX-License-Identifier: MIT
// A network: layers from images to logits. A user calls four functions: forward, backward, infer and step.
#pragma once

#include "staa/core/tensor_argument.hpp"
#include "staa/networks/logits.hpp"
#include "staa/networks/network_layers.hpp"

namespace staa {
inline namespace STAA_ABI {

template <class Net>
struct NetworkCode;

/// A spiking network: layers from an input map to logits [N, classes]. The logits are the mean of the last layer's
/// output over time. The first template argument is the shape of the input. `Image`: one image [N, H, W, C], the same
/// at every step. `Frames`: one frame per step, [T, N, H, W, C]. The library derives all other shapes.
///
/// Threads: several threads may call functions of a const network at the same time, each with a tape or a state of its
/// own. Functions that are not const change the network, and no other thread may use it meanwhile.
///
/// A network has an identity, which moves with it: `NetworkLayers::identity`. Whatever a call leaves for a later one
/// belongs to this network, and a call with what belongs to another one is an Error. So is any call of a network that was
/// moved from.
template <class In, class... Layers>
class Network : public NetworkLayers<typename Sequential<Layers...>::template at<In>> {
    using Base = NetworkLayers<typename Sequential<Layers...>::template at<In>>;
    static_assert(IsMap<In>,
                  "staa::Network: its first argument is the input, Image<channels, height, width> or Frames<..>");

 public:
    using Chain = typename Sequential<Layers...>::template at<In>;  ///< all layers
    using Input = In;
    using Output = typename Chain::Output;
    using Scalar = typename In::Scalar;
    using Parameters = typename Base::Parameters;
    using Tape = typename Base::Tape;
    using State = typename Base::State;
    static_assert(
        Output::height == 1 && Output::width == 1 && !Output::is_spikes,
        "staa::Network: its last layer must give one analog value per class; end with GlobalAvgPool, Linear<classes>");
    static constexpr int classes = Output::channels;  ///< the number of logits per image

    /// What one image costs over `steps` steps. Every step counts, as in papers, although the first layers compute an
    /// image that is the same at every step only once.
    static constexpr Operations operations(Index steps) {
        return {steps * Chain::operations.multiply_accumulates, steps * Chain::operations.accumulates};
    }
    /// Images [N, H, W, C], or frames [T, N, H, W, C].
    using Images = Tensor<Scalar, In::is_constant ? 4 : 5>;
    using GivenImages = TensorArgument<Scalar, In::is_constant ? 4 : 5>;  ///< how a function takes them
    using Logits = Tensor<Scalar, 2>;                                     ///< [N, classes]
    using StepLogits = Tensor<Scalar, 3>;                                 ///< [T, N, classes]

    using Base::gradients, Base::identity;

    /// A network with initial weights from options.seed. An option that is not allowed is an Error.
    explicit Network(const NetworkOptions& options) : Network(options, Random(options.seed)) {}

    /// Logits in training mode: with the statistics of the batch and time-step random dropout. Writes the tape. Does
    /// not change the network. Images of another shape, or with values that are not finite, are an Error, here and in
    /// `infer` and `step`. So are frames of another number of steps than the network has, unless
    /// NetworkOptions::any_steps is true.
    Logits forward(const GivenImages& images, Tape& tape) const {
        return detail::mean_over_time(Code::forward(*this, images.view(), tape));
    }

    /// The same, with the logits of every step in place of their mean.
    StepLogits forward_steps(const GivenImages& images, Tape& tape) const {
        const Analog<Scalar> y = Code::forward(*this, images.view(), tape);
        return detail::logits_of_steps(y, tape.origin_.value.steps);
    }

    /// Adds the gradient of every parameter to `gradients`. It follows from d_logits [N, classes] and the tape of the
    /// last forward. The first call after a forward also updates the running averages with the statistics of that
    /// forward. It may be called again, also for other tapes: gradients add up. An Error are: a tape that is empty, or
    /// that another network has filled, or this one before its weights changed (`weights_changed`); a d_logits of
    /// another shape than the logits, or that is not finite; and `gradients` of other sizes than the parameters. An Error
    /// also names a gradient or running average that is not finite; the averages then stay as they were, and all
    /// gradients are 0.
    void backward(const Logits& d_logits, Tape& tape) {
        const detail::TapeOrigin& origin = tape.origin_.value;
        detail::check_gradient(d_logits, typename Logits::Dimensions(origin.batch, classes), origin.steps);
        this->check_backward(tape);
        Code::backward(*this, detail::spread_over_time<Output>(d_logits, call_of(tape)), tape);
    }

    /// The same for a gradient of the logits of every step, d_logits [T, N, classes].
    void backward(const StepLogits& d_logits, Tape& tape) {
        const detail::TapeOrigin& origin = tape.origin_.value;
        const typename StepLogits::Dimensions expected(origin.steps, origin.batch, classes);
        detail::check_gradient(d_logits, expected, origin.steps);
        this->check_backward(tape);
        Code::backward(*this, detail::gradient_of_steps<Output>(d_logits, call_of(tape)), tape);
    }

    /// Logits in evaluation mode: with running averages and without dropout. Each call packs the weights again.
    Logits infer(const GivenImages& images) const {
        State state = start();
        return run_stream(images, state, false);
    }

    /// The same, in the memory of `state`, whose stream begins again. The first call allocates memory and packs the
    /// weights. Later calls do neither while the weights, the sizes and the kernels of the convolutions stay the same.
    /// The logits belong to `state`, and its next call overwrites them.
    const Logits& infer(const GivenImages& images, State& state) const { return run_stream(images, state, true); }

    /// A new stream, before its first step.
    State start() const { return State{}; }

    /// One more step of a stream. Takes a frame [N, H, W, C], and returns the mean of the logits of all steps so far.
    /// After as many calls as the network has steps the result is that of `infer`. If a learnt position encoding has
    /// values per step, one step more is an Error, and the stream begins again at the next call. A stream that another
    /// network has begun, or this one with other weights, is an Error and stays as it is.
    const Logits& step(const TensorArgument<Scalar, 4>& frame, State& state) const {
        this->check_not_moved("step");
        detail::check_images<In>(frame.view());
        this->follow_stream(state, true);
        return Code::infer(*this, frame.view().data(), 1, detail::batch_of(frame.view()), state);
    }

 private:
    using Base::options_, Base::revision_;
    using Code = NetworkCode<Network>;
    friend Code;

    Network(const NetworkOptions& options, Random random)
        : Base(Code::layers(detail::checked_setup(options), random), options) {}

    const Logits& run_stream(const GivenImages& images, State& state, bool can_be_saved) const {
        this->check_not_moved("infer");
        restart(state.layers_);
        state.logits_.steps = 0;
        const Index steps = steps_of(images.view());
        this->follow_stream(state, can_be_saved);
        return Code::infer(*this, images.view().data(), steps, detail::batch_of(images.view()), state);
    }

    static Call call_of(Tape& tape) {
        const detail::TapeOrigin& origin = tape.origin_.value;
        return {origin.steps, origin.batch, tape.arena, nullptr, 0, origin.is_fused, tape.group, tape.share};
    }

    /// The number of steps of a call. Throws an Error if the images do not fit.
    Index steps_of(const typename GivenImages::View& images) const {
        return detail::checked_steps<In>(images, options_.steps, options_.any_steps);
    }

    Call call_of(Index steps, Index batch, Arena& arena, Random* random) const {
        return {steps, batch, arena, random, revision_, options_.fuse};
    }
};

}  // namespace STAA_ABI
}  // namespace staa

#include "staa/networks/network_code.hpp"
