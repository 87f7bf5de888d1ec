// SPDX-License-Identifier: MIT
// The neurons of the option cases (make_option_cases.py) by the names of their cases.
#pragma once

#include "golden/blocks.hpp"

namespace staa_tests {

using OptionMap = Current<double, 8, 3, 2>;
using SmallSpikeMap = SpikeMap<double, 5, 4, 3>;

constexpr Staa bare{.global_context = false, .position_encoding = Encoding::none, .step_attention = false};

/// The option's check for a neuron on the cases' map.
template <class Description, class In = OptionMap>
void check_option(const GoldenCase& c, double tolerance) {
    check_block<typename Description::template at<In>>(c, tolerance);
}

/// Checks the cases that `checks` knows; each must be there.
inline void check_options(const Checks& checks) {
    const int checked = check_cases([&](const std::string& name) { return checks.contains(name); }, checks, 1e-9);
    REQUIRE(checked >= static_cast<int>(checks.size()));
}

}  // namespace staa_tests
