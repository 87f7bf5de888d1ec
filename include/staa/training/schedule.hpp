// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Learning rate over a training of `steps` optimiser steps.
struct CosineOptions {
    double learning_rate = 0.1;        ///< at the top
    double final_learning_rate = 0.0;  ///< approached at the end
    Index steps = 1;                   ///< of the whole training, at least 1
    Index warmup_steps = 0;            ///< that rise in a straight line from 0; fewer than `steps`
};

/// Cosine schedule with linear warm-up. With w warm-up steps of n:
///     rate(step) = top · (step + 1) / w                                              for step < w
///     rate(step) = end + (top - end) · (1 + cos(pi · (step - w) / (n - w))) / 2      after it
/// Steps beyond the last keep the final rate. Loshchilov and Hutter (2017), one cycle.
class CosineSchedule {
 public:
    explicit CosineSchedule(const CosineOptions& options) : options_(options) {
        if (options.steps < 1 || options.warmup_steps < 0 || options.warmup_steps >= options.steps) {
            fail("staa::CosineSchedule: ", options.warmup_steps, " warm-up steps of ", options.steps,
                 "; expected at least one step, and fewer for the warm-up than for all");
        }
    }

    double operator()(Index step) const {
        const CosineOptions& o = options_;
        if (step < o.warmup_steps) {
            return o.learning_rate * static_cast<double>(step + 1) / static_cast<double>(o.warmup_steps);
        }
        if (step >= o.steps) {
            return o.final_learning_rate;
        }
        const double share = static_cast<double>(step - o.warmup_steps) / static_cast<double>(o.steps - o.warmup_steps);
        constexpr double pi = 3.14159265358979323846;
        return o.final_learning_rate + (o.learning_rate - o.final_learning_rate) * 0.5 * (1.0 + std::cos(pi * share));
    }

 private:
    CosineOptions options_;
};

}  // namespace STAA_ABI
}  // namespace staa
