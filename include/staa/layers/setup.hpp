// SPDX-License-Identifier: MIT
// What a network tells its layers: the options that they are built with, and what they share in one call.
#pragma once

#include <tuple>

#include "staa/core/process_group.hpp"
#include "staa/core/random.hpp"
#include "staa/core/tensor.hpp"
#include "staa/layers/convolution/convolution_choice.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Run-time constants of the neurons. The names of the paper are in brackets.
struct NeuronOptions {
    double threshold = 1.0;  ///< v_th; whether it must be reached or exceeded is the neuron's type
    double leak = 0.25;      ///< share of the potential that stays after a step (tau); where it is learnt, its start
    double surrogate_width = 1.0;      ///< width of the surrogate's window (a), or `critical_width` (docs/learning.md)
    double surrogate_sharpness = 3.0;  ///< k of the surrogate Tanh; the others have none
    bool detach_reset = false;         ///< backward treats the reset as a constant
    double context_scale = 2.0;        ///< scale of global context's gate; 2 starts it as the identity
    double attention_scale = 2.0;      ///< scale of step attention's gate (alpha)
    double step_dropout = 0.1;         ///< probability that a training step skips the aggregator (TSRD, p)
};

/// How the weights of the layer Conv2d start. The weights of Linear and of the neurons' attention are uniform always.
enum class Initialisation {
    uniform,  ///< uniform in ±1/sqrt(fan_in), PyTorch's default
    /// Normal with variance 2 / (kernel² · output channels) (He et al., 2015), as torch.nn.init.kaiming_normal_ with
    /// mode="fan_out" and nonlinearity="relu".
    he_fan_out,
};

/// What every layer of a network is built with.
struct Setup {
    Index steps = 4;  ///< T
    NeuronOptions neuron{};
    ConvolutionChoice convolution = ConvolutionChoice::by_rate;  ///< for every convolution
    Initialisation initialisation = Initialisation::uniform;     ///< of the weights of every Conv2d
};

/// What all layers of one call share.
struct Call {
    Index steps;                    ///< T of this call
    Index batch;                    ///< N
    Arena& arena;                   ///< memory for what lives no longer than the call
    Random* random;                 ///< for dropout; null: nothing is drawn, and a pattern that the tape holds stands
    std::uint64_t revision = 0;     ///< of the weights: two calls of one revision have the same weights; 0: unknown
    bool fuse = true;               ///< false: every layer runs for itself (NetworkOptions::fuse)
    ProcessGroup* group = nullptr;  ///< the processes that share the batch; null: this one has all of it
    BatchShare share{};             ///< where the images of this process lie in that batch
};

/// What happens to the values that are there.
enum class Write { over, add };

/// Throws unless a stream is continued with the batch that it began with.
inline void check_stream(Index batch_of_stream, Index batch) {
    if (batch_of_stream != batch) {
        fail("staa::Network::step: a stream of ", batch_of_stream, " images was continued with ", batch,
             "; keep the batch, or begin a new stream with start()");
    }
}

/// Nothing to keep: the Parameters, Tape or State of a layer that needs none.
struct Nothing {
    void restart() {}
};

/// Begins the stream of a layer's state, or of several layers' states, anew. What it holds of the weights stays.
template <class State>
void restart(State& state) {
    state.restart();
}
template <class... States>
void restart(std::tuple<States...>& states) {
    std::apply([](auto&... state) { (restart(state), ...); }, states);
}

/// What convolutions, linear layers and the attentions' products cost for one image and step; elementwise work is not
/// counted. A convolution counts every tap, those over the edge too, as papers do.
struct Operations {
    Index multiply_accumulates = 0;  ///< with an analog input: one multiplication and one addition each
    Index accumulates = 0;           ///< with a spike input: one addition where there is a spike

    /// All operations.
    constexpr Index total() const { return multiply_accumulates + accumulates; }
    /// The operations of both.
    friend constexpr Operations operator+(Operations a, Operations b) {
        return {a.multiply_accumulates + b.multiply_accumulates, a.accumulates + b.accumulates};
    }
};

}  // namespace STAA_ABI
}  // namespace staa
