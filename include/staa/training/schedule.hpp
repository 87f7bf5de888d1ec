// SPDX-License-Identifier: MIT
// The schedule of the learning rate: it rises in a warm-up and then falls along a cosine.
#pragma once

#include <cmath>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Constants of a `CosineSchedule`. The two learning rates are not checked.
struct CosineOptions {
    double learning_rate = 0.1;        ///< the largest one, after the warm-up
    double final_learning_rate = 0.0;  ///< at the end
    Index steps = 1;                   ///< optimiser steps of the whole training, at least 1
    Index warmup_steps = 0;            ///< steps of the linear warm-up, from 0 to below `steps`
};

/// The learning rate as a function of the optimiser step. With n steps, w of them for the warm-up, the largest rate
/// `top` and the final rate `end`:
///     rate(step) = top · (step + 1) / w                                              for step < w
///     rate(step) = end + (top - end) · (1 + cos(pi · (step - w) / (n - w))) / 2      for w <= step < n
///     rate(step) = end                                                               for step >= n
/// The cosine is one cycle of Loshchilov and Hutter (2017), as torch.optim.lr_scheduler.CosineAnnealingLR with T_max =
/// n - w and eta_min = end. The linear warm-up is that of Goyal et al. (2017), from 0.
class CosineSchedule {
 public:
    /// Fewer than one step, and a warm-up below 0 or as long as all steps, are an `Error`.
    explicit CosineSchedule(const CosineOptions& options) : options_(options) {
        if (options.steps < 1 || options.warmup_steps < 0 || options.warmup_steps >= options.steps) {
            fail("staa::CosineSchedule: ", options.warmup_steps, " warm-up steps of ", options.steps,
                 "; expected at least one step, and fewer for the warm-up than for all");
        }
    }

    /// The learning rate of step `step`, counted from 0 over the whole training; a negative step is not checked.
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
