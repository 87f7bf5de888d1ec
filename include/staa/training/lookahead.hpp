// SPDX-License-Identifier: MIT
// Lookahead: slow weights that follow the weights of any optimiser.
#pragma once

#include <cstdint>

#include "staa/core/finite.hpp"
#include "staa/training/optimizer_state.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Lookahead (Zhang et al., 2019) around any optimiser. It keeps slow weights. After every `interval` steps of the
/// optimiser, for every parameter p and its slow weight s:
///     s = s + rate · (p - s),   p = s
template <class Net>
class Lookahead {
 public:
    /// The slow weights start as the network's. An interval below 1 and a rate outside (0, 1] are an `Error`.
    Lookahead(Net& net, Index interval = 5, double rate = 0.5) : interval_(interval), rate_(rate) {
        if (interval < 1 || !detail::is_within(rate, 0, 1) || rate == 0) {
            fail("staa::Lookahead: an interval of ", interval, " steps and a rate of ", rate,
                 "; expected at least 1, and a number above 0 and at most 1");
        }
        slow_.begin(net);
        slow_.for_each(net,
                       [](const ParameterName&, const auto& parameter, const auto&, auto& slow) { slow = parameter; });
    }

    /// Counts a step of the optimiser, and moves the weights if the interval is over. Call it after each step. Another
    /// network than that of the constructor is an `Error`, as for `Sgd::step`.
    void update(Net& net) {
        slow_.check(net);
        if (++steps_ % interval_ != 0) {
            return;
        }
        net.weights_changed();
        slow_.for_each(net, [this](const ParameterName&, auto& parameter, const auto&, auto& slow) {
            using Scalar = typename Net::Scalar;
            Scalar* p = parameter.data();
            Scalar* s = slow.data();
            const auto rate = static_cast<Scalar>(rate_);
            detail::for_positions(parameter.size(), [=](Index i) { p[i] = s[i] = s[i] + rate * (p[i] - s[i]); });
        });
    }

    /// Shows the slow weights, "slow.<parameter>", and the number of steps, "step".
    template <class Visitor>
    void visit_state(Net& net, Visitor&& visitor) {
        slow_.visit(net, visitor);
        visitor(ParameterName{"step", Layout::same, {}}, steps_);
    }

 private:
    Index interval_;
    double rate_;
    detail::OptimizerState<Net, 1> slow_{"staa::Lookahead", {"slow"}};
    std::int64_t steps_ = 0;
};

}  // namespace STAA_ABI
}  // namespace staa
