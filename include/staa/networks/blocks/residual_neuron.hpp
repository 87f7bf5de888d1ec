// SPDX-License-Identifier: MIT
// The block of a residual sum and neurons.
#pragma once

#include "staa/layers/neurons/currents.hpp"
#include "staa/networks/blocks/kept.hpp"

namespace staa {
inline namespace STAA_ABI {

/// spikes = neuron(sum), where sum = body(x) + shortcut(x). If both paths can compute their maps again, the sum is
/// never stored: in forward and in backward the neurons request it map by map. Paths that end in a batch norm can, and
/// so can the identity. In inference the neurons request large maps one by one, if the shortcut is the identity.
template <class Sum, class Neuron>
class ResidualNeuron : public Row<Sum, Neuron> {
    using Plain = Row<Sum, Neuron>;

 public:
    using Plain::Plain;
    using typename Plain::Input, typename Plain::Output, typename Plain::Scalar;
    using typename Plain::Parameters, typename Plain::Tape, typename Plain::State;

    void forward(const SignalOf<Input>& x, SignalOf<Output>& spikes, Tape& tape, const Call& call) const {
        if constexpr (Sum::remakes_maps) {
            if (call.fuse) {
                const auto& [sum, neuron] = this->parts;
                auto& [sum_tape, neuron_tape] = tape.parts;
                sum.prepare(x, sum_tape, call);
                const auto maps = maps_of_sum(x, sum_tape);
                neuron.forward(Currents<Scalar>::made_by(maps), spikes, neuron_tape, call);
                return;
            }
        }
        Plain::forward(x, spikes, tape, call);
    }

    void backward(const SignalOf<Input>& x, PassedGradient<Scalar> d_spikes, Analog<Scalar>* dx, Parameters& gradients,
                  Tape& tape, const Call& call) const {
        if constexpr (Sum::remakes_maps) {
            if (call.fuse) {
                const auto& [sum, neuron] = this->parts;
                auto& [sum_tape, neuron_tape] = tape.parts;
                auto& [sum_gradients, neuron_gradients] = gradients;
                Analog<Scalar> d_sum;
                const auto maps = maps_of_sum(x, sum_tape);
                neuron.backward(Currents<Scalar>::made_by(maps), d_spikes, &d_sum, neuron_gradients, neuron_tape, call);
                d_spikes.release();
                sum.backward(x, d_sum, dx, sum_gradients, sum_tape, call);
                return;
            }
        }
        Plain::backward(x, d_spikes, dx, gradients, tape, call);
    }

    void infer(const SignalOf<Input>& x, SignalOf<Output>& spikes, State& state, const Call& call) const {
        if constexpr (Sum::infers_maps) {
            if (call.fuse) {
                const auto& [sum, neuron] = this->parts;
                const auto maps = sum.maps(x, std::get<0>(state), call);
                neuron.infer(Currents<Scalar>::made_by(maps), spikes, std::get<1>(state), call);
                return;
            }
        }
        Plain::infer(x, spikes, state, call);
    }

    static void describe(Plan& plan, const LayerName* names) {
        const std::string training = Sum::remakes_maps ? "makes the sum map by map, keeps " : "keeps 1 map + ";
        plan.add_line("residual sum + " + Plan::joined(names + Sum::layer_count, 1) + ": training " + training +
                      detail::kept_by<Neuron>() + "; inference " +
                      (Sum::infers_maps ? "map by map" : "with whole maps"));
        Sum::describe_paths(plan, names);
    }

 private:
    auto maps_of_sum(const SignalOf<Input>& x, const typename Sum::Tape& tape) const {
        return [this, &x, &tape](Index image, Scalar* y) {
            std::get<0>(this->parts).make_map(x, tape, image, Write::over, y);
        };
    }
};

}  // namespace STAA_ABI
}  // namespace staa
