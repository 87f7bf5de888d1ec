// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "staa/layers/contract.hpp"
#include "staa/layers/neurons/currents.hpp"

namespace network_times {

/// The firing rates that `Counted` neurons have left, one entry per layer and call.
inline std::vector<double>& counted_rates() {
    static std::vector<double> rates;
    return rates;
}

/// A neuron whose inference leaves its firing rate behind. It takes Currents and says that it is neurons, so a network of
/// such neurons is fused like the network that is timed.
template <class Neuron>
struct Counted {
    static constexpr staa::Role role = staa::Role::neurons;
    static constexpr const char* kind = "counted neurons";

    template <class In>
    struct at : Neuron::template at<In> {
        using Uncounted = typename Neuron::template at<In>;
        using Uncounted::Uncounted;

        void infer(const staa::Currents<typename In::Scalar>& x, staa::SignalOf<typename Uncounted::Output>& y,
                   typename Uncounted::State& state, const staa::Call& call) const {
            Uncounted::infer(x, y, state, call);
            counted_rates().push_back(y.firing_rate());
        }
    };
};

}  // namespace network_times
