// SPDX-License-Identifier: MIT
#include "staa/training/schedule.hpp"

#include <limits>

#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

}  // namespace

TEST_CASE("cosine schedule: falls from the largest to the final rate, with their mean after half of the steps") {
    const CosineSchedule rate({.learning_rate = 1, .final_learning_rate = 0.5, .steps = 8});
    CHECK(rate(0) == 1);
    CHECK_THAT(rate(2), WithinRel(0.5 + 0.25 * (1 + std::sqrt(0.5)), 1e-14));
    CHECK_THAT(rate(4), WithinRel(0.75, 1e-14));
    CHECK(rate(7) > 0.5);
    CHECK(rate(8) == 0.5);
    CHECK(rate(100) == 0.5);
}

TEST_CASE("cosine schedule: the warm-up is linear, and the cosine takes the remaining steps") {
    const CosineSchedule rate({.learning_rate = 1, .steps = 12, .warmup_steps = 4});
    CHECK(rate(0) == 0.25);
    CHECK(rate(1) == 0.5);
    CHECK(rate(3) == 1);
    CHECK(rate(4) == 1);
    CHECK_THAT(rate(8), WithinRel(0.5, 1e-14));
    CHECK(rate(12) == 0);
}

TEST_CASE("cosine schedule: no steps, or a warm-up as long as all steps, is an error") {
    REQUIRE_THROWS_WITH(CosineSchedule({.steps = 0}),
                        "staa::CosineSchedule: 0 warm-up steps of 0; expected at least one step, and fewer for the "
                        "warm-up than for all");
    REQUIRE_THROWS_AS(CosineSchedule({.steps = 5, .warmup_steps = 5}), Error);
    REQUIRE_THROWS_AS(CosineSchedule({.steps = 5, .warmup_steps = -1}), Error);
}

TEST_CASE("one cycle: every share that is allowed gives finite rates, and the largest one is reached") {
    for (const double share : {0.001, 0.05, 0.1, 0.5, 0.9}) {
        for (const Index steps : {2, 5, 10, 20}) {
            const OneCycleSchedule schedule({.learning_rate = 0.1, .steps = steps, .rising_share = share});
            for (Index step = 0; step < steps + 2; ++step) {
                INFO(steps << " steps, share " << share << ", step " << step);
                CHECK((schedule(step) >= 0 && schedule(step) <= 0.1));
            }
        }
    }
}

TEST_CASE("linear schedule: the warm-up and the fall are straight lines") {
    const LinearSchedule rate({.learning_rate = 1, .final_learning_rate = 0.5, .steps = 12, .warmup_steps = 4});
    CHECK(rate(0) == 0.25);
    CHECK(rate(3) == 1);
    CHECK(rate(4) == 1);
    CHECK(rate(8) == 0.75);
    CHECK(rate(12) == 0.5);
    CHECK(rate(100) == 0.5);
}

TEST_CASE("step schedule: the rate falls at each milestone, and a warm-up comes before") {
    const StepSchedule rate({.learning_rate = 1, .factor = 0.5, .milestones = {6, 8, 8}, .warmup_steps = 4});
    CHECK(rate(0) == 0.25);
    CHECK(rate(3) == 1);
    CHECK(rate(5) == 1);
    CHECK(rate(6) == 0.5);
    CHECK(rate(8) == 0.125);
    CHECK(rate(100) == 0.125);
}

TEST_CASE("schedules: options that are NaN or out of their range are errors that name them") {
    const double nan = std::nan(""), infinity = std::numeric_limits<double>::infinity();
    for (const double rate : {nan, infinity, -1.0}) {
        CHECK_THROWS_AS(CosineSchedule({.learning_rate = rate}), Error);
        CHECK_THROWS_AS(CosineSchedule({.final_learning_rate = rate}), Error);
        CHECK_THROWS_AS(LinearSchedule({.learning_rate = rate}), Error);
        CHECK_THROWS_AS(LinearSchedule({.final_learning_rate = rate}), Error);
        CHECK_THROWS_AS(StepSchedule({.learning_rate = rate}), Error);
        CHECK_THROWS_AS(StepSchedule({.factor = rate}), Error);
        CHECK_THROWS_AS(OneCycleSchedule({.learning_rate = rate}), Error);
    }
    CHECK_THROWS_WITH(LinearSchedule({.final_learning_rate = nan}),
                      "staa::LinearSchedule: the final learning rate is nan; expected 0 or more, and finite");
    CHECK_THROWS_WITH(StepSchedule({.factor = -2}),
                      "staa::StepSchedule: the factor is -2; expected 0 or more, and finite");
    CHECK_THROWS_WITH(StepSchedule({.milestones = {1, 3, 2}}),
                      "staa::StepSchedule: milestone 2 follows 3; expected an ascending order");
    CHECK_THROWS_AS(StepSchedule({.warmup_steps = -1}), Error);
    CHECK_THROWS_AS(OneCycleSchedule({.steps = 1}), Error);
    for (const double share : {nan, 0.0, 1.0}) {
        CHECK_THROWS_AS(OneCycleSchedule({.rising_share = share}), Error);
    }
    for (const double divisor : {nan, 0.0, -1.0, 1e-320}) {
        CHECK_THROWS_AS(OneCycleSchedule({.start_divisor = divisor}), Error);
        CHECK_THROWS_AS(OneCycleSchedule({.final_divisor = divisor}), Error);
    }
}
