// SPDX-License-Identifier: MIT
// The block of a convolution and neurons, without a norm between them.
#pragma once

#include "staa/layers/neurons/currents.hpp"
#include "staa/networks/blocks/kept.hpp"

namespace staa {
inline namespace STAA_ABI {

/// spikes = neuron(conv(x)). In training the two layers run for themselves. In inference large maps go from the
/// convolution to the neurons one by one.
template <class Conv, class Neuron>
class ConvNeuron : public Row<Conv, Neuron> {
    using Plain = Row<Conv, Neuron>;

 public:
    using Plain::Plain;
    using typename Plain::Input, typename Plain::Output, typename Plain::Scalar, typename Plain::State;

    void infer(const SignalOf<Input>& x, SignalOf<Output>& spikes, State& state, const Call& call) const {
        if constexpr (Conv::infers_maps) {
            if (call.fuse) {
                const auto& [conv, neuron] = this->parts;
                const auto maps = conv.maps(x, std::get<0>(state), call);
                neuron.infer(Currents<Scalar>::made_by(maps), spikes, std::get<1>(state), call);
                return;
            }
        }
        Plain::infer(x, spikes, state, call);
    }

    static void describe(Plan& plan, const LayerName* names) {
        plan.add(names, 2,
                 "training keeps 1 map + " + detail::kept_by<Neuron>() + "; inference " +
                     (Conv::infers_maps ? "map by map" : "with whole maps"));
    }
};

}  // namespace STAA_ABI
}  // namespace staa
