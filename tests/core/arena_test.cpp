// SPDX-License-Identifier: MIT
#include "staa/core/arena.hpp"

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "support/catch.hpp"

namespace {

using staa::Arena;

/// Takes blocks of several sizes, holds them at the same time, and gives them back.
void work(Arena& arena) {
    std::vector<Arena::Block> blocks;
    for (const std::size_t bytes : {100u, 5000u, 64u, 5000u, 1u, 300u}) {
        blocks.push_back(arena.take(bytes));
        std::memset(blocks.back().address(), 1, bytes);
    }
}

TEST_CASE("A block has the bytes that were requested and begins at a multiple of 64 bytes", "[core]") {
    Arena arena;
    for (const std::size_t bytes : {0u, 1u, 63u, 64u, 65u, 1000u}) {
        INFO(bytes << " bytes");
        const Arena::Block block = arena.take(bytes);
        REQUIRE(block.address() != nullptr);
        CHECK(block.capacity() >= bytes);
        CHECK(reinterpret_cast<std::uintptr_t>(block.address()) % Arena::alignment == 0);
    }
}

TEST_CASE("Blocks that are held at the same time do not overlap", "[core]") {
    Arena arena;
    const Arena::Block a = arena.take(256), b = arena.take(256);
    std::memset(a.address(), 1, 256);
    std::memset(b.address(), 2, 256);
    const std::vector<unsigned char> ones(256, 1), twos(256, 2);
    CHECK(std::memcmp(a.address(), ones.data(), 256) == 0);
    CHECK(std::memcmp(b.address(), twos.data(), 256) == 0);
}

TEST_CASE("Once all blocks are back, the same sequence of sizes allocates nothing", "[core]") {
    Arena arena;
    work(arena);
    const std::size_t bytes = arena.bytes();
    CHECK(bytes >= 10465);
    for (int i = 0; i < 3; ++i) {
        work(arena);
        CHECK(arena.bytes() == bytes);
    }
}

TEST_CASE("The smallest free block that fits is taken", "[core]") {
    Arena arena;
    std::optional<Arena::Block> large = arena.take(1280), small = arena.take(1024);
    const void* small_address = small->address();
    large.reset();
    small.reset();
    CHECK(arena.take(900).address() == small_address);
}

TEST_CASE("A free block more than twice as large as needed is not taken", "[core]") {
    Arena arena;
    const void* address = arena.take(4096).address();
    CHECK(arena.take(2048).address() == address);
    CHECK(arena.take(1984).address() != address);
}

TEST_CASE("A block that is released twice is empty and gives its memory back once", "[core]") {
    Arena arena;
    Arena::Block block = arena.take(640);
    const void* address = block.address();
    block.release();
    block.release();
    CHECK(block.address() == nullptr);
    CHECK(block.capacity() == 0);
    const Arena::Block again = arena.take(640), other = arena.take(640);
    CHECK(again.address() == address);
    CHECK(other.address() != address);
}

TEST_CASE("A moved block keeps its memory", "[core]") {
    Arena arena;
    Arena::Block from = arena.take(640);
    void* address = from.address();
    Arena::Block to = std::move(from);
    CHECK(to.address() == address);
    CHECK(to.capacity() == 640);
    CHECK(from.address() == nullptr);  // NOLINT: what is left behind is what this is about
    Arena::Block assigned;
    assigned = std::move(to);
    CHECK(assigned.address() == address);
}

TEST_CASE("A block outlives its arena", "[core]") {
    std::optional<Arena> arena(std::in_place);
    const Arena::Block block = arena->take(100);
    arena.reset();
    std::memset(block.address(), 3, block.capacity());
    CHECK(static_cast<const unsigned char*>(block.address())[99] == 3);
}

TEST_CASE("A copy of an arena is a new, empty one", "[core]") {
    Arena arena;
    const void* address = arena.take(640).address();
    Arena copy(arena);
    CHECK(copy.bytes() == 0);
    CHECK(copy.take(640).address() != address);
    CHECK(arena.take(640).address() == address);

    Arena assigned;
    assigned.take(64);
    assigned = arena;
    CHECK(assigned.bytes() == 64);
}

TEST_CASE("Hundreds of blocks can be held and given back", "[core]") {
    Arena arena;
    const auto hold = [&] {
        std::vector<Arena::Block> blocks;
        for (int i = 0; i < 500; ++i) {
            blocks.push_back(arena.take(64));
        }
    };
    hold();
    hold();
    CHECK(arena.bytes() == 500 * 64);
}

TEST_CASE("Calls of many sizes hold at most twice the largest one, whichever blocks may be given", "[core]") {
    for (const Arena::Fit fit : {Arena::Fit::close, Arena::Fit::exact}) {
        Arena arena(fit);
        const auto call = [&](std::size_t batch) {
            arena.begin_call();
            std::vector<Arena::Block> blocks;
            for (const std::size_t size : {640u, 6400u, 1280u}) {
                blocks.push_back(arena.take(batch * size));
                std::memset(blocks.back().address(), 1, batch * size);
            }
        };
        for (std::size_t batch = 64; batch > 0; --batch) {
            call(batch);
            CHECK(arena.bytes() <= 2 * 64 * 8320);
        }
        for (std::size_t i = 0; i < 300; ++i) {
            const std::size_t batch = 1 + i * 37 % 64;
            call(batch);
            CHECK(arena.bytes() <= 2 * 64 * 8320);
            const std::size_t bytes = arena.bytes();
            call(batch);
            CHECK(arena.bytes() == bytes);
        }
    }
}

TEST_CASE("A block that is kept while sizes grow does not leave its earlier ones behind", "[core]") {
    Arena arena;
    Arena::Block kept;
    for (std::size_t size = 64; size <= 64 * 500; size += 64) {
        arena.begin_call();
        kept.release();
        kept = arena.take(size);
        CHECK(arena.bytes() <= 2 * size);
    }
}

TEST_CASE("Blocks of the current call stay, however many there are", "[core]") {
    Arena arena(Arena::Fit::exact);
    arena.begin_call();
    for (std::size_t size = 64; size <= 64 * 100; size += 64) {
        arena.take(size);
    }
    CHECK(arena.bytes() == 64 * 5050);
}

}  // namespace
