// SPDX-License-Identifier: MIT
// How the option cases (make_option_cases.py) are checked.
#pragma once

#include "golden/blocks.hpp"

namespace staa_tests {

/// A layer on the cases' map, in double to 1e-9 and in float, but for what training makes of the weights, to 1e-4.
template <class Description, int Channels = 8, int Height = 3, int Width = 2, Signal Kind = Signal::analog>
void check_option(const GoldenCase& c, double) {
    check_block<typename Description::template at<Map<Channels, Height, Width, Kind, double>>>(c, 1e-9);
    check_block<typename Description::template at<Map<Channels, Height, Width, Kind, float>>>(c, 1e-4);
}

/// The same on the cases' spikes.
template <class Description>
void check_option_on_spikes(const GoldenCase& c, double tolerance) {
    check_option<Description, 5, 4, 3, Signal::spikes>(c, tolerance);
}

/// The checks by the names of their cases, one list a test: aggregator_options_test.cpp and firing_options_test.cpp.
Checks context_options();
Checks encoding_options();
Checks leak_and_gain_options();
Checks dropped_step_options();
Checks firing_options();

/// Checks the cases that `checks` knows; each must be there.
inline void check_options(const Checks& checks) {
    const int checked = check_cases([&](const std::string& name) { return checks.contains(name); }, checks, 0);
    REQUIRE(checked == static_cast<int>(checks.size()));
}

}  // namespace staa_tests
