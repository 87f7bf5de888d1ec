// SPDX-License-Identifier: MIT
#include "staa/core/scratch.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "support/catch.hpp"

namespace {

using staa::Arena;
using staa::Buffer;
using staa::Index;
using staa::Rows;

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

TEST_CASE("Every worker has memory of its own that begins at a multiple of 64 bytes", "[core]") {
    Arena arena;
    const staa::WorkerScratch<float> scratch(arena, 17);
    for (Index worker = 0; worker < staa::threads(); ++worker) {
        CHECK(reinterpret_cast<std::uintptr_t>(scratch.of(worker)) % 64 == 0);
        CHECK(scratch.of(worker) - scratch.of(0) == 32 * worker);
    }
}

}  // namespace
