// SPDX-License-Identifier: MIT
// Arrays between guard zones, and the comparison of what a kernel wrote with what its plain twin says.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/core/parallel.hpp"
#include "staa/core/random.hpp"

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size)
#define ASAN_UNPOISON_MEMORY_REGION(address, size)
#endif

namespace staa_tests {

using staa::Index;

/// Where an array begins: kernels take any address, unless they state a multiple of 64 bytes.
enum class Begins { anywhere, aligned };

/// An array between two guard zones wider than any vector. AddressSanitizer reports a touched zone. Without it
/// the zones hold values that would spoil a result, and keep what is written to them. `anywhere` is one element after a
/// multiple of 64 bytes, where no load of a whole vector is aligned.
template <class T>
class Array {
 public:
    Array(Index size, T value, T guard, Begins begins = Begins::anywhere)
        : size_(size),
          guard_(guard),
          begins_(begins),
          lines_((static_cast<std::size_t>(2 * zone + 1 + size) * sizeof(T) + sizeof(Line) - 1) / sizeof(Line)) {
        std::fill(storage(), storage_end(), guard);
        std::fill_n(begin(), size, value);
        ASAN_POISON_MEMORY_REGION(storage(), bytes_between(storage(), begin()));
        ASAN_POISON_MEMORY_REGION(end(), bytes_between(end(), storage_end()));
    }
    Array(const Array& other) : Array(other.size_, T(), other.guard_, other.begins_) {
        std::copy(other.begin(), other.end(), begin());
    }
    Array& operator=(const Array&) = delete;

    Index size() const { return size_; }
    T* data() { return storage() + zone + (begins_ == Begins::anywhere ? 1 : 0); }
    const T* data() const { return const_cast<Array*>(this)->data(); }
    T* begin() { return data(); }
    T* end() { return data() + size_; }
    const T* begin() const { return data(); }
    const T* end() const { return data() + size_; }
    T& operator[](Index i) { return data()[i]; }
    const T& operator[](Index i) const { return data()[i]; }

    /// Whether both zones hold what they held at first, to the bit: NaN included.
    bool guards_survived() {
        ASAN_UNPOISON_MEMORY_REGION(storage(), bytes_between(storage(), storage_end()));
        const auto is_guard = [&](const T& value) { return std::memcmp(&value, &guard_, sizeof(T)) == 0; };
        return std::all_of(storage(), begin(), is_guard) && std::all_of(end(), storage_end(), is_guard);
    }

 private:
    static constexpr Index zone = 128 / sizeof(T);
    struct alignas(64) Line {
        std::byte bytes[64];
    };
    static std::size_t bytes_between(const T* from, const T* to) {
        return static_cast<std::size_t>(to - from) * sizeof(T);
    }
    T* storage() { return reinterpret_cast<T*>(lines_.data()); }
    T* storage_end() { return storage() + lines_.size() * (sizeof(Line) / sizeof(T)); }

    Index size_;
    T guard_;
    Begins begins_;
    std::vector<Line> lines_;
};

/// NaN, or a word of ones: what a kernel must neither read nor leave behind.
template <class T>
constexpr T poison() {
    if constexpr (std::is_floating_point_v<T>) {
        return std::numeric_limits<T>::quiet_NaN();
    } else {
        return static_cast<T>(-1);
    }
}

/// An array for a kernel to write: poison inside, and guards that are no NaN, so that a NaN written there is seen.
template <class T>
Array<T> unwritten(Index size, Begins begins = Begins::anywhere) {
    return {size, poison<T>(), T(113), begins};
}

/// An array for a kernel to read or to add to: zeros between poison.
template <class T>
Array<T> zeros(Index size) {
    return {size, T(0), poison<T>()};
}

/// Uniform in [low, high), between poison.
template <class Scalar>
Array<Scalar> random_values(staa::Random& random, Index size, double low = -1, double high = 1) {
    Array<Scalar> values = zeros<Scalar>(size);
    std::generate(values.begin(), values.end(), [&] { return static_cast<Scalar>(random.uniform(low, high)); });
    return values;
}

/// Values like 1.25: multiples of 1/8 in [-2, 2]. Sums and products of a few are exact in float and in double, so that
/// a potential is exactly at its threshold, or not, in both.
inline Array<double> random_eighths(staa::Random& random, Index size) {
    Array<double> values = zeros<double>(size);
    std::generate(values.begin(), values.end(), [&] { return static_cast<double>(random.below(33)) / 8 - 2; });
    return values;
}

/// The same values in another type.
template <class To, class From>
Array<To> as(const Array<From>& from) {
    Array<To> to = zeros<To>(from.size());
    std::transform(from.begin(), from.end(), to.begin(), [](From value) { return static_cast<To>(value); });
    return to;
}

/// Bits of which about `rate` are set; those beyond the last channel are 0, as in staa::Spikes.
inline Array<std::uint64_t> random_spikes(staa::Random& random, Index pixels, Index channels, double rate) {
    const Index words = (channels + 63) / 64;
    Array<std::uint64_t> bits = zeros<std::uint64_t>(pixels * words);
    for (Index i = 0; i < pixels * channels; ++i) {
        if (random.uniform() < rate)
            bits[i / channels * words + i % channels / 64] |= std::uint64_t{1} << (i % channels % 64);
    }
    return bits;
}

/// The same spikes as numbers [pixels, channels].
inline Array<double> numbers_of(const Array<std::uint64_t>& bits, Index pixels, Index channels) {
    const Index words = (channels + 63) / 64;
    Array<double> numbers = zeros<double>(pixels * channels);
    for (Index i = 0; i < numbers.size(); ++i) {
        numbers[i] = static_cast<double>(bits[i / channels * words + i % channels / 64] >> (i % channels % 64) & 1u);
    }
    return numbers;
}

/// Tolerance of a sum of rounded products, relative to the largest expected value.
template <class Scalar>
inline constexpr double tolerance = sizeof(Scalar) == sizeof(double) ? 1e-12 : 1e-5;

/// What is wrong with `found`, in words, or nothing: the first value whose difference is more than `allowed` times the
/// largest expected value, or a write outside the array. NaN is wrong.
template <class Scalar>
std::string mismatch(Array<Scalar>& found, const Array<double>& expected, double allowed = tolerance<Scalar>,
                     double largest = 0) {
    std::ostringstream text;
    for (const double value : expected) {
        largest = std::max(largest, std::abs(value));
    }
    if (found.size() != expected.size())
        text << found.size() << " values instead of " << expected.size();
    for (Index i = 0; i < found.size() && text.str().empty(); ++i) {
        if (!(std::abs(static_cast<double>(found[i]) - expected[i]) <= allowed * largest))
            text << "value " << i << " is " << found[i] << ", expected " << expected[i];
    }
    if (!std::isfinite(largest))
        text << " the expected values are not finite";
    if (!found.guards_survived())
        text << " something was written outside the array";
    return text.str();
}

/// The same for sums of terms of up to 1, which may cancel: the error is relative to a term where that is more.
template <class Scalar>
std::string sum_mismatch(Array<Scalar>& found, const Array<double>& expected) {
    return mismatch(found, expected, tolerance<Scalar>, 1);
}

}  // namespace staa_tests
