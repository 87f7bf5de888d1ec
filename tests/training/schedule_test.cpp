// SPDX-License-Identifier: MIT
#include "staa/training/schedule.hpp"

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

TEST_CASE("schedules: rates that are negative or not finite, and milestones out of order, are errors") {
    CHECK_THROWS_AS(CosineSchedule({.learning_rate = std::nan("")}), Error);
    CHECK_THROWS_AS(LinearSchedule({.learning_rate = -1}), Error);
    CHECK_THROWS_AS(StepSchedule({.milestones = {3, 2}}), Error);
    CHECK_THROWS_AS(OneCycleSchedule({.steps = 1}), Error);
}
