// SPDX-License-Identifier: MIT
// What a kernel tells the caches: values that it reads soon, and zeros that it writes to memory directly.
#pragma once

#include <algorithm>
#include <cstdint>

#include "staa/core/parallel.hpp"

/// Defined where `zeros_past_caches` can store past the caches.
#if defined(__SSE2__) && !defined(STAA_PLAIN)
#define STAA_STORES_PAST_CACHES
#include <immintrin.h>
#endif

namespace staa {
inline namespace STAA_ABI {

/// Tells the machine that `count` values will be read soon, where it would not foresee this. Only a hint.
template <class Real>
STAA_INLINE void prefetch([[maybe_unused]] const Real* values, [[maybe_unused]] Index count) {
#if defined(__GNUC__)
    for (Index i = 0; i < count; i += 64 / static_cast<Index>(sizeof(Real))) {
        __builtin_prefetch(values + i);
    }
#endif
}

#if defined(STAA_STORES_PAST_CACHES)
namespace detail {
/// Writes 64 zero bytes; `to` is aligned to 64 bytes.
STAA_INLINE void zero_line_past_caches(void* to) {
#if defined(__AVX512F__)
    _mm512_stream_si512(static_cast<__m512i*>(to), _mm512_setzero_si512());
#else
    for (int i = 0; i < 4; ++i) {
        _mm_stream_si128(static_cast<__m128i*>(to) + i, _mm_setzero_si128());
    }
#endif
}
}  // namespace detail
#endif

/// Writes `count` zeros that will not be read soon. Where the machine can, they go past the caches: then a line of
/// memory that is written as a whole is not read first. Call `finish_past_caches` before another thread reads the
/// zeros.
template <class Real>
void zeros_past_caches(Real* to, Index count) {
    Real* const end = to + count;
#if defined(STAA_STORES_PAST_CACHES)
    constexpr Index line = 64 / static_cast<Index>(sizeof(Real));
    for (; to < end && reinterpret_cast<std::uintptr_t>(to) % 64 != 0; ++to) {
        *to = Real(0);
    }
    for (; end - to >= line; to += line) {
        detail::zero_line_past_caches(to);
    }
#endif
    std::fill(to, end, Real(0));
}

/// Orders the stores of this thread: what it has written past the caches comes before what it writes from now on.
STAA_INLINE void finish_past_caches() {
#if defined(STAA_STORES_PAST_CACHES)
    _mm_sfence();
#endif
}

}  // namespace STAA_ABI
}  // namespace staa

#undef STAA_STORES_PAST_CACHES
