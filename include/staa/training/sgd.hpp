// SPDX-License-Identifier: MIT
// Stochastic gradient descent with momentum and weight decay.
#pragma once

#include <vector>

#include "staa/training/optimizer_state.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Constants of stochastic gradient descent. They may change between two steps, as a schedule does.
struct SgdOptions {
    double learning_rate = 0.1;  ///< 0 or more
    double momentum = 0.9;       ///< from 0 (none) to below 1
    double weight_decay = 0.0;   ///< 0 or more; acts on every parameter, biases and batch norm included, as in PyTorch
    bool nesterov = false;       ///< the momentum of Nesterov, as in PyTorch
    std::vector<ParameterGroup> groups{};  ///< parameters with other rates or decays
};

/// Stochastic gradient descent as torch.optim.SGD (dampening = 0). For every parameter p, with its gradient g and its
/// momentum v, which is 0 before the first step:
///     d = g + weight_decay · p,   v = momentum · v + d
///     p = p - learning_rate · v,  or with Nesterov's momentum  p = p - learning_rate · (d + momentum · v)
template <class Net>
class Sgd {
 public:
    /// An option out of its range is an Error.
    explicit Sgd(SgdOptions chosen) : options(std::move(chosen)) { check(); }

    /// Makes one step with `net.gradients`, and sets them to 0. The first call, or the first of
    /// `visit_state`, fixes the network, because the momentum belongs to it. The network may move. A call with another
    /// network is an `Error`; a copy, and a network that was assigned to, count as another one. So are an option out of
    /// its range, and gradients that are not finite or not of the parameters' sizes; then nothing has changed.
    void step(Net& net) {
        check();
        check_gradients_are_finite(net, "staa::Sgd");
        state_.begin(net);
        state_.step(net, options.groups,
                    [this](const GroupScales& scales, auto&... tensors) { this->update(scales, tensors...); });
    }

    /// Shows the momentum of every parameter: visitor(ParameterName, tensor), under the name "momentum.<parameter>".
    template <class Visitor>
    void visit_state(Net& net, Visitor&& visitor) {
        state_.visit(net, visitor);
    }

    SgdOptions options;  ///< may be changed between steps

 private:
    void check() const {
        detail::check_rates("staa::Sgd", options);
        detail::check_option("staa::Sgd", "the momentum", options.momentum, 0, 1);
    }

    template <class AnyTensor>
    void update(const GroupScales& scales, AnyTensor& parameter, AnyTensor& gradient, AnyTensor& velocity) const {
        using Scalar = typename AnyTensor::Scalar;
        const auto rate = static_cast<Scalar>(options.learning_rate * scales.learning_rate);
        const auto decay = static_cast<Scalar>(options.weight_decay * scales.weight_decay);
        const auto momentum = static_cast<Scalar>(options.momentum);
        Scalar* p = parameter.data();
        Scalar* g = gradient.data();
        Scalar* v = velocity.data();
        if (options.nesterov) {
            detail::for_positions(parameter.size(), [=](Index i) {
                const Scalar d = g[i] + decay * p[i];
                v[i] = momentum * v[i] + d;
                p[i] -= rate * (d + momentum * v[i]);
                g[i] = Scalar(0);
            });
        } else {
            detail::for_positions(parameter.size(), [=](Index i) {
                v[i] = momentum * v[i] + (g[i] + decay * p[i]);
                p[i] -= rate * v[i];
                g[i] = Scalar(0);
            });
        }
    }

    detail::OptimizerState<Net, 1> state_{"staa::Sgd", {"momentum"}};
};

}  // namespace STAA_ABI
}  // namespace staa
