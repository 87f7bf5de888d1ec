// SPDX-License-Identifier: MIT
// Memory from the operating system, in huge pages where it has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "staa/core/config.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Bytes of a huge page. With pages of 4 KiB the processor spends so much time on finding pages that a training step of
/// ResNet-20 takes 5 % longer.
inline constexpr std::size_t huge_page = std::size_t{2} << 20;

/// The alignment of a block: a huge page for a block that fills one, else 64 bytes.
inline std::align_val_t alignment_of(std::size_t bytes) { return std::align_val_t{bytes < huge_page ? 64 : huge_page}; }

/// Throws std::bad_alloc; where exceptions are switched off it says so and aborts.
[[noreturn]] inline void fail_for_memory() {
#if defined(__cpp_exceptions)
    throw std::bad_alloc();
#else
    std::fputs("staa: not enough memory\n", stderr);
    std::abort();
#endif
}

/// The product of sizes that are not negative. Throws like `fail_for_memory` where it is more than any memory can hold, so
/// that no array is made for a part of its values.
inline std::ptrdiff_t checked_product(std::ptrdiff_t a, std::ptrdiff_t b) {
    if (a < 0 || b < 0 || (b > 0 && a > PTRDIFF_MAX / b)) {
        fail_for_memory();
    }
    return a * b;
}
template <class... More>
std::ptrdiff_t checked_product(std::ptrdiff_t a, std::ptrdiff_t b, More... more) {
    return checked_product(checked_product(a, b), more...);
}

/// New memory, aligned to at least 64 bytes. The part of it that fills whole huge pages is requested in huge pages.
/// Throws std::bad_alloc like `new`.
inline void* take_memory(std::size_t bytes) {
    void* address = ::operator new(bytes, alignment_of(bytes));
#if defined(MADV_HUGEPAGE)
    if (bytes >= huge_page) {
        // Only a wish: if it fails, the pages are small.
        madvise(address, bytes / huge_page * huge_page, MADV_HUGEPAGE);
    }
#endif
    return address;
}

/// Gives back what `take_memory(bytes)` returned.
inline void give_memory(void* address, std::size_t bytes) noexcept { ::operator delete(address, alignment_of(bytes)); }

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
