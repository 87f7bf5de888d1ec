// SPDX-License-Identifier: MIT
// A number that tells the weights of a network from other weights. A saved stream knows its network by it.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "staa/core/parallel.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Adds up tensors value by value:
///     sum of mix(bits of value i + i · odd constant),   i counts through all tensors
/// with `mix`, a bijection of 64 bits (the finaliser of SplitMix64, Steele et al., 2014). Integers add up to the same sum
/// in any order, so it is the same for any number of threads. It is the same on every machine, too.
class Checksum {
 public:
    template <class Real>
    void add(const Real* values, Index size) {
        std::atomic<std::uint64_t> sum{0};
        for_parts(size, [&, before = values_](Index first, Index last) {
            std::uint64_t part = 0;
            for (Index i = first; i < last; ++i) {
                part += mix(bits_of(values[i]) + (before + static_cast<std::uint64_t>(i)) * 0x9e3779b97f4a7c15u);
            }
            sum.fetch_add(part, std::memory_order_relaxed);
        });
        sum_ += sum;
        values_ += static_cast<std::uint64_t>(size);
    }

    /// Never 0.
    std::uint64_t value() const { return sum_ == 0 ? 1 : sum_; }

 private:
    template <class Real>
    static std::uint64_t bits_of(Real value) {
        return std::bit_cast<std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>>(value);
    }
    static std::uint64_t mix(std::uint64_t bits) {
        bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
        bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
        return bits ^ (bits >> 31);
    }

    std::uint64_t sum_ = 0, values_ = 0;
};

/// The checksum of all that inference reads of a chain: parameters, running averages and constants. Counters are left out.
template <class Chain>
std::uint64_t weights_checksum(const Chain& layers) {
    Checksum checksum;
    const auto add = [&](const auto&, const auto& value) {
        if constexpr (requires { value.data(); }) {
            checksum.add(value.data(), value.size());
        }
    };
    Chain::visit(layers, "", add);
    Chain::visit_statistics(layers, "", add);
    return checksum.value();
}

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
