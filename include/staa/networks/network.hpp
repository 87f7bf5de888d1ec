// SPDX-License-Identifier: MIT
// A network: layers from images to logits, with the four calls of a user: forward, backward, infer, step.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "staa/core/parallel.hpp"
#include "staa/networks/for_each_layer.hpp"
#include "staa/networks/logits.hpp"
#include "staa/networks/network_options.hpp"
#include "staa/networks/network_tape.hpp"
#include "staa/networks/sequential.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {
/// A number that no weights of this program have had. Copies of a network share theirs until one of them changes.
inline std::uint64_t next_revision() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}
}  // namespace detail

/// A spiking network: layers from an input map to logits [N, classes], the mean of the last layer's output over time.
/// The first argument is the only shape; it says too whether the input is an image, shown at every step (images
/// [N, H, W, C]), or a frame a step (images [T, N, H, W, C]).
template <class In, class... Layers>
class Network {
    static_assert(IsMap<In>,
                  "staa::Network: its first argument is the input, Image<channels, height, width> or Frames<..>");

 public:
    using Chain = typename Sequential<Layers...>::template at<In>;
    using Input = In;
    using Output = typename Chain::Output;
    using Scalar = typename In::Scalar;
    using Parameters = typename Chain::Parameters;
    static_assert(
        Output::height == 1 && Output::width == 1 && !Output::is_spikes,
        "staa::Network: its last layer must give one analog value per class; end with GlobalAvgPool, Linear<classes>");
    static constexpr int classes = Output::channels;

    /// What one image costs over `steps` steps. Every step counts, those of a static image's first layers too, as in papers.
    static constexpr Operations operations(Index steps) {
        return {steps * Chain::operations.multiply_accumulates, steps * Chain::operations.accumulates};
    }
    /// How many trainable values a network of `steps` steps has.
    static constexpr Index parameter_count(Index steps) { return Chain::parameter_count(steps); }

    /// Images [N, H, W, C], or frames [T, N, H, W, C].
    using Images = Tensor<Scalar, In::is_constant ? 4 : 5>;
    /// [N, classes]
    using Logits = Tensor<Scalar, 2>;

    using Tape = NetworkTape<Chain>;
    using State = NetworkState<Chain>;

    explicit Network(const NetworkOptions& options) : Network(options, Random(options.seed)) {}

    /// Logits in training mode: batch statistics, time-step random dropout. Does not change the network.
    Logits forward(const Images& images, Tape& tape) const {
        detail::check_images<In>(images);
        const Call call = call_of(steps_of(images), images, tape.arena, tape.draw_dropout ? &tape.random : nullptr);
        tape.steps_ = 0;  // the tape is empty until all layers have run
        detail::copy_images<In>(images, tape.input_, call);
        Analog<Scalar> y;
        layers_.forward(tape.input_, y, tape.layers_, call);
        tape.steps_ = call.steps;
        tape.is_absorbed_ = false;
        tape.batch_ = call.batch;
        return detail::mean_over_time(y);
    }

    /// Adds the gradient of every parameter to `gradients`, from d_logits [N, classes] and the tape of the last forward,
    /// and lets the running averages take in the statistics of that forward, once per forward.
    void backward(const Logits& d_logits, Tape& tape) {
        if (tape.steps_ == 0) {
            fail("staa::Network::backward: the tape is empty; call forward with it first");
        }
        if (d_logits.dimension(0) != tape.batch_ || d_logits.dimension(1) != classes) {
            fail("staa::Network::backward: the gradient is [", d_logits.dimension(0), ", ", d_logits.dimension(1),
                 "], but the logits were [", tape.batch_, ", ", classes, "]");
        }
        const Call call{tape.steps_, tape.batch_, tape.arena, nullptr, 0, options_.fuse};
        Analog<Scalar> dy = detail::spread_over_time<Output>(d_logits, call);
        layers_.backward(tape.input_, std::move(dy), nullptr, gradients, tape.layers_, call);
        if (!tape.is_absorbed_) {
            layers().absorb(tape.layers_, call);
            tape.is_absorbed_ = true;
        }
    }

    /// Logits in evaluation mode: running averages, no dropout.
    Logits infer(const Images& images) const {
        State state = start();
        return infer(images, state);
    }

    /// The same in the memory of `state`, whose stream begins anew. As long as the weights, the sizes and the kernels that
    /// convolutions take stay, only the first call asks for memory, and packs the weights. The logits belong to `state` and
    /// hold until its next call.
    const Logits& infer(const Images& images, State& state) const {
        restart(state.layers_);
        state.logits_.steps = 0;
        return advance(images, steps_of(images), state);
    }

    /// A stream that has seen nothing.
    State start() const { return State{}; }

    /// One more step of a stream: frame [N, H, W, C] in, the mean of the logits so far out. As many calls as the network
    /// has steps give what `infer` gives. One step more than a learnt encoding has is an Error, after which the stream
    /// begins anew.
    const Logits& step(const Tensor<Scalar, 4>& frame, State& state) const { return advance(frame, 1, state); }

    /// Calls visitor(name, layer, the trees' parts...) for every layer, those within residual blocks too, in the order of the
    /// network. A tree is a Parameters (the gradients, a momentum), a Tape or a State of this network, or a const one; its
    /// part is the layer's own Parameters, Tape or State. The name has a dot at the end, as the names of parameters begin.
    template <class Visitor, class... Trees>
    void for_each_layer(Visitor&& visitor, Trees&... trees) {
        Chain::for_each(layers(), visitor, tree(trees)...);
    }
    template <class Visitor, class... Trees>
    void for_each_layer(Visitor&& visitor, Trees&... trees) const {
        Chain::for_each(layers_, visitor, tree(trees)...);
    }

    /// The layer with this name: net.layer<"stem.1">(). A name that no layer has does not compile. Keep no reference over an
    /// `infer`: a stream packs its weights anew after a call of this function, and not after a change through a reference.
    template <FixedString Name>
    auto& layer() {
        return Chain::template layer<Name>(layers());
    }
    template <FixedString Name>
    const auto& layer() const {
        return Chain::template layer<Name>(layers_);
    }

    /// Calls visitor(ParameterName, tensor, trees' tensors...) for every trainable tensor. Trees are Parameters.
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) {
        Chain::visit(layers(), "", visitor, trees...);
    }
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) const {
        Chain::visit(layers_, "", visitor, trees...);
    }
    /// The same for what belongs to the weights but is not trained: running averages, fixed encodings, constant M and N,
    /// and the counters of batches, which are a std::int64_t in a tensor's place.
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

    /// How many trainable values there are.
    Index parameter_count() const { return parameter_count(options_.steps); }

    Index steps() const { return options_.steps; }

    /// Sets the gradients to zero, for a loop without an optimiser's step, which does this too.
    void zero_gradients() {
        const auto set_zero = [](const ParameterName&, const auto&, auto& gradient) {
            for_parts(gradient.size(), [&](Index first, Index last) {
                std::fill(gradient.data() + first, gradient.data() + last, Scalar(0));
            });
        };
        Chain::visit(layers_, "", set_zero, gradients);
    }

    Parameters gradients;  ///< added to by backward, set to zero by an optimiser's step

 private:
    Network(const NetworkOptions& options, Random random)
        : layers_(detail::checked_setup(options), random), options_(options) {
        set_zero_like(layers_, gradients);
    }

    /// The layers, to be changed: streams then pack their weights anew.
    Chain& layers() {
        revision_ = detail::next_revision();
        return layers_;
    }

    static Parameters& tree(Parameters& parameters) { return parameters; }
    static const Parameters& tree(const Parameters& parameters) { return parameters; }
    static auto& tree(Tape& tape) { return tape.layers_; }
    static const auto& tree(const Tape& tape) { return tape.layers_; }
    static auto& tree(State& state) { return state.layers_; }
    static const auto& tree(const State& state) { return state.layers_; }

    Index steps_of(const Images& images) const {
        if constexpr (In::is_constant) {
            return options_.steps;
        } else {
            return images.dimension(0);
        }
    }

    template <class AnyImages>
    Call call_of(Index steps, const AnyImages& images, Arena& arena, Random* random) const {
        return {steps, images.dimension(AnyImages::NumDimensions - 4), arena, random, revision_, options_.fuse};
    }

    template <class AnyImages>
    const Logits& advance(const AnyImages& images, Index steps, State& state) const {
        detail::check_images<In>(images);
        const Call call = call_of(steps, images, state.arena_, nullptr);
        const Index taken = state.logits_.steps;
        if (taken == 0) {
            restart(state.layers_);
        } else {
            check_stream(state.logits_.sum.dimension(0), call.batch);
        }
        state.logits_.steps =
            0;  // after an Error on the way the stream begins anew: its layers may be at different steps
        Analog<Scalar> input, y;
        detail::copy_images<In>(images, input, call);
        layers_.infer(input, y, state.layers_, call);
        state.logits_.steps = taken;
        return state.logits_.add(y, steps);
    }

    Chain layers_;
    NetworkOptions options_;
    std::uint64_t revision_ = detail::next_revision();
};

/// What forward leaves for backward.
template <class Net>
using Tape = typename Net::Tape;
/// What a stream leaves for its next step.
template <class Net>
using State = typename Net::State;

}  // namespace STAA_ABI
}  // namespace staa
