// SPDX-License-Identifier: MIT
// A random generator with a seed. Its numbers are the same on every machine (normal ones up to rounding). There is no
// global generator.
#pragma once

#include <cmath>
#include <cstdint>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

/// SplitMix64 (Steele, Lea, Flood 2014): eight bytes of state, and every seed is a good seed. The distributions of the
/// standard library differ between vendors, so those that the library needs are here.
class Random {
 public:
    /// The same seed gives the same numbers on every machine.
    explicit Random(std::uint64_t seed = 0) : state_(seed) {}

    /// What a generator needs to go on from here: Random(state()) gives the same numbers.
    std::uint64_t state() const { return state_; }

    /// 64 random bits.
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }

    /// Leaves out `count` numbers of `next`, in no time.
    void skip(std::uint64_t count) { state_ += count * 0x9E3779B97F4A7C15u; }

    /// Uniform in [0, 1), 53 bits.
    double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

    /// Uniform in [low, high).
    double uniform(double low, double high) { return low + (high - low) * uniform(); }

    /// A whole number in [0, count); 0 for count 0. For count up to 2^32; its bias is below count / 2^32.
    std::uint64_t below(std::uint64_t count) { return (next() >> 32) * count >> 32; }

    /// Normal with mean 0 and deviation 1 (Box and Muller; the second value is not kept).
    double normal() {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return radius * std::cos(6.283185307179586 * uniform());
    }

    /// An independent generator for task number `stream`. It depends on this generator's state and on `stream` alone,
    /// so that work on several threads stays reproducible. Does not change this generator.
    Random split(std::uint64_t stream) const {
        Random mixed(state_ ^ (stream * 0xD1B54A32D192ED03u + 0x8CB92BA72F3D8DD7u));
        return Random(mixed.next());
    }

 private:
    std::uint64_t state_;
};

}  // namespace STAA_ABI
}  // namespace staa
