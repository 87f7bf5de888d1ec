// SPDX-License-Identifier: MIT
// The optimiser: stochastic gradient descent with momentum and weight decay.
#pragma once

#include "staa/core/parallel.hpp"
#include "staa/core/tensor.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Constants of stochastic gradient descent. They may change between two steps, as a schedule does. They are not
/// checked: a value outside its range is no `Error`.
struct SgdOptions {
    double learning_rate = 0.1;  ///< 0 or more
    double momentum = 0.9;       ///< from 0 (none) to below 1
    double weight_decay = 0.0;   ///< 0 or more; acts on every parameter, biases and batch norm included, as in PyTorch
};

/// Stochastic gradient descent as torch.optim.SGD (dampening = 0, nesterov = False). For every parameter p, with its
/// gradient g and its momentum v, which is 0 before the first step:
///     v = momentum · v + g + weight_decay · p,   p = p - learning_rate · v
template <class Net>
class Sgd {
 public:
    explicit Sgd(const SgdOptions& chosen) : options(chosen) {}

    /// Makes one step with `net.gradients`, and sets them to 0. The first call fixes the network, because the momentum
    /// belongs to it: a call with another network, or with the same one after it was moved, is an `Error`. Gradients
    /// are not checked: NaN among them makes parameters NaN.
    void step(Net& net) {
        begin(net);
        net.visit([this](const ParameterName&, auto& parameter, auto& gradient,
                         auto& velocity) { this->update(parameter, gradient, velocity); },
                  net.gradients, velocity_);
    }
    /// Shows the momentum of every parameter: visitor(ParameterName, tensor), under the name "momentum.<parameter>".
    /// Before the first step it is 0.
    template <class Visitor>
    void visit_state(Net& net, Visitor&& visitor) {
        begin(net);
        net.visit(
            [&](const ParameterName& name, const auto&, auto& velocity) {
                visitor(ParameterName{"momentum." + name.text, name.layout, name.shape}, velocity);
            },
            velocity_);
    }

    SgdOptions options;  ///< may be changed between steps

 private:
    /// Makes the momentum at the first call, and makes sure that later calls are for the same network.
    void begin(Net& net) {
        if (net_ == nullptr) {
            net.visit(
                [](const ParameterName&, const auto& parameter, auto& velocity) {
                    velocity.resize(parameter.dimensions());
                    velocity.setZero();
                },
                velocity_);
            net_ = &net;
        }
        if (net_ != &net) {
            fail("staa::Sgd: this optimiser holds the momentum of another network; make one optimiser per network");
        }
    }

    template <class AnyTensor>
    void update(AnyTensor& parameter, AnyTensor& gradient, AnyTensor& velocity) const {
        using Scalar = typename AnyTensor::Scalar;
        const auto rate = static_cast<Scalar>(options.learning_rate), momentum = static_cast<Scalar>(options.momentum);
        const auto decay = static_cast<Scalar>(options.weight_decay);
        Scalar* p = parameter.data();
        Scalar* g = gradient.data();
        Scalar* v = velocity.data();
        for_parts(parameter.size(), [&](Index first, Index last) {
            for (Index i = first; i < last; ++i) {
                v[i] = momentum * v[i] + (g[i] + decay * p[i]);
                p[i] -= rate * v[i];
                g[i] = Scalar(0);
            }
        });
    }

    typename Net::Parameters velocity_;
    const Net* net_ = nullptr;
};

}  // namespace STAA_ABI
}  // namespace staa
