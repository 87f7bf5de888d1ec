// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <string>

#include "staa/core/parallel.hpp"
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

/// What a network is built with.
struct NetworkOptions {
    Index steps = 4;                                             ///< T, at least 1
    std::uint64_t seed = 0;                                      ///< of the initial parameters
    NeuronOptions neuron{};                                      ///< for every neuron of the network
    ConvolutionChoice convolution = ConvolutionChoice::by_rate;  ///< for every convolution of spikes
};

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
        "staa::Network: its last layer must give one analog value a class; end with GlobalAvgPool, Linear<classes>");
    static constexpr int classes = Output::channels;

    /// What one image costs over `steps` steps, every step computed, the static image's first layers too, as papers count.
    static constexpr Operations operations(Index steps) {
        return {steps * Chain::operations.multiply_accumulates, steps * Chain::operations.accumulates};
    }
    /// How many trainable values a network of `steps` steps has.
    static constexpr Index parameter_count(Index steps) { return Chain::parameter_count(steps); }

    /// Images [N, H, W, C], or frames [T, N, H, W, C].
    using Images = Tensor<Scalar, In::is_constant ? 4 : 5>;
    /// [N, classes]
    using Logits = Tensor<Scalar, 2>;

    /// What forward leaves for backward. One a training loop; the second batch finds the first one's memory.
    class Tape {
     public:
        /// The seed is that of time-step random dropout.
        explicit Tape(std::uint64_t seed = 0) : random(Random(seed).split(1)) {}  // not the numbers of the weights
        Arena arena;
        Random random;
        bool draw_dropout = true;  ///< false: each layer's last pattern stands (none on a new tape)

     private:
        friend class Network;
        typename Chain::Tape chain_;
        Analog<Scalar> input_;
        Index steps_ = 0, batch_ = 0;
        bool is_absorbed_ = false;
    };

    /// What a stream leaves for its next step: it can be copied, saved (io/saved_stream.hpp), and `start` gives a new one.
    class State {
     public:
        using Scalar = typename Network::Scalar;
        Index steps() const { return steps_; }
        /// N; 0 where the stream has not begun.
        Index images() const { return steps_ == 0 ? 0 : sum_.dimension(0); }

        /// Calls visitor(ParameterName, tensor) for every tensor, named and shaped as for `batch` images, and
        /// visit_step(steps) for every number of steps taken; they are all the same.
        template <class Visitor, class StepVisitor>
        void visit(Index batch, Visitor&& visitor, StepVisitor&& visit_step) {
            visit_parts(*this, batch, visitor, visit_step);
        }
        template <class Visitor, class StepVisitor>
        void visit(Index batch, Visitor&& visitor, StepVisitor&& visit_step) const {
            visit_parts(*this, batch, visitor, visit_step);
        }

     private:
        template <class Self, class Visitor, class StepVisitor>
        static void visit_parts(Self& self, Index batch, Visitor& visitor, StepVisitor& visit_step) {
            visit_step(self.steps_);
            visitor(ParameterName{"logits_sum", Layout::same, {batch, classes}}, self.sum_);
            Chain::visit_state(self.chain_, batch, "", visitor, visit_step);
        }

        friend class Network;
        Arena arena_{Arena::Fit::exact};
        typename Chain::State chain_;
        Logits sum_, mean_;
        Index steps_ = 0;
    };

    explicit Network(const NetworkOptions& options) : Network(options, Random(options.seed)) {}

    /// Logits in training mode: batch statistics, time-step random dropout. Does not change the network.
    Logits forward(const Images& images, Tape& tape) const {
        check(images);
        const Call call{steps_of(images), images.dimension(Images::NumDimensions - 4), tape.arena,
                        tape.draw_dropout ? &tape.random : nullptr};
        tape.steps_ = 0;  // empty until the chain has run
        copy_in(images, tape.input_, call);
        Analog<Scalar> y;
        chain_.forward(tape.input_, y, tape.chain_, call);
        tape.steps_ = call.steps;
        tape.is_absorbed_ = false;
        tape.batch_ = call.batch;
        return mean_over_time(y);
    }

    /// Adds the gradient of every parameter to `gradients`, from d_logits [N, classes] and the tape of the last forward,
    /// and lets the running averages take in that forward's statistics, once a forward.
    void backward(const Logits& d_logits, Tape& tape) {
        if (tape.steps_ == 0) {
            fail("staa::Network::backward: the tape is empty; call forward with it first");
        }
        if (d_logits.dimension(0) != tape.batch_ || d_logits.dimension(1) != classes) {
            fail("staa::Network::backward: the gradient is [", d_logits.dimension(0), ", ", d_logits.dimension(1),
                 "], but the logits were [", tape.batch_, ", ", classes, "]");
        }
        const Call call{tape.steps_, tape.batch_, tape.arena, nullptr};
        const Analog<Scalar> dy = spread_over_time(d_logits, call);
        chain_.backward(tape.input_, dy, nullptr, gradients, tape.chain_, call);
        if (!tape.is_absorbed_) {
            chain().absorb(tape.chain_, call);
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
        restart(state.chain_);
        state.steps_ = 0;
        return advance(images, steps_of(images), state);
    }

    /// A stream that has seen nothing.
    State start() const { return State{}; }

    /// One more step of a stream: frame [N, H, W, C] in, the mean of the logits so far out. As many calls as the network
    /// has steps give what `infer` gives. One step more than a learnt encoding has is an Error, after which the stream
    /// begins anew.
    const Logits& step(const Tensor<Scalar, 4>& frame, State& state) const { return advance(frame, 1, state); }

    /// Calls visitor(ParameterName, tensor, trees' tensors...) for every trainable tensor. Trees are Parameters.
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) {
        Chain::visit(chain(), "", visitor, trees...);
    }
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) const {
        Chain::visit(chain(), "", visitor, trees...);
    }
    /// The same for what belongs to the weights but is not trained: running averages, fixed encodings, constant M and N,
    /// and the counters of batches, which are a std::int64_t in a tensor's place.
    template <class Visitor>
    void visit_statistics(Visitor&& visitor) {
        Chain::visit_statistics(chain(), "", visitor);
    }
    template <class Visitor>
    void visit_statistics(Visitor&& visitor) const {
        Chain::visit_statistics(chain(), "", visitor);
    }

    /// Calls visitor(name, ConvolutionUse) for every convolution: how its input fired in the tape's last forward
    /// and which kernels it took. The name is the layer's, as in its parameters' names, with a dot at the end.
    template <class Visitor>
    void visit_convolutions(const Tape& tape, Visitor&& visitor) const {
        Chain::visit_convolutions(tape.chain_, "", visitor);
    }

    /// How many trainable values there are.
    Index parameter_count() const { return parameter_count(options_.steps); }

    Index steps() const { return options_.steps; }

    /// The layers. Who asks for them in order to change them makes streams pack their weights anew.
    const Chain& chain() const { return chain_; }
    Chain& chain() {
        revision_ = detail::next_revision();
        return chain_;
    }

    /// For who goes without an optimiser's step, which does this too.
    void zero_gradients() {
        Chain::visit(
            chain_, "",
            [](const ParameterName&, const auto&, auto& gradient) {
                for_parts(gradient.size(), [&](Index first, Index last) {
                    std::fill(gradient.data() + first, gradient.data() + last, Scalar(0));
                });
            },
            gradients);
    }

    Parameters gradients;  ///< added to by backward, set to zero by an optimiser's step

 private:
    Network(const NetworkOptions& options, Random random) : chain_(checked(options), random), options_(options) {
        set_zero_like(chain_, gradients);
    }

    static Setup checked(const NetworkOptions& options) {
        const NeuronOptions& neuron = options.neuron;
        if (options.steps < 1) {
            fail("staa::Network: ", options.steps, " steps; at least 1 is needed");
        }
        check_positive("surrogate_width", neuron.surrogate_width);
        check_positive("surrogate_sharpness", neuron.surrogate_sharpness);
        check_positive("context_scale", neuron.context_scale);
        check_positive("attention_scale", neuron.attention_scale);
        if (!std::isfinite(neuron.threshold) || !std::isfinite(neuron.leak)) {
            fail("staa::Network: threshold is ", neuron.threshold, " and leak ", neuron.leak, "; both must be finite");
        }
        if (!(neuron.step_dropout >= 0 && neuron.step_dropout <= 1)) {
            fail("staa::Network: step_dropout is ", neuron.step_dropout, "; a probability lies in [0, 1]");
        }
        return {options.steps, neuron, options.convolution};
    }

    static void check_positive(const char* name, double value) {
        if (!(value > 0 && std::isfinite(value))) {
            fail("staa::Network: ", name, " is ", value, "; it must be above 0");
        }
    }

    Index steps_of(const Images& images) const {
        if constexpr (In::is_constant) {
            return options_.steps;
        } else {
            return images.dimension(0);
        }
    }

    /// Throws unless the images have the input's shape.
    template <class AnyImages>
    static void check(const AnyImages& images) {
        constexpr int first = AnyImages::NumDimensions - 4;
        if (images.dimension(first + 1) != In::height || images.dimension(first + 2) != In::width ||
            images.dimension(first + 3) != In::channels || images.size() == 0) {
            std::string found;
            for (int i = 0; i < AnyImages::NumDimensions; ++i) {
                found += (i > 0 ? ", " : "") + std::to_string(images.dimension(static_cast<std::size_t>(i)));
            }
            fail("staa::Network: the images are [", found, "]; expected [", first == 1 ? "T, " : "", "N, ", In::height,
                 ", ", In::width, ", ", In::channels, "] with at least one image");
        }
    }

    template <class AnyImages>
    static void copy_in(const AnyImages& images, Analog<Scalar>& input, const Call& call) {
        input.resize(call.arena, In::extents(call.steps, call.batch));
        std::copy_n(images.data(), images.size(), input.data());
    }

    static Logits mean_over_time(const Analog<Scalar>& y) {
        const Extents& e = y.extents();
        Logits logits(e.batch, e.channels);
        logits.setZero();
        for (Index image = 0; image < e.images(); ++image) {
            for (Index c = 0; c < e.channels; ++c) {
                logits(image % e.batch, c) += y.map(image)[c];
            }
        }
        return logits * (Scalar(1) / static_cast<Scalar>(e.steps));
    }

    /// The derivative of the mean: every step gets 1/T of the gradient.
    static Analog<Scalar> spread_over_time(const Logits& d_logits, const Call& call) {
        Analog<Scalar> dy;
        dy.resize(call.arena, Output::extents(call.steps, call.batch));
        const Index steps = dy.extents().steps, size = d_logits.size();
        for (Index i = 0; i < steps * size; ++i) {
            dy.data()[i] = d_logits.data()[i % size] / static_cast<Scalar>(steps);
        }
        return dy;
    }

    template <class AnyImages>
    const Logits& advance(const AnyImages& images, Index steps, State& state) const {
        check(images);
        const Call call{steps, images.dimension(AnyImages::NumDimensions - 4), state.arena_, nullptr, revision_};
        const Index taken = state.steps_;
        if (taken == 0) {
            restart(state.chain_);
        } else {
            check_stream(state.sum_.dimension(0), call.batch);
        }
        state.steps_ = 0;  // what fails on the way leaves a stream that begins anew, not layers at different steps
        Analog<Scalar> input, y;
        copy_in(images, input, call);
        chain_.infer(input, y, state.chain_, call);
        state.steps_ = taken;
        return accumulate(y, steps, state);
    }

    /// The mean over all steps of the stream. A chain without neurons gives the same at every step: then it is stored once.
    static const Logits& accumulate(const Analog<Scalar>& y, Index steps, State& state) {
        const Extents& e = y.extents();
        if (state.steps_ == 0) {
            state.sum_.resize(e.batch, e.channels);
            state.mean_.resize(e.batch, e.channels);
            state.sum_.setZero();
        }
        for (Index t = 0; t < steps; ++t) {
            const Scalar* step = y.map(std::min(t, e.steps - 1) * e.batch);
            for (Index i = 0; i < state.sum_.size(); ++i) {
                state.sum_.data()[i] += step[i];
            }
        }
        state.steps_ += steps;
        state.mean_ = state.sum_ * (Scalar(1) / static_cast<Scalar>(state.steps_));
        return state.mean_;
    }

    Chain chain_;
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
