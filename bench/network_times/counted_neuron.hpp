// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "staa/layers/contract.hpp"

namespace network_times {

/// The firing rates that `Counted` neurons have left, one entry a layer and call.
inline std::vector<double>& counted_rates() {
    static std::vector<double> rates;
    return rates;
}

/// A neuron whose inference leaves its firing rate behind. It is another type than the neuron: what is timed are the
/// library's own networks, and a network of these is given the same weights.
template <class Neuron>
struct Counted {
    template <class In>
    struct at : Neuron::template at<In> {
        using Uncounted = typename Neuron::template at<In>;
        using Uncounted::Uncounted;

        void infer(const staa::SignalOf<In>& x, staa::SignalOf<typename Uncounted::Output>& y,
                   typename Uncounted::State& state, const staa::Call& call) const {
            Uncounted::infer(x, y, state, call);
            counted_rates().push_back(y.firing_rate());
        }
    };
};

}  // namespace network_times
