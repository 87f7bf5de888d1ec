// SPDX-License-Identifier: MIT
// The block of a convolution, a batch norm and neurons. The networks of this library consist mostly of this block.
#pragma once

#include "staa/layers/neurons/currents.hpp"
#include "staa/networks/blocks/kept.hpp"
#include "staa/networks/fusible.hpp"

namespace staa {
inline namespace STAA_ABI {

/// spikes = neuron(norm(conv(x))). In training batch norm is a scale and a shift per channel. The neurons multiply them
/// into their own coefficients, so the output of batch norm is never stored. In inference batch norm is multiplied into
/// the convolution's weights, and large maps go from the convolution to the neurons one by one.
template <class Conv, class Norm, class Neuron>
class ConvNormNeuron : public Row<Conv, Norm, Neuron> {
    using Plain = Row<Conv, Norm, Neuron>;
    static_assert(detail::check_takes_norm<Conv, Norm>());

 public:
    using Plain::Plain;
    using typename Plain::Input, typename Plain::Output, typename Plain::Scalar;
    using typename Plain::Parameters, typename Plain::Tape, typename Plain::State;

    void forward(const SignalOf<Input>& x, SignalOf<Output>& spikes, Tape& tape, const Call& call) const {
        if (!call.fuse) {
            Plain::forward(x, spikes, tape, call);
            return;
        }
        const auto& [conv, norm, neuron] = this->parts;
        auto& [conv_tape, norm_tape, neuron_tape] = tape.parts;
        auto& current = std::get<0>(tape.between);
        conv.forward(x, current, conv_tape, call);
        norm.prepare(current, norm_tape, call);
        neuron.forward(norm.currents(current, norm_tape), spikes, neuron_tape, call);
    }

    /// The calls of forward in reverse order. d_normalised is the gradient of batch norm's output.
    void backward(const SignalOf<Input>& x, PassedGradient<Scalar> d_spikes, Analog<Scalar>* dx, Parameters& gradients,
                  Tape& tape, const Call& call) const {
        if (!call.fuse) {
            Plain::backward(x, d_spikes, dx, gradients, tape, call);
            return;
        }
        const auto& [conv, norm, neuron] = this->parts;
        auto& [conv_tape, norm_tape, neuron_tape] = tape.parts;
        auto& [conv_gradients, norm_gradients, neuron_gradients] = gradients;
        const auto& current = std::get<0>(tape.between);
        Analog<Scalar> d_normalised;
        neuron.backward(norm.currents(current, norm_tape), d_spikes, &d_normalised, neuron_gradients, neuron_tape,
                        call);
        d_spikes.release();
        conv.backward(x, norm.input_gradient(current, d_normalised, norm_gradients, norm_tape, call), dx,
                      conv_gradients, conv_tape, call);
    }

    void infer(const SignalOf<Input>& x, SignalOf<Output>& spikes, State& state, const Call& call) const {
        if (!call.fuse) {
            Plain::infer(x, spikes, state, call);
            return;
        }
        const auto& [conv, norm, neuron] = this->parts;
        auto& [conv_state, norm_state, neuron_state] = state;
        if constexpr (Conv::infers_maps) {
            const auto maps = conv.maps(x, conv_state, call, norm);
            neuron.infer(Currents<Scalar>::made_by(maps), spikes, neuron_state, call);
        } else {
            Analog<Scalar> current;
            conv.infer(x, current, conv_state, call, norm);
            neuron.infer(current, spikes, neuron_state, call);
        }
    }

    static void describe(Plan& plan, const LayerName* names) {
        plan.add(names, 3,
                 "training keeps 1 map + " + detail::kept_by<Neuron>() + "; inference " +
                     (Conv::infers_maps ? "map by map" : "with whole maps"));
    }
};

}  // namespace STAA_ABI
}  // namespace staa
