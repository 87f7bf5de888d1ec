// SPDX-License-Identifier: MIT
// The block of a batch norm and neurons, without a convolution before them.
#pragma once

#include "staa/layers/neurons/currents.hpp"
#include "staa/networks/blocks/kept.hpp"

namespace staa {
inline namespace STAA_ABI {

/// spikes = neuron(norm(x)). In training the neurons multiply batch norm's scale and shift into their own coefficients,
/// so the output of batch norm is never stored. In inference the two layers run for themselves.
template <class Norm, class Neuron>
class NormNeuron : public Row<Norm, Neuron> {
    using Plain = Row<Norm, Neuron>;

 public:
    using Plain::Plain;
    using typename Plain::Input, typename Plain::Output, typename Plain::Scalar;
    using typename Plain::Parameters, typename Plain::Tape;

    void forward(const SignalOf<Input>& x, SignalOf<Output>& spikes, Tape& tape, const Call& call) const {
        if (!call.fuse) {
            Plain::forward(x, spikes, tape, call);
            return;
        }
        const auto& [norm, neuron] = this->parts;
        auto& [norm_tape, neuron_tape] = tape.parts;
        norm.prepare(x, norm_tape, call);
        neuron.forward(norm.currents(x, norm_tape), spikes, neuron_tape, call);
    }

    void backward(const SignalOf<Input>& x, PassedGradient<Scalar> d_spikes, Analog<Scalar>* dx, Parameters& gradients,
                  Tape& tape, const Call& call) const {
        if (!call.fuse) {
            Plain::backward(x, d_spikes, dx, gradients, tape, call);
            return;
        }
        const auto& [norm, neuron] = this->parts;
        auto& [norm_tape, neuron_tape] = tape.parts;
        auto& [norm_gradients, neuron_gradients] = gradients;
        Analog<Scalar> d_normalised;
        neuron.backward(norm.currents(x, norm_tape), d_spikes, &d_normalised, neuron_gradients, neuron_tape, call);
        d_spikes.release();
        norm.backward(x, d_normalised, dx, norm_gradients, norm_tape, call);
    }

    static void describe(Plan& plan, const LayerName* names) {
        plan.add(names, 2, "training keeps " + detail::kept_by<Neuron>() + "; inference with whole maps");
    }
};

}  // namespace STAA_ABI
}  // namespace staa
