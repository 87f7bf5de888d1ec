// SPDX-License-Identifier: MIT
#include "staa/core/tensor.hpp"

#include <numeric>

#include "support/catch.hpp"

namespace {

using staa::Analog;
using staa::Arena;
using staa::Extents;
using staa::Signal;

static_assert(std::is_same_v<staa::SignalOf<staa::Map<4, 2, 2, Signal::spikes>>, staa::Spikes>);
static_assert(std::is_same_v<staa::SignalOf<staa::Map<4, 2, 2, Signal::analog, double>>, Analog<double>>);

TEST_CASE("An analog map is stored channel last: [T, N, H, W, C]", "[core]") {
    Arena arena;
    Analog<float> analog;
    const Extents extents{2, 3, 4, 5, 6};
    analog.resize(arena, extents);
    std::iota(analog.data(), analog.data() + extents.size(), 0.0f);
    CHECK(analog.extents() == extents);
    CHECK(analog.tensor()(1, 2, 3, 4, 5) == static_cast<float>(extents.size() - 1));
    CHECK(analog.tensor()(1, 0, 2, 3, 4) == static_cast<float>((((1 * 3 + 0) * 4 + 2) * 5 + 3) * 6 + 4));
    CHECK(analog.map(4)[0] == analog.tensor()(1, 1, 0, 0, 0));  // image 4 is step 1, number 1 of 3
}

TEST_CASE("The tensor of an analog map shares its memory", "[core]") {
    Arena arena;
    Analog<double> analog;
    analog.resize(arena, {1, 1, 2, 2, 3});
    analog.set_zero();
    analog.tensor()(0, 0, 1, 0, 2) = 7;
    CHECK(analog.data()[8] == 7);
    analog.release();
    CHECK(analog.extents() == Extents{});
}

}  // namespace
