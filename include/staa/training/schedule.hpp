// SPDX-License-Identifier: MIT
// Schedules: the learning rate as a function of the optimiser step, counted from 0 over the whole training.
#pragma once

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/finite.hpp"
#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Constants of a `CosineSchedule` or a `LinearSchedule`.
struct CosineOptions {
    double learning_rate = 0.1;        ///< the largest one, after the warm-up
    double final_learning_rate = 0.0;  ///< at the end
    Index steps = 1;                   ///< optimiser steps of the whole training, at least 1
    Index warmup_steps = 0;            ///< steps of the linear warm-up, from 0 to below `steps`
};

namespace detail {

inline void check_rate(const char* schedule, const char* name, double rate) {
    if (!is_finite(rate) || !(rate >= 0)) {
        fail(schedule, ": the ", name, " is ", rate, "; expected 0 or more, and finite");
    }
}
inline void check_schedule(const char* schedule, const CosineOptions& options) {
    if (options.steps < 1 || options.warmup_steps < 0 || options.warmup_steps >= options.steps) {
        fail(schedule, ": ", options.warmup_steps, " warm-up steps of ", options.steps,
             "; expected at least one step, and fewer for the warm-up than for all");
    }
    check_rate(schedule, "learning rate", options.learning_rate);
    check_rate(schedule, "final learning rate", options.final_learning_rate);
}

/// The rate of a step of the warm-up.
template <class Options>
double warm_up(const Options& o, Index step) {
    return o.learning_rate * static_cast<double>(step + 1) / static_cast<double>(o.warmup_steps);
}
/// The share of the steps behind the warm-up that are over, from 0 to 1.
inline double share_after_warmup(const CosineOptions& o, Index step) {
    return static_cast<double>(step - o.warmup_steps) / static_cast<double>(o.steps - o.warmup_steps);
}

}  // namespace detail

/// The learning rate falls along a cosine. With n steps, w of them for the warm-up, the largest rate
/// `top` and the final rate `end`:
///     rate(step) = top · (step + 1) / w                                              for step < w
///     rate(step) = end + (top - end) · (1 + cos(pi · (step - w) / (n - w))) / 2      for w <= step < n
///     rate(step) = end                                                               for step >= n
/// The cosine is one cycle of Loshchilov and Hutter (2017), as torch.optim.lr_scheduler.CosineAnnealingLR with T_max =
/// n - w and eta_min = end. The linear warm-up is that of Goyal et al. (2017), from 0.
class CosineSchedule {
 public:
    /// Fewer than one step, a warm-up below 0 or as long as all steps, and a rate that is negative or not finite are an
    /// `Error`.
    explicit CosineSchedule(const CosineOptions& options) : options_(options) {
        detail::check_schedule("staa::CosineSchedule", options);
    }

    /// The learning rate of step `step`, counted from 0 over the whole training; a negative step is not checked.
    double operator()(Index step) const {
        const CosineOptions& o = options_;
        if (step < o.warmup_steps) {
            return detail::warm_up(o, step);
        }
        if (step >= o.steps) {
            return o.final_learning_rate;
        }
        const double share = detail::share_after_warmup(o, step);
        constexpr double pi = 3.14159265358979323846;
        return o.final_learning_rate + (o.learning_rate - o.final_learning_rate) * 0.5 * (1.0 + std::cos(pi * share));
    }

 private:
    CosineOptions options_;
};

/// The learning rate falls along a straight line. With the names of `CosineSchedule`:
///     rate(step) = top · (step + 1) / w                                              for step < w
///     rate(step) = top + (end - top) · (step - w) / (n - w)                          for w <= step < n
///     rate(step) = end                                                               for step >= n
class LinearSchedule {
 public:
    /// Errors are those of `CosineSchedule`.
    explicit LinearSchedule(const CosineOptions& options) : options_(options) {
        detail::check_schedule("staa::LinearSchedule", options);
    }

    /// The learning rate of step `step`.
    double operator()(Index step) const {
        const CosineOptions& o = options_;
        if (step < o.warmup_steps) {
            return detail::warm_up(o, step);
        }
        const double share = step >= o.steps ? 1.0 : detail::share_after_warmup(o, step);
        return o.learning_rate + (o.final_learning_rate - o.learning_rate) * share;
    }

 private:
    CosineOptions options_;
};

/// Constants of a `StepSchedule`.
struct StepScheduleOptions {
    double learning_rate = 0.1;       ///< after the warm-up
    double factor = 0.1;              ///< the rate is multiplied by this at each milestone
    std::vector<Index> milestones{};  ///< steps, in ascending order
    Index warmup_steps = 0;           ///< steps of the linear warm-up
};

/// The learning rate is multiplied by a factor at each milestone, as torch.optim.lr_scheduler.MultiStepLR:
///     rate(step) = top · (step + 1) / w                  for step < w
///     rate(step) = top · factor^(milestones <= step)     for step >= w
class StepSchedule {
 public:
    /// A rate or factor that is negative or not finite, milestones that do not ascend and a negative warm-up are an
    /// `Error`.
    explicit StepSchedule(StepScheduleOptions options) : options_(std::move(options)) {
        detail::check_rate("staa::StepSchedule", "learning rate", options_.learning_rate);
        detail::check_rate("staa::StepSchedule", "factor", options_.factor);
        if (options_.warmup_steps < 0) {
            fail("staa::StepSchedule: a warm-up of ", options_.warmup_steps, " steps; expected 0 or more");
        }
        const std::vector<Index>& milestones = options_.milestones;
        const auto place = std::is_sorted_until(milestones.begin(), milestones.end());
        if (place != milestones.end()) {
            fail("staa::StepSchedule: milestone ", *place, " follows ", *(place - 1), "; expected an ascending order");
        }
    }

    /// The learning rate of step `step`.
    double operator()(Index step) const {
        const StepScheduleOptions& o = options_;
        if (step < o.warmup_steps) {
            return detail::warm_up(o, step);
        }
        const auto passed = std::upper_bound(o.milestones.begin(), o.milestones.end(), step) - o.milestones.begin();
        return o.learning_rate * std::pow(o.factor, static_cast<double>(passed));
    }

 private:
    StepScheduleOptions options_;
};

/// Constants of a `OneCycleSchedule`. The defaults are those of PyTorch.
struct OneCycleOptions {
    double learning_rate = 0.1;  ///< the largest one
    Index steps = 2;             ///< optimiser steps of the whole training, at least 2
    double rising_share = 0.3;   ///< share of the steps in which the rate rises, between 0 and 1
    double start_divisor = 25;   ///< the first rate is learning_rate / start_divisor
    double final_divisor = 1e4;  ///< the last rate is the first rate / final_divisor
};

/// The learning rate rises to its largest value and falls below the first one, both along a cosine: one cycle of Smith
/// (2018), as torch.optim.lr_scheduler.OneCycleLR (anneal_strategy="cos", three_phase=False). The momentum stays.
class OneCycleSchedule {
 public:
    /// Fewer than two steps, a share outside (0, 1), a divisor that is not above 0 and a rate that is not finite are an
    /// `Error`.
    explicit OneCycleSchedule(const OneCycleOptions& options) : options_(options) {
        detail::check_rate("staa::OneCycleSchedule", "learning rate", options.learning_rate);
        const bool are_finite = detail::is_finite(options.rising_share) && detail::is_finite(options.start_divisor) &&
                                detail::is_finite(options.final_divisor);
        if (options.steps < 2 || !are_finite || !(options.rising_share > 0 && options.rising_share < 1) ||
            !(options.start_divisor > 0) || !(options.final_divisor > 0)) {
            fail("staa::OneCycleSchedule: ", options.steps, " steps, a rising share of ", options.rising_share,
                 ", divisors ", options.start_divisor, " and ", options.final_divisor,
                 "; expected at least 2 steps, a share between 0 and 1, and finite divisors above 0");
        }
        detail::check_rate("staa::OneCycleSchedule", "first learning rate", first_rate());
        detail::check_rate("staa::OneCycleSchedule", "last learning rate", last_rate());
    }

    /// The learning rate of step `step`; after the last step it stays.
    double operator()(Index step) const {
        const OneCycleOptions& o = options_;
        const double top = o.rising_share * static_cast<double>(o.steps) - 1, end = static_cast<double>(o.steps - 1);
        const double at = std::min(static_cast<double>(step), end);
        return at <= top ? along_cosine(first_rate(), o.learning_rate, top > 0 ? at / top : 1.0)
                         : along_cosine(o.learning_rate, last_rate(), (at - top) / (end - top));
    }

 private:
    double first_rate() const { return options_.learning_rate / options_.start_divisor; }
    double last_rate() const { return first_rate() / options_.final_divisor; }

    static double along_cosine(double from, double to, double share) {
        constexpr double pi = 3.14159265358979323846;
        return to + (from - to) / 2 * (1 + std::cos(pi * share));
    }

    OneCycleOptions options_;
};

}  // namespace STAA_ABI
}  // namespace staa
