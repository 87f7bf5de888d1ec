// SPDX-License-Identifier: MIT
// The number types of the safetensors format, and how their bytes (little-endian on every machine) become numbers.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "staa/core/finite.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// A number type of the format.
struct Dtype {
    std::string_view name;
    int bits;  ///< of one element
};

/// Every type of the format (https://github.com/huggingface/safetensors, 0.8). Only some are read: see `is_readable`.
inline constexpr Dtype dtypes[] = {
    {"BOOL", 8}, {"U8", 8},      {"I8", 8},      {"U16", 16},        {"I16", 16},    {"U32", 32},
    {"I32", 32}, {"U64", 64},    {"I64", 64},    {"F16", 16},        {"BF16", 16},   {"F32", 32},
    {"F64", 64}, {"C64", 64},    {"F8_E4M3", 8}, {"F8_E5M2", 8},     {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F4", 4},   {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F8_E5M2FNUZ", 8},
};

/// The type of that name; null if the format has no such type.
inline const Dtype* find_dtype(std::string_view name) {
    for (const Dtype& dtype : dtypes) {
        if (dtype.name == name) {
            return &dtype;
        }
    }
    return nullptr;
}

inline bool is_floating(std::string_view dtype) {
    return dtype == "F16" || dtype == "BF16" || dtype == "F32" || dtype == "F64" || dtype == "F8_E4M3" ||
           dtype == "F8_E5M2";
}

/// Whether `decode` converts values of that type to `Scalar`: whole numbers to every `Scalar`, floating-point numbers
/// only to float and double.
template <class Scalar>
bool is_readable(std::string_view dtype) {
    return dtype == "I32" || dtype == "I64" || (std::is_floating_point_v<Scalar> && is_floating(dtype));
}

/// The name of the type that stores the bits of a `Scalar`.
template <class Scalar>
constexpr std::string_view dtype_of() {
    static_assert(std::is_same_v<Scalar, float> || std::is_same_v<Scalar, double> ||
                  std::is_same_v<Scalar, std::int64_t>);
    return std::is_same_v<Scalar, float> ? "F32" : std::is_same_v<Scalar, double> ? "F64" : "I64";
}

/// The unsigned integer of `Size` bytes.
template <std::size_t Size>
using Bits = std::conditional_t<Size == 2, std::uint16_t, std::conditional_t<Size == 4, std::uint32_t, std::uint64_t>>;

template <std::unsigned_integral Word>
Word load_little_endian(const char* bytes) {
    Word word = 0;
    for (std::size_t i = 0; i < sizeof(Word); ++i) {
        word = static_cast<Word>(word | static_cast<Word>(static_cast<unsigned char>(bytes[i])) << (8 * i));
    }
    return word;
}

template <std::unsigned_integral Word>
void store_little_endian(Word word, char* bytes) {
    for (std::size_t i = 0; i < sizeof(Word); ++i) {
        bytes[i] = static_cast<char>(static_cast<unsigned char>(word >> (8 * i)));
    }
}

/// Converts IEEE 754's binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction. Each value is also a float
/// value, so nothing is rounded.
inline float float_of_float16(std::uint16_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
    const std::uint32_t exponent = bits >> 10 & 0x1Fu, fraction = bits & 0x3FFu;
    if (exponent == 0) {  // zero and subnormal numbers
        const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
        return sign == 0 ? magnitude : -magnitude;
    }
    const std::uint32_t wide_exponent = exponent == 0x1Fu ? 0xFFu : exponent - 15 + 127;
    return std::bit_cast<float>(sign | wide_exponent << 23 | fraction << 13);
}

/// Converts bfloat16, which is the upper half of a float.
inline float float_of_bfloat16(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

/// Converts float8 E5M2, which is the upper half of a float16.
inline float float_of_float8_e5m2(std::uint8_t bits) {
    return float_of_float16(static_cast<std::uint16_t>(static_cast<unsigned>(bits) << 8));
}

/// Converts float8 E4M3 (https://arxiv.org/abs/2209.05433): sign, 4 bits of exponent with bias 7, 3 bits of fraction.
/// It has no infinity: all bits set is NaN.
inline float float_of_float8_e4m3(std::uint8_t bits) {
    const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x80u) << 24;
    const std::uint32_t exponent = bits >> 3 & 0xFu, fraction = bits & 0x7u;
    if (exponent == 0) {  // zero and subnormal numbers
        const float magnitude = static_cast<float>(fraction) * 0x1p-9f;
        return sign == 0 ? magnitude : -magnitude;
    }
    const bool is_nan = (bits & 0x7Fu) == 0x7Fu;
    return std::bit_cast<float>(sign | (is_nan ? 0xFFu : exponent - 7 + 127) << 23 | fraction << 20);
}

/// Rounds to nearest, ties to even, to a number of 16 bits with a sign, `exponent_bits` of exponent and the rest of
/// fraction, as IEEE 754 defines it. What is too large becomes infinite; NaN stays NaN, without its payload.
template <int exponent_bits>
std::uint16_t rounded_to_16_bits(double value) {
    constexpr int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
    constexpr int infinity = ((1 << exponent_bits) - 1) << fraction_bits;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto signed_bits = [&](int magnitude) {
        return static_cast<std::uint16_t>((bits >> 48 & 0x8000u) | static_cast<unsigned>(magnitude));
    };
    if (!is_finite(value)) {
        const bool is_nan = (bits & 0xFFFFFFFFFFFFFu) != 0;
        return signed_bits(is_nan ? infinity | 1 << (fraction_bits - 1) : infinity);
    }
    const double magnitude = std::abs(value);
    const int exponent = magnitude == 0 ? 1 - bias : std::max(std::ilogb(magnitude), 1 - bias);
    if (exponent > bias) {
        return signed_bits(infinity);
    }
    // In units of the fraction's last bit. 2^fraction_bits of them are the 1 that a normal number does not store, and
    // add one to the exponent; a number that was rounded up to 2^(fraction_bits + 1) of them adds two.
    const auto units = static_cast<int>(std::nearbyint(std::ldexp(magnitude, fraction_bits - exponent)));
    return signed_bits(((exponent + bias - 1) << fraction_bits) + units);
}

/// Rounds to IEEE 754's binary16; see `float_of_float16`.
inline std::uint16_t float16_of(double value) { return rounded_to_16_bits<5>(value); }

/// Rounds to bfloat16; see `float_of_bfloat16`.
inline std::uint16_t bfloat16_of(double value) { return rounded_to_16_bits<8>(value); }

/// values[i] = convert(word i of `bytes`).
template <class Word, class Scalar, class Convert>
void decode_each(std::string_view bytes, std::vector<Scalar>& values, Convert convert) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<Scalar>(convert(load_little_endian<Word>(bytes.data() + i * sizeof(Word))));
    }
}

/// Fills `values` from the same number of elements of type `dtype`, which must be `is_readable<Scalar>`. A value of the
/// same type keeps its bits.
template <class Scalar>
void decode(std::string_view dtype, std::string_view bytes, std::vector<Scalar>& values) {
    if (dtype == "I64") {
        decode_each<std::uint64_t>(bytes, values, [](auto word) { return std::bit_cast<std::int64_t>(word); });
    } else if (dtype == "I32") {
        decode_each<std::uint32_t>(bytes, values, [](auto word) { return std::bit_cast<std::int32_t>(word); });
    } else if constexpr (std::is_floating_point_v<Scalar>) {
        if (dtype == "F64") {
            decode_each<std::uint64_t>(bytes, values, [](auto word) { return std::bit_cast<double>(word); });
        } else if (dtype == "F32") {
            decode_each<std::uint32_t>(bytes, values, [](auto word) { return std::bit_cast<float>(word); });
        } else if (dtype == "F16") {
            decode_each<std::uint16_t>(bytes, values, float_of_float16);
        } else if (dtype == "F8_E4M3") {
            decode_each<std::uint8_t>(bytes, values, float_of_float8_e4m3);
        } else if (dtype == "F8_E5M2") {
            decode_each<std::uint8_t>(bytes, values, float_of_float8_e5m2);
        } else {
            decode_each<std::uint16_t>(bytes, values, float_of_bfloat16);
        }
    }
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
