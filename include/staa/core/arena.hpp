// SPDX-License-Identifier: MIT
// Memory that is taken from the system once: blocks go back to the arena, and the next call takes them from there.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "staa/core/memory.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A pool of aligned blocks. A program that takes the same sizes in the same order soon allocates nothing more: a
/// training loop from its third step on. A program whose sizes change from call to call tells the arena where a call
/// begins. The arena then holds at most twice what its largest call has used: blocks that the current call has not used
/// go back to the system, those that were used longest ago first. One arena belongs to one thread at a time. A copy is a
/// new, empty arena: memory is never shared by accident.
class Arena {
 public:
    static constexpr std::size_t alignment = 64;

    /// Owns a piece of memory until it is destroyed; the memory then returns to its arena. Move only.
    class Block;

    /// Which free blocks `take` may give.
    enum class Fit {
        close,  ///< the smallest one that is large enough and at most twice as large: the least memory
        exact,  ///< blocks of exactly the size: the same sizes in the same order take no new memory
    };

    explicit Arena(Fit fit = Fit::close) : pool_(std::make_shared<Pool>(fit)) {}
    Arena(const Arena& other) : Arena(other.pool_->fit) {}
    Arena& operator=(const Arena&) { return *this; }

    /// A block of at least `bytes`, aligned to 64 bytes, contents unspecified: a free one that fits, else a new one.
    /// Throws std::bad_alloc like `new`.
    Block take(std::size_t bytes);

    /// Says that a call begins. Without it all blocks belong to one call, and none goes back to the system.
    void begin_call();

    /// Bytes held, in use and free.
    std::size_t bytes() const { return pool_->total; }

 private:
    /// What is known of a block: its bytes, how many of them its last user has asked for, and the call of that user.
    struct Piece {
        void* address = nullptr;
        std::size_t capacity = 0, wanted = 0, call = 0;
    };
    struct Pool {
        std::vector<Piece> free;
        std::size_t total = 0, blocks = 0;  // bytes and blocks that are held, in use and free
        std::size_t in_use = 0;             // bytes that the users of blocks have asked for
        std::size_t call = 0;               // calls so far
        std::size_t of_call = 0;            // bytes that this call has asked for, or found in use
        std::size_t largest = 0;            // the most that `needed` has been
        Fit fit;
        explicit Pool(Fit fit_of_blocks) : fit(fit_of_blocks) {}
        Pool(const Pool&) = delete;
        Pool& operator=(const Pool&) = delete;
        ~Pool() {
            for (const Piece& block : free) {
                detail::give_memory(block.address, block.capacity);
            }
        }
        /// What this call needs: of blocks that serve one size each, all; else those that are in use at a time.
        std::size_t needed() const { return fit == Fit::exact ? of_call : in_use; }
        void use(Piece& block, std::size_t bytes);
        void make_room(std::size_t bytes);
    };
    std::shared_ptr<Pool> pool_;
};

class Arena::Block {
 public:
    Block() = default;
    Block(Block&& other) noexcept : pool_(std::move(other.pool_)), piece_(std::exchange(other.piece_, {})) {}
    Block& operator=(Block&& other) noexcept {
        std::swap(pool_, other.pool_);
        std::swap(piece_, other.piece_);
        return *this;
    }
    ~Block() { release(); }

    void* address() const { return piece_.address; }
    std::size_t capacity() const { return piece_.capacity; }

    /// Gives the memory back now; the block is empty afterwards.
    void release() noexcept {
        if (piece_.address != nullptr) {
            pool_->in_use -= piece_.wanted;
            if (piece_.call != pool_->call) {
                pool_->of_call -= piece_.wanted;  // it was in use when the call began, and was not needed
            }
            pool_->free.push_back(std::exchange(piece_, {}));  // `take` has reserved the room: this never allocates
            pool_.reset();
        }
    }

 private:
    friend class Arena;
    Block(std::shared_ptr<Pool> pool, const Piece& piece) : pool_(std::move(pool)), piece_(piece) {}
    std::shared_ptr<Pool> pool_;
    Piece piece_;
};

inline void Arena::begin_call() {
    ++pool_->call;
    pool_->of_call = pool_->in_use;
}

/// Notes that this call uses `bytes` of a block.
inline void Arena::Pool::use(Piece& block, std::size_t bytes) {
    const std::size_t counted = block.call == call ? block.wanted : 0;
    block.wanted = std::max(bytes, counted);
    block.call = call;
    in_use += block.wanted;
    of_call += block.wanted - counted;
    largest = std::max(largest, needed());
}

/// Gives free blocks back until the arena, with `bytes` more for this call, holds at most twice the largest call.
inline void Arena::Pool::make_room(std::size_t bytes) {
    const std::size_t most = 2 * std::max(largest, needed() + bytes);
    while (total + bytes > most) {
        const auto oldest =
            std::min_element(free.begin(), free.end(), [](const Piece& a, const Piece& b) { return a.call < b.call; });
        if (oldest == free.end() || oldest->call == call) {
            return;
        }
        detail::give_memory(oldest->address, oldest->capacity);
        total -= oldest->capacity;
        --blocks;
        *oldest = free.back();
        free.pop_back();
    }
}

inline Arena::Block Arena::take(std::size_t bytes) {
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (bytes == 0) {
        bytes = alignment;
    }
    auto& free = pool_->free;
    auto best = free.end();
    for (auto block = free.begin(); block != free.end(); ++block) {
        const bool fits = block->capacity >= bytes && block->capacity <= (pool_->fit == Fit::exact ? 1 : 2) * bytes;
        if (fits && (best == free.end() || block->capacity < best->capacity)) {
            best = block;
        }
    }
    if (best != free.end()) {
        Piece found = *best;
        *best = free.back();
        free.pop_back();
        pool_->use(found, bytes);
        return Block(pool_, found);
    }
    if (free.capacity() <= pool_->blocks) {
        free.reserve(2 * (pool_->blocks + 1));  // so that `release` never allocates
    }
    pool_->make_room(bytes);
    Piece made{detail::take_memory(bytes), bytes, 0, pool_->call};
    pool_->total += bytes;
    ++pool_->blocks;
    pool_->use(made, bytes);
    return Block(pool_, made);
}

}  // namespace STAA_ABI
}  // namespace staa
