// SPDX-License-Identifier: MIT
#include "staa/core/tensor.hpp"

#include <numeric>

#include "support/catch.hpp"

namespace {

using staa::Analog;
using staa::Arena;
using staa::Buffer;
using staa::Extents;
using staa::Index;
using staa::Rows;
using staa::Signal;

static_assert(std::is_same_v<staa::SignalOf<staa::Map<4, 2, 2, Signal::spikes>>, staa::Spikes>);
static_assert(std::is_same_v<staa::SignalOf<staa::Map<4, 2, 2, Signal::analog, double>>, Analog<double>>);

TEST_CASE("A buffer keeps its memory while that is large enough", "[core]") {
    Arena arena;
    Buffer<double> buffer;
    CHECK(buffer.size() == 0);
    buffer.resize(arena, 100);
    const double* memory = buffer.data();
    buffer.resize(arena, 7);
    CHECK(buffer.size() == 7);
    CHECK(buffer.data() == memory);
    buffer.resize(arena, 100);
    CHECK(buffer.data() == memory);
    const std::size_t bytes = arena.bytes();
    buffer.resize(arena, 101 * 64);
    CHECK(arena.bytes() > bytes);
}

TEST_CASE("A buffer that is set to zero is zero up to its end", "[core]") {
    Arena arena;
    Buffer<float> buffer;
    buffer.resize(arena, 65);
    std::fill(buffer.data(), buffer.data() + 65, 1.0f);
    buffer.set_zero();
    CHECK(std::count(buffer.data(), buffer.data() + 65, 0.0f) == 65);
}

TEST_CASE("A released buffer is empty and gives its memory back", "[core]") {
    Arena arena;
    Buffer<float> buffer, other;
    buffer.resize(arena, 65);
    const float* memory = buffer.data();
    buffer.release();
    CHECK(buffer.size() == 0);
    CHECK(buffer.data() == nullptr);
    other.resize(arena, 65);
    CHECK(other.data() == memory);
}

TEST_CASE("Rows lie one after the other", "[core]") {
    Arena arena;
    Rows<float> rows;
    rows.resize(arena, 4, 5);
    std::iota(rows.data(), rows.data() + 20, 0.0f);
    CHECK(rows.row(0)[0] == 0.0f);
    CHECK(rows.row(3)[4] == 19.0f);
    rows.set_zero();
    CHECK(std::count(rows.data(), rows.data() + 20, 0.0f) == 20);
}

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

TEST_CASE("What is written to an analog map's tensor is in the map", "[core]") {
    Arena arena;
    Analog<double> analog;
    analog.resize(arena, {1, 1, 2, 2, 3});
    analog.set_zero();
    analog.tensor()(0, 0, 1, 0, 2) = 7;
    CHECK(analog.data()[8] == 7);
    analog.release();
    CHECK(analog.extents() == Extents{});
}

TEST_CASE("Scratch gives its memory back when it goes out of scope", "[core]") {
    Arena arena;
    const float* memory = nullptr;
    {
        const staa::Scratch<float> scratch(arena, 100);
        memory = scratch.data();
        std::fill(scratch.data(), scratch.data() + 100, 1.0f);
    }
    const staa::Scratch<float> again(arena, 100);
    CHECK(again.data() == memory);
}

}  // namespace
