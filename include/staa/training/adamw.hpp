// SPDX-License-Identifier: MIT
// Adam with decoupled weight decay.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "staa/training/optimizer_state.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Constants of `AdamW`. The defaults are those of torch.optim.AdamW. They may change between two steps.
struct AdamWOptions {
    double learning_rate = 1e-3;           ///< 0 or more
    double first_decay = 0.9;              ///< of the mean of the gradient (beta 1), from 0 to below 1
    double second_decay = 0.999;           ///< of the mean of its square (beta 2), from 0 to below 1
    double epsilon = 1e-8;                 ///< is added to the denominator; above 0 as a Scalar, and below 1
    double weight_decay = 0.01;            ///< 0 or more
    std::vector<ParameterGroup> groups{};  ///< parameters with other rates or decays
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2019), as torch.optim.AdamW. For every parameter p, with its
/// gradient g and the means m and s, which are 0 before the first step; t counts steps from 1:
///     p = p · (1 - learning_rate · weight_decay)
///     m = first_decay · m + (1 - first_decay) · g,   s = second_decay · s + (1 - second_decay) · g²
///     p = p - learning_rate · (m / (1 - first_decay^t)) / (sqrt(s / (1 - second_decay^t)) + epsilon)
template <class Net>
class AdamW {
 public:
    /// An option out of its range is an Error.
    explicit AdamW(AdamWOptions chosen) : options(std::move(chosen)) { check(); }

    /// Makes one step with `net.gradients`, and sets them to 0. Errors are those of `Sgd::step`.
    void step(Net& net) {
        check();
        check_gradients_are_finite(net, "staa::AdamW");
        state_.begin(net);
        ++steps_;
        state_.step(net, options.groups,
                    [this](const GroupScales& scales, auto&... tensors) { this->update(scales, tensors...); });
    }

    /// Shows the two means of every parameter, "first_moment.<parameter>" and "second_moment.<parameter>", and the
    /// number of steps, "step".
    template <class Visitor>
    void visit_state(Net& net, Visitor&& visitor) {
        state_.visit(net, visitor);
        visitor(ParameterName{"step", Layout::same, {}}, steps_);
    }

    AdamWOptions options;  ///< may be changed between steps

 private:
    void check() const {
        detail::check_rates("staa::AdamW", options);
        detail::check_option("staa::AdamW", "first_decay", options.first_decay, 0, 1);
        detail::check_option("staa::AdamW", "second_decay", options.second_decay, 0, 1);
        detail::check_epsilon<typename Net::Scalar>("staa::AdamW", options.epsilon);
    }

    template <class AnyTensor>
    void update(const GroupScales& scales, AnyTensor& parameter, AnyTensor& gradient, AnyTensor& first,
                AnyTensor& second) const {
        using Scalar = typename AnyTensor::Scalar;
        const auto t = static_cast<double>(steps_);
        const double rate = options.learning_rate * scales.learning_rate;
        const auto kept = static_cast<Scalar>(1 - rate * options.weight_decay * scales.weight_decay);
        const auto size = static_cast<Scalar>(rate / (1 - std::pow(options.first_decay, t)));
        const auto root = static_cast<Scalar>(std::sqrt(1 - std::pow(options.second_decay, t)));
        const auto b1 = static_cast<Scalar>(options.first_decay), b2 = static_cast<Scalar>(options.second_decay);
        const auto epsilon = static_cast<Scalar>(options.epsilon);
        Scalar* p = parameter.data();
        Scalar* g = gradient.data();
        Scalar* m = first.data();
        Scalar* s = second.data();
        detail::for_positions(parameter.size(), [=](Index i) {
            m[i] = b1 * m[i] + (1 - b1) * g[i];
            s[i] = b2 * s[i] + (1 - b2) * g[i] * g[i];
            p[i] = p[i] * kept - size * m[i] / (std::sqrt(s[i]) / root + epsilon);
            g[i] = Scalar(0);
        });
    }

    detail::OptimizerState<Net, 2> state_{"staa::AdamW", {"first_moment", "second_moment"}};
    std::int64_t steps_ = 0;
};

}  // namespace STAA_ABI
}  // namespace staa
