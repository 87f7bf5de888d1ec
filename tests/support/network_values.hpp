// SPDX-License-Identifier: MIT
// All numbers of a network, for tests that compare two of them.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "staa/layers/parameter_name.hpp"
#include "support/catch.hpp"

namespace staa_tests {

/// Parameters, running statistics and counters of a network.
template <class Net>
std::vector<double> values_of(const Net& net) {
    std::vector<double> values;
    const auto add = [&](const staa::ParameterName&, const auto& value) {
        if constexpr (requires { value.data(); }) {
            values.insert(values.end(), value.data(), value.data() + value.size());
        } else {
            values.push_back(static_cast<double>(value));
        }
    };
    net.visit(add);
    net.visit_statistics(add);
    return values;
}

/// Checks that no number of two networks differs by 1e-9 or more.
template <class Net>
void check_close(const Net& a, const Net& b) {
    const std::vector<double> first = values_of(a), second = values_of(b);
    REQUIRE(first.size() == second.size());
    double largest = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        largest = std::fmax(largest, std::abs(first[i] - second[i]));
    }
    CHECK(largest < 1e-9);
}

}  // namespace staa_tests
