// SPDX-License-Identifier: MIT
// Memory that is taken from the system once: blocks go back to the arena, and the next call takes them from there.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "staa/core/memory.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A pool of aligned blocks. A program that takes the same sizes in the same order soon allocates nothing more: a
/// training loop from its third step on. One arena belongs to one thread at a time. A copy is a new, empty arena:
/// memory is never shared by accident.
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

    explicit Arena(Fit fit = Fit::close) : pool_(std::make_shared<Pool>()), fit_(fit) {}
    Arena(const Arena& other) : Arena(other.fit_) {}
    Arena& operator=(const Arena&) { return *this; }

    /// A block of at least `bytes`, aligned to 64 bytes, contents unspecified: a free one that fits, else a new one.
    /// Throws std::bad_alloc like `new`.
    Block take(std::size_t bytes);

    /// Bytes held, in use and free.
    std::size_t bytes() const { return pool_->total; }

 private:
    struct Free {
        void* address;
        std::size_t capacity;
    };
    struct Pool {
        std::vector<Free> free;
        std::size_t total = 0, blocks = 0;
        Pool() = default;
        Pool(const Pool&) = delete;
        Pool& operator=(const Pool&) = delete;
        ~Pool() {
            for (const Free& block : free) {
                detail::give_memory(block.address, block.capacity);
            }
        }
    };
    std::shared_ptr<Pool> pool_;
    Fit fit_;
};

class Arena::Block {
 public:
    Block() = default;
    Block(Block&& other) noexcept
        : pool_(std::move(other.pool_)),
          address_(std::exchange(other.address_, nullptr)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    Block& operator=(Block&& other) noexcept {
        std::swap(pool_, other.pool_);
        std::swap(address_, other.address_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~Block() { release(); }

    void* address() const { return address_; }
    std::size_t capacity() const { return capacity_; }

    /// Gives the memory back now; the block is empty afterwards.
    void release() noexcept {
        if (address_ != nullptr) {
            pool_->free.push_back({address_, capacity_});  // `take` has reserved the room: this never allocates
            address_ = nullptr;
            capacity_ = 0;
            pool_.reset();
        }
    }

 private:
    friend class Arena;
    Block(std::shared_ptr<Pool> pool, void* address, std::size_t capacity)
        : pool_(std::move(pool)), address_(address), capacity_(capacity) {}
    std::shared_ptr<Pool> pool_;
    void* address_ = nullptr;
    std::size_t capacity_ = 0;
};

inline Arena::Block Arena::take(std::size_t bytes) {
    bytes = (bytes + alignment - 1) / alignment * alignment;
    if (bytes == 0) {
        bytes = alignment;
    }
    auto& free = pool_->free;
    auto best = free.end();
    for (auto block = free.begin(); block != free.end(); ++block) {
        const bool fits = block->capacity >= bytes && block->capacity <= (fit_ == Fit::exact ? 1 : 2) * bytes;
        if (fits && (best == free.end() || block->capacity < best->capacity)) {
            best = block;
        }
    }
    if (best != free.end()) {
        const Free found = *best;
        *best = free.back();
        free.pop_back();
        return Block(pool_, found.address, found.capacity);
    }
    if (free.capacity() < ++pool_->blocks) {
        free.reserve(2 * pool_->blocks);  // so that `release` never allocates
    }
    void* address = detail::take_memory(bytes);
    pool_->total += bytes;
    return Block(pool_, address, bytes);
}

}  // namespace STAA_ABI
}  // namespace staa
