// SPDX-License-Identifier: MIT
// Which network is which. A tape, a stream's state, an optimiser and an average belong to one network. They know it by a
// number, because an address can change hands: by an assignment, by `std::optional::emplace`, or when a vector grows.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

#include "staa/core/error.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// A number that no call in this program has returned before. It is never 0.
inline std::uint64_t next_number() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}

/// The number of a network. It moves with the network. A copy, and the target of a copy assignment, get a new one, because
/// their weights go their own way from there. A network that was moved from has 0, and so has every copy of it.
class NetworkIdentity {
 public:
    NetworkIdentity() noexcept : number_(next_number()) {}
    NetworkIdentity(const NetworkIdentity& other) noexcept : number_(new_unless_0(other)) {}
    NetworkIdentity(NetworkIdentity&& other) noexcept : number_(std::exchange(other.number_, 0)) {}
    NetworkIdentity& operator=(const NetworkIdentity& other) noexcept {
        number_ = this == &other ? number_ : new_unless_0(other);
        return *this;
    }
    NetworkIdentity& operator=(NetworkIdentity&& other) noexcept {
        number_ = std::exchange(other.number_, 0);
        return *this;
    }
    ~NetworkIdentity() = default;

    std::uint64_t number() const { return number_; }

 private:
    static std::uint64_t new_unless_0(const NetworkIdentity& other) { return other.number_ == 0 ? 0 : next_number(); }
    std::uint64_t number_;
};

/// A value that a move takes along. The object that was moved from then holds a new `Value`, not a copy.
template <class Value>
struct Moving {
    Value value{};

    Moving() = default;
    explicit Moving(const Value& start) : value(start) {}
    Moving(const Moving&) = default;
    Moving(Moving&& other) noexcept : value(std::exchange(other.value, Value{})) {}
    Moving& operator=(const Moving&) = default;
    Moving& operator=(Moving&& other) noexcept {
        value = std::exchange(other.value, Value{});
        return *this;
    }
    ~Moving() = default;
};

/// Throws an Error if the network with this identity was moved from. `caller` is the function that was called.
inline void check_not_moved(std::uint64_t identity, const char* caller) {
    if (identity == 0) {
        fail(caller, ": this network was moved from; use the network that it was moved to");
    }
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
