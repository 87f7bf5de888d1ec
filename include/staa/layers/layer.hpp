// SPDX-License-Identifier: MIT
// What a layer is, and the few things that all layers share.
//
// A layer is a description, an empty type such as `Conv2d<64>`. Where it meets the map `In` it becomes `at<In>`, which
// holds what belongs to the weights (parameters, running averages, a neuron's constants) and nothing of a call, and states
//     Input, Output          the maps; a join that doesn't fit is a static_assert at the top of `at`
//     Parameters             a struct of tensors; gradients and momentum are the same struct again
//     parameter_count(T)     trainable values, at compile time
//     operations             multiply-adds of one image and step, at compile time
//     Tape                   what one forward leaves for its backward
//     State                  what a stream leaves for its next step; `restart` begins anew
//     reads_input            whether backward reads the input: if not, the chain frees it after forward
//     at(setup, random)      parameters initialised as PyTorch does by default
//     forward(x, y, tape, call) const
//     backward(x, dy, dx, gradients, tape, call) const    dx overwritten (null: not wanted), gradients added to
//     infer(x, y, state, call) const                      running statistics, no tape, goes on from `state`
//     prepare(x, tape, call) const, make_map(x, tape, image, how, y) const    optional: `forward` in two parts, the second
//                                                         map by map; before a neuron that takes Currents, nobody keeps y
//     currents(x, tape) const                             optional, with the two before: y as a scale and a shift of x
//     input_gradient(x, dy, gradients, tape, call) const  optional: `backward` but for dx, which the convolution before
//                                                         makes on the way; see BatchNorm
//     absorb(tape, call)                                  running averages take in the statistics of one forward
//     visit(self, prefix, visitor, trees...)              every trainable tensor by its name
//     visit_statistics(self, prefix, visitor)             every other tensor, and counter, that belongs to the weights
//     visit_state(state, batch, prefix, visitor, visit_step)    optional: what a stream's State holds, tensors by their
//                                                         names, with the shapes for `batch` images, and steps taken
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "staa/core/random.hpp"
#include "staa/core/tensor.hpp"
#include "staa/layers/convolution/convolution_choice.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Run-time constants of the neurons. The names of the paper are in brackets.
struct NeuronOptions {
    double threshold = 1.0;  ///< v_th; whether it must be reached or exceeded is the neuron's type
    double leak = 0.25;      ///< share of the potential that stays after a step (tau); where it is learnt, its start
    double surrogate_width = 1.0;      ///< width of the surrogate's window (a)
    double surrogate_sharpness = 3.0;  ///< k of the surrogate Tanh; the others have none
    bool detach_reset = false;         ///< backward treats the reset as a constant
    double context_scale = 2.0;        ///< scale of global context's gate; 2 starts it as the identity
    double attention_scale = 2.0;      ///< scale of step attention's gate (alpha)
    double step_dropout = 0.1;         ///< probability that a training step skips the aggregator (TSRD, p)
};

/// What every layer of a network is built with.
struct Setup {
    Index steps = 4;  ///< T
    NeuronOptions neuron{};
    ConvolutionChoice convolution = ConvolutionChoice::by_rate;
};

/// What all layers of one call share.
struct Call {
    Index steps;                 ///< T of this call
    Index batch;                 ///< N
    Arena& arena;                ///< memory for what lives no longer than the call
    Random* random;              ///< for time-step random dropout; null: the pattern that the tape holds stands
    std::uint64_t revision = 0;  ///< of the weights: as long as it stays, so do they; 0: nothing is known
};

/// What becomes of the values that are there.
enum class Write { over, add };

/// How a tensor is laid out here, against PyTorch's state_dict.
enum class Layout {
    same,         ///< the same order
    matrix,       ///< here [in, out], there [out, in]
    convolution,  ///< here [kernel, kernel, in, out], there [out, in, kernel, kernel]
    map,          ///< here [.., height, width, channels], there [.., channels, height, width]
};

/// A tensor of the weights as PyTorch knows it: its dotted name and its shape in the reference's state_dict, and how it
/// is laid out here.
struct ParameterName {
    std::string text;
    Layout layout;
    std::vector<Index> shape;  ///< PyTorch's, with its extents of 1; empty for a single number
};

/// Throws unless a stream is continued with the batch that it began with.
inline void check_stream(Index batch_of_stream, Index batch) {
    if (batch_of_stream != batch) {
        fail("a stream of ", batch_of_stream, " images was continued with ", batch,
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
    Index multiply_accumulates = 0;  ///< with an analog input: a multiplication and an addition each
    Index accumulates = 0;           ///< with a spike input: an addition where there is a spike

    constexpr Index total() const { return multiply_accumulates + accumulates; }
    friend constexpr Operations operator+(Operations a, Operations b) {
        return {a.multiply_accumulates + b.multiply_accumulates, a.accumulates + b.accumulates};
    }
};

/// A string as a template argument.
template <std::size_t Size>
struct FixedString {
    char text[Size]{};
    constexpr FixedString(const char (&from)[Size]) {  // NOLINT: implicit, so that a literal can be written
        for (std::size_t i = 0; i < Size; ++i) {
            text[i] = from[i];
        }
    }
};

/// A layer whose parameters have a name of their own in place of the layer's number: Named<"fc", Linear<10>>. An empty
/// name leaves out the number too.
template <FixedString Name, class Layer>
struct Named {
    template <class In>
    using at = typename Layer::template at<In>;
};

/// The prefix of a child's parameter names: "stem." for Named<"stem", ..>, else its number and a dot.
template <class Layer>
struct ChildName {
    static std::string prefix(std::size_t number) { return std::to_string(number) + "."; }
};
template <FixedString Name, class Layer>
struct ChildName<Named<Name, Layer>> {
    static std::string prefix(std::size_t) { return Name.text[0] == '\0' ? "" : std::string(Name.text) + "."; }
};

/// Fills a tensor with uniform values in ±1/sqrt(fan_in): PyTorch's default for convolutions and linear layers.
template <class AnyTensor>
void initialise_uniform(AnyTensor& tensor, Index fan_in, Random& random) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(fan_in));
    for (Index i = 0; i < tensor.size(); ++i) {
        tensor.data()[i] = static_cast<typename AnyTensor::Scalar>(random.uniform(-bound, bound));
    }
}

/// A tensor of the same value everywhere.
template <class Scalar, class... Extent>
Tensor<Scalar, static_cast<int>(sizeof...(Extent))> filled(Scalar value, Extent... extents) {
    Tensor<Scalar, static_cast<int>(sizeof...(Extent))> tensor(static_cast<Eigen::Index>(extents)...);
    tensor.setConstant(value);
    return tensor;
}

/// Gives `gradients` the extents of the layer's parameters, and zeros.
template <class Layer>
void set_zero_like(const Layer& layer, typename Layer::Parameters& gradients) {
    Layer::visit(
        layer, "",
        [](const ParameterName&, const auto& parameter, auto& gradient) {
            gradient.resize(parameter.dimensions());
            gradient.setZero();
        },
        gradients);
}

}  // namespace STAA_ABI
}  // namespace staa
