// SPDX-License-Identifier: MIT
// One pass of a network in evaluation mode, of which every signal stays: what all analyses look at. It runs a copy of
// the layers one by one, so that the network itself has no hooks and is as fast as without an analysis.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/analysis/first_fault.hpp"
#include "staa/analysis/signals.hpp"
#include "staa/networks/network.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Runs a network layer by layer, in evaluation mode: batch norm uses the running averages, nothing is dropped. Keeps the
/// output of every layer, and after `backward` its gradient. All maps of a pass are in memory at the same time: give it
/// small batches. It holds a copy of the network's layers: make a new one after the network has changed.
template <class Net>
class Observation {
 public:
    using Chain = typename Net::Chain;  ///< of the network
    using Scalar = typename Net::Scalar;
    using Images = typename Net::Images;          ///< of the network: [N, H, W, C] or [T, N, H, W, C]
    using Logits = typename Net::Logits;          ///< of the network: [N, classes]
    using StepLogits = typename Net::StepLogits;  ///< of the network: [T, N, classes]

    /// Copies the layers of the network; later changes of the network are not seen.
    explicit Observation(const Net& net) : steps_of_net_(net.steps()), layers_(copy_of(net)) {
        set_zero_like(layers_, gradients);
    }
    Observation(const Observation&) = delete;
    Observation& operator=(const Observation&) = delete;

    /// The logits of every step [T, N, classes], as `Network::step` computes them, but for the order of some sums.
    /// Images of another shape than those of the network are an Error.
    StepLogits forward(const Images& images) {
        detail::check_images<typename Net::Input>(images);
        steps_ = 0;
        batch_ = images.dimension(Images::NumDimensions - 4);
        const Index steps = Net::Input::is_constant ? steps_of_net_ : images.dimension(0);
        const Call call{steps, batch_, arena_, nullptr, 0, false};
        detail::copy_images<typename Net::Input>(images.data(), input_, call);
        signals_ = {};
        signals_.forward(layers_, input_, call);
        steps_ = steps;
        return detail::logits_of_steps(signals_.last().output, steps);
    }

    /// The gradient of every layer's output, where d_logits [N, classes] is that of the mean logits. Also adds to
    /// `gradients` and, where asked for, gives the gradient of the input. A d_logits of another shape, or a call before
    /// `forward`, is an Error.
    void backward(const Logits& d_logits, Analog<Scalar>* d_input = nullptr) {
        detail::check_gradient(d_logits, typename Logits::Dimensions(batch_, Net::classes), steps_);
        const Call call{steps_, batch_, arena_, nullptr, 0, false};
        signals_.last().d_output = detail::spread_over_time<typename Net::Output>(d_logits, call);
        signals_.backward(layers_, input_, d_input, gradients, call);
    }

    /// Calls visitor(ObservedLayer) for every layer, in the order of the network. A visitor that takes only some kinds
    /// of layers tests the type with `if constexpr`. An Error before `forward`.
    template <class Visitor>
    void for_each_layer(Visitor&& visitor) const {
        if (steps_ == 0) {
            fail("staa::Observation::for_each_layer: there is nothing to see before forward");
        }
        signals_.walk(layers_, input_, Chain::names.data(), visitor);
    }

    Index steps() const { return steps_; }  ///< T of the last forward; 0 before the first
    Index batch() const { return batch_; }  ///< N of the last forward

    typename Net::Parameters gradients;  ///< `backward` adds to them

 private:
    /// The layers of the network; batch norm is frozen.
    static Chain copy_of(const Net& net) {
        Chain chain = detail::copy_of_layers(net);
        Chain::for_each(chain, [](const std::string&, auto& layer) {
            if constexpr (requires { layer.is_frozen; }) {
                layer.is_frozen = true;
            }
        });
        return chain;
    }

    Index steps_of_net_, steps_ = 0, batch_ = 0;
    Arena arena_;
    Chain layers_;
    Analog<Scalar> input_;
    detail::SignalsOf<Chain> signals_;
};

}  // namespace STAA_ABI
}  // namespace staa
