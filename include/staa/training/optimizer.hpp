// SPDX-License-Identifier: MIT
#pragma once

#include "staa/core/parallel.hpp"
#include "staa/core/tensor.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Run-time constants of stochastic gradient descent; a schedule may change them between steps.
struct SgdOptions {
    double learning_rate = 0.1;
    double momentum = 0.9;
    double weight_decay = 0.0;  ///< on every parameter, as in PyTorch
};

/// Stochastic gradient descent as PyTorch's SGD does it:
///     v = momentum · v + gradient + weight_decay · parameter,   parameter = parameter - learning_rate · v,   v = 0 at first
template <class Net>
class Sgd {
 public:
    explicit Sgd(const SgdOptions& chosen) : options(chosen) {}

    /// One step with `net.gradients`, which are 0 afterwards. The momentum belongs to the first network that is stepped;
    /// another one, or the first after it was moved, is an Error.
    void step(Net& net) {
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
            fail("staa::Sgd: this optimiser holds the momentum of another network; make one optimiser a network");
        }
        net.visit([this](const ParameterName&, auto& parameter, auto& gradient,
                         auto& velocity) { this->update(parameter, gradient, velocity); },
                  net.gradients, velocity_);
    }

    SgdOptions options;

 private:
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
