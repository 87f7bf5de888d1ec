// SPDX-License-Identifier: MIT
// LAMB: Adam whose step has a length in proportion to the parameter, for large batches.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "staa/training/optimizer_state.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Constants of `Lamb`. The defaults are those of timm's Lamb. They may change between two steps.
struct LambOptions {
    double learning_rate = 1e-3;           ///< 0 or more
    double first_decay = 0.9;              ///< of the mean of the gradient (beta 1), from 0 to below 1
    double second_decay = 0.999;           ///< of the mean of its square (beta 2), from 0 to below 1
    double epsilon = 1e-6;                 ///< is added to the denominator; above 0 as a Scalar, and below 1
    double weight_decay = 0.01;            ///< 0 or more
    double largest_gradient_norm = 1.0;    ///< the gradients together get at most this norm; 0: any
    std::vector<ParameterGroup> groups{};  ///< parameters with other rates or decays
};

/// LAMB (You et al., 2020), as timm's Lamb with its defaults. For every parameter p, with its gradient g and the means m
/// and s, which are 0 before the first step; t counts steps from 1; c is the norm of all gradients together but those of
/// frozen parameters, divided by largest_gradient_norm, and at least 1:
///     m = first_decay · m + (1 - first_decay) · g/c,   s = second_decay · s + (1 - second_decay) · (g/c)²
///     u = (m / (1 - first_decay^t)) / (sqrt(s / (1 - second_decay^t)) + epsilon) + weight_decay · p
///     p = p - learning_rate · trust · u,   trust = |p| / |u|, or 1 where a norm is 0 or the parameter does not decay
template <class Net>
class Lamb {
 public:
    /// An option out of its range is an Error.
    explicit Lamb(LambOptions chosen) : options(std::move(chosen)) { check(); }

    /// Makes one step with `net.gradients`, and sets them to 0. Errors are those of `Sgd::step`.
    void step(Net& net) {
        check();
        check_gradients_are_finite(net, "staa::Lamb");
        const double clip = divisor_of_gradients(net);
        state_.begin(net);
        ++steps_;
        state_.step(net, options.groups, [this, clip](const GroupScales& scales, auto&... tensors) {
            this->update(scales, clip, tensors...);
        });
    }

    /// Shows the two means of every parameter, "first_moment.<parameter>" and "second_moment.<parameter>", and the
    /// number of steps, "step".
    template <class Visitor>
    void visit_state(Net& net, Visitor&& visitor) {
        state_.visit(net, visitor);
        visitor(ParameterName{"step", Layout::same, {}}, steps_);
    }

    LambOptions options;  ///< may be changed between steps

 private:
    void check() const {
        detail::check_rates("staa::Lamb", options);
        detail::check_option("staa::Lamb", "first_decay", options.first_decay, 0, 1);
        detail::check_option("staa::Lamb", "second_decay", options.second_decay, 0, 1);
        detail::check_epsilon<typename Net::Scalar>("staa::Lamb", options.epsilon);
        detail::check_option("staa::Lamb", "largest_gradient_norm", options.largest_gradient_norm, 0,
                             std::numeric_limits<double>::max());
    }

    /// c of the equation.
    double divisor_of_gradients(const Net& net) const {
        const double largest = options.largest_gradient_norm;
        return largest > 0 ? std::max(1.0, detail::finite_norm(net, options.groups, "staa::Lamb") / largest) : 1.0;
    }

    /// The update u is written over the gradient, which is not needed any more.
    template <class AnyTensor>
    void update(const GroupScales& scales, double clip, AnyTensor& parameter, AnyTensor& gradient, AnyTensor& first,
                AnyTensor& second) const {
        using Scalar = typename AnyTensor::Scalar;
        const auto t = static_cast<double>(steps_);
        const auto of_mean = static_cast<Scalar>(1 - std::pow(options.first_decay, t));
        const auto root = static_cast<Scalar>(std::sqrt(1 - std::pow(options.second_decay, t)));
        const auto b1 = static_cast<Scalar>(options.first_decay), b2 = static_cast<Scalar>(options.second_decay);
        const auto decay = static_cast<Scalar>(options.weight_decay * scales.weight_decay);
        const auto divisor = static_cast<Scalar>(clip), epsilon = static_cast<Scalar>(options.epsilon);
        Scalar* p = parameter.data();
        Scalar* g = gradient.data();
        Scalar* m = first.data();
        Scalar* s = second.data();
        detail::for_positions(parameter.size(), [=](Index i) {
            const Scalar d = g[i] / divisor;
            m[i] = b1 * m[i] + (1 - b1) * d;
            s[i] = b2 * s[i] + (1 - b2) * d * d;
            g[i] = (m[i] / of_mean) / (std::sqrt(s[i]) / root + epsilon) + decay * p[i];
        });
        const double of_parameter = std::sqrt(detail::sum_of_squares(p, parameter.size()));
        const double of_update = std::sqrt(detail::sum_of_squares(g, gradient.size()));
        const bool is_scaled = decay != 0 && of_parameter > 0 && of_update > 0;
        const auto rate = static_cast<Scalar>(options.learning_rate * scales.learning_rate *
                                              (is_scaled ? of_parameter / of_update : 1.0));
        detail::for_positions(parameter.size(), [=](Index i) {
            p[i] -= rate * g[i];
            g[i] = Scalar(0);
        });
    }

    detail::OptimizerState<Net, 2> state_{"staa::Lamb", {"first_moment", "second_moment"}};
    std::int64_t steps_ = 0;
};

}  // namespace STAA_ABI
}  // namespace staa
