// SPDX-License-Identifier: MIT
// A network: layers from images to logits. A user calls four functions: forward, backward, infer and step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "staa/core/parallel.hpp"
#include "staa/core/tensor_argument.hpp"
#include "staa/networks/for_each_layer.hpp"
#include "staa/networks/logits.hpp"
#include "staa/networks/network_options.hpp"
#include "staa/networks/network_tape.hpp"
#include "staa/networks/sequential.hpp"

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
template <class In, class... Layers>
class Network {
    static_assert(IsMap<In>,
                  "staa::Network: its first argument is the input, Image<channels, height, width> or Frames<..>");

 public:
    using Chain = typename Sequential<Layers...>::template at<In>;  ///< all layers
    using Input = In;
    using Output = typename Chain::Output;
    using Scalar = typename In::Scalar;
    using Parameters = typename Chain::Parameters;
    static_assert(
        Output::height == 1 && Output::width == 1 && !Output::is_spikes,
        "staa::Network: its last layer must give one analog value per class; end with GlobalAvgPool, Linear<classes>");
    static constexpr int classes = Output::channels;  ///< the number of logits per image

    /// What one image costs over `steps` steps. Every step counts, as in papers, although the first layers compute an
    /// image that is the same at every step only once.
    static constexpr Operations operations(Index steps) {
        return {steps * Chain::operations.multiply_accumulates, steps * Chain::operations.accumulates};
    }
    /// The number of trainable values of a network with `steps` steps.
    static constexpr Index parameter_count(Index steps) { return Chain::parameter_count(steps); }
    /// Images [N, H, W, C], or frames [T, N, H, W, C].
    using Images = Tensor<Scalar, In::is_constant ? 4 : 5>;
    using GivenImages = TensorArgument<Scalar, In::is_constant ? 4 : 5>;  ///< how a function takes them
    using Logits = Tensor<Scalar, 2>;                                     ///< [N, classes]
    using StepLogits = Tensor<Scalar, 3>;                                 ///< [T, N, classes]
    using Tape = NetworkTape<Chain>;
    using State = NetworkState<Chain>;

    /// A network with initial weights from options.seed. An option that is not allowed is an Error.
    explicit Network(const NetworkOptions& options) : Network(options, Random(options.seed)) {}

    /// Logits in training mode: with the statistics of the batch and time-step random dropout. Writes the tape. Does
    /// not change the network. Images of another shape are an Error. So are frames of another number of steps than the
    /// network has, unless NetworkOptions::any_steps is true.
    Logits forward(const GivenImages& images, Tape& tape) const {
        return detail::mean_over_time(Code::forward(*this, images.view(), tape));
    }

    /// The same, with the logits of every step in place of their mean.
    StepLogits forward_steps(const GivenImages& images, Tape& tape) const {
        const Analog<Scalar> y = Code::forward(*this, images.view(), tape);
        return detail::logits_of_steps(y, tape.steps_);
    }

    /// Adds the gradient of every parameter to `gradients`. It follows from d_logits [N, classes] and the tape of the
    /// last forward. The first call after a forward also updates the running averages with the statistics of that
    /// forward. An empty tape, or a d_logits of another shape than the logits, is an Error.
    void backward(const Logits& d_logits, Tape& tape) {
        detail::check_gradient(d_logits, typename Logits::Dimensions(tape.batch_, classes), tape.steps_);
        Code::backward(*this, detail::spread_over_time<Output>(d_logits, call_of(tape)), tape);
    }

    /// The same for a gradient of the logits of every step, d_logits [T, N, classes].
    void backward(const StepLogits& d_logits, Tape& tape) {
        const typename StepLogits::Dimensions expected(tape.steps_, tape.batch_, classes);
        detail::check_gradient(d_logits, expected, tape.steps_);
        Code::backward(*this, detail::gradient_of_steps<Output>(d_logits, call_of(tape)), tape);
    }

    /// Logits in evaluation mode: with running averages and without dropout. Each call packs the weights again.
    Logits infer(const GivenImages& images) const {
        State state = start();
        return infer(images, state);
    }

    /// The same, in the memory of `state`, whose stream begins again. The first call allocates memory and packs the
    /// weights. Later calls do neither while the weights, the sizes and the kernels of the convolutions stay the same.
    /// The logits belong to `state`, and its next call overwrites them.
    const Logits& infer(const GivenImages& images, State& state) const {
        restart(state.layers_);
        state.logits_.steps = 0;
        const Index steps = steps_of(images.view());
        return Code::infer(*this, images.view().data(), steps, detail::batch_of(images.view()), state);
    }

    /// A new stream, before its first step.
    State start() const { return State{}; }

    /// One more step of a stream. Takes a frame [N, H, W, C], and returns the mean of the logits of all steps so far.
    /// After as many calls as the network has steps the result is that of `infer`. If a learnt position encoding has
    /// values per step, one step more is an Error, and the stream begins again at the next call.
    const Logits& step(const TensorArgument<Scalar, 4>& frame, State& state) const {
        detail::check_images<In>(frame.view());
        return Code::infer(*this, frame.view().data(), 1, detail::batch_of(frame.view()), state);
    }

    /// Calls visitor(name, layer, the trees' parts...) for every layer, in the order of the network. Layers inside
    /// residual blocks count too. A tree is an object of type Parameters (such as the gradients or a momentum), Tape or
    /// State of this network; it may be const. Its part is the Parameters, Tape or State of the layer. The name ends
    /// with a dot, because it is the beginning of the parameters' names.
    template <class Visitor, class... Trees>
    void for_each_layer(Visitor&& visitor, Trees&... trees) {
        Chain::for_each(layers(), visitor, tree(trees)...);
    }
    /// The same for a network that does not change.
    template <class Visitor, class... Trees>
    void for_each_layer(Visitor&& visitor, Trees&... trees) const {
        Chain::for_each(layers_, visitor, tree(trees)...);
    }

    /// The layer with this name: net.layer<"stem.1">(). If no layer has this name, the program does not compile. Call
    /// this function again after each `infer`. A stream packs its weights again after a call of this function; it does
    /// not see a change through an older reference.
    template <FixedString Name>
    auto& layer() {
        return Chain::template layer<Name>(layers());
    }
    /// The same for a network that does not change.
    template <FixedString Name>
    const auto& layer() const {
        return Chain::template layer<Name>(layers_);
    }

    /// Calls visitor(ParameterName, tensor, the trees' tensors...) for every trainable tensor. A tree is an object of
    /// type Parameters.
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) {
        Chain::visit(layers(), "", visitor, trees...);
    }
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) const {
        Chain::visit(layers_, "", visitor, trees...);
    }
    /// Calls visitor(ParameterName, tensor) for everything that is saved with the weights but is not trained: running
    /// averages, fixed encodings, constant M and N. Counters of batches are a std::int64_t in place of a tensor.
    template <class Visitor>
    void visit_statistics(Visitor&& visitor) {
        Chain::visit_statistics(layers(), "", visitor);
    }
    template <class Visitor>
    void visit_statistics(Visitor&& visitor) const {
        Chain::visit_statistics(layers_, "", visitor);
    }

    /// Adds the lines of `plan<Net>()`.
    static void describe(Plan& plan) { Chain::describe(plan, Chain::names.data()); }

    /// The number of trainable values.
    Index parameter_count() const { return parameter_count(options_.steps); }

    /// T, the number of time steps that the network was built for.
    Index steps() const { return options_.steps; }

    /// Sets the gradients to zero. The step of an optimiser does this too. Only a loop without such a step calls it.
    void zero_gradients() {
        const auto set_zero = [](const ParameterName&, const auto&, auto& gradient) {
            for_parts(gradient.size(), [&](Index first, Index last) {
                std::fill(gradient.data() + first, gradient.data() + last, Scalar(0));
            });
        };
        Chain::visit(layers_, "", set_zero, gradients);
    }

    Parameters gradients;  ///< backward adds to them, the step of an optimiser sets them to zero

 private:
    using Code = NetworkCode<Network>;
    friend Code;

    Network(const NetworkOptions& options, Random random)
        : layers_(Code::layers(detail::checked_setup(options), random)), options_(options) {
        set_zero_like(layers_, gradients);
    }

    /// The layers, for a call that may change them: streams then pack their weights again.
    Chain& layers() {
        revision_ = detail::next_revision();
        return layers_;
    }

    static Call call_of(Tape& tape) { return {tape.steps_, tape.batch_, tape.arena, nullptr, 0, tape.is_fused_}; }

    static Parameters& tree(Parameters& parameters) { return parameters; }
    static const Parameters& tree(const Parameters& parameters) { return parameters; }
    static auto& tree(auto& tape_or_state) { return tape_or_state.layers_; }

    /// The number of steps of a call. Throws an Error if the images do not fit.
    Index steps_of(const typename GivenImages::View& images) const {
        return detail::checked_steps<In>(images, options_.steps, options_.any_steps);
    }

    Call call_of(Index steps, Index batch, Arena& arena, Random* random) const {
        return {steps, batch, arena, random, revision_, options_.fuse};
    }

    Chain layers_;
    NetworkOptions options_;
    std::uint64_t revision_ = detail::next_revision();
};

}  // namespace STAA_ABI
}  // namespace staa

#include "staa/networks/network_code.hpp"
