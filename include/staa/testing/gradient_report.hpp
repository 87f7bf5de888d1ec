// SPDX-License-Identifier: MIT
// What a comparison of gradients with differences found (check_gradients.hpp), and how it is printed.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "staa/core/finite.hpp"
#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What was found for one tensor, at the place with the largest error.
struct TensorReport {
    std::string name{};             ///< the parameter's, or "input"
    double error = 0;               ///< relative to the tensor's largest gradient, or to `floor` where that is more
    std::vector<Index> position{};  ///< the place
    double gradient = 0;            ///< what backward gives there
    double difference = 0;          ///< what the difference gives there
    Index compared = 0;             ///< places that were compared
    bool is_zero = false;           ///< the gradient is 0 everywhere, or so small that it proves nothing
};

/// The result of `check_gradients`; `operator<<` prints it.
struct GradientReport {
    /// One entry per tensor.
    std::vector<TensorReport> tensors{};
    double tolerance = 0;  ///< the largest relative error that passes

    /// Whether every tensor is right. NaN is wrong, a gradient that is 0 everywhere is wrong, and so is an empty report.
    bool ok() const {
        return !tensors.empty() && std::all_of(tensors.begin(), tensors.end(), [&](const TensorReport& t) {
            return t.error <= tolerance && !t.is_zero;
        });
    }
    /// The largest relative error; NaN if one is NaN or if there is no tensor.
    double worst_error() const {
        double worst = tensors.empty() ? std::numeric_limits<double>::quiet_NaN() : 0.0;
        for (const TensorReport& t : tensors) {
            worst = t.error <= worst || detail::is_nan(worst) ? worst : t.error;
        }
        return worst;
    }
};

/// One line: the verdict, the name, the error and its place.
inline void print(std::ostream& out, const TensorReport& t, double tolerance) {
    const bool is_right = t.error <= tolerance;
    out << (t.is_zero ? "  zero   " : is_right ? "  ok     " : "  WRONG  ") << t.name;
    if (t.is_zero) {
        out << ": its gradient is 0 everywhere, or nearly so. That proves nothing. If it is right, list the name in "
               "may_be_zero\n";
        return;
    }
    out << ": relative error " << t.error << ", allowed " << tolerance << ", at [";
    for (std::size_t i = 0; i < t.position.size(); ++i) {
        out << (i > 0 ? ", " : "") << t.position[i];
    }
    out << "]: backward gives " << t.gradient << ", the difference " << t.difference << " (" << t.compared
        << " places)\n";
}

inline std::ostream& operator<<(std::ostream& out, const GradientReport& report) {
    out << "gradients are " << (report.ok() ? "right" : "WRONG") << '\n';
    for (const TensorReport& tensor : report.tensors) {
        print(out, tensor, report.tolerance);
    }
    if (report.tensors.empty()) {
        out << "  nothing was compared: there are no parameters, and the input is not analog\n";
    }
    return out;
}

}  // namespace STAA_ABI
}  // namespace staa
