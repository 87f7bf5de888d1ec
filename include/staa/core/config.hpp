// SPDX-License-Identifier: MIT
// The library's version, and the inline namespace that keeps objects built with other flags apart.
#pragma once

#define STAA_VERSION_MAJOR 0
#define STAA_VERSION_MINOR 2
#define STAA_VERSION_PATCH 0

#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ == 2
#error \
    "staa: the x87 unit rounds a potential only when it is stored, so a spike and its reset could disagree: -mfpmath=sse"
#endif

// Two translation units with different instruction sets or threads must not share inline functions. The linker would
// keep one of the two bodies, and a program could then execute an instruction that its machine does not have.
#if defined(STAA_PLAIN)
#define STAA_ABI_INSTRUCTIONS plain
#elif defined(__AVX512BW__) && defined(__AVX512VBMI2__)
#define STAA_ABI_INSTRUCTIONS avx512_vbmi2
#elif defined(__AVX512BW__)
#define STAA_ABI_INSTRUCTIONS avx512
#elif defined(__AVX512F__)
#define STAA_ABI_INSTRUCTIONS avx512f
#elif defined(__AVX2__) && defined(__FMA__)
#define STAA_ABI_INSTRUCTIONS avx2_fma
#elif defined(__AVX2__)
#define STAA_ABI_INSTRUCTIONS avx2
#elif defined(__AVX__) && defined(__FMA__)
#define STAA_ABI_INSTRUCTIONS avx_fma
#elif defined(__AVX__)
#define STAA_ABI_INSTRUCTIONS avx
#elif defined(__SSE4_2__)
#define STAA_ABI_INSTRUCTIONS sse4_2
#elif defined(__SSE4_1__)
#define STAA_ABI_INSTRUCTIONS sse4_1
#elif defined(__SSSE3__)
#define STAA_ABI_INSTRUCTIONS ssse3
#elif defined(__SSE3__)
#define STAA_ABI_INSTRUCTIONS sse3
#elif defined(__ARM_NEON)
#define STAA_ABI_INSTRUCTIONS neon
#elif defined(__SSE2__)
#define STAA_ABI_INSTRUCTIONS sse2
#else
#define STAA_ABI_INSTRUCTIONS plain
#endif

#if defined(_OPENMP)
#define STAA_ABI_THREADS openmp
#else
#define STAA_ABI_THREADS serial
#endif

#define STAA_JOIN_TOKENS(version, instructions, threads) version##_##instructions##_##threads
#define STAA_JOIN(version, instructions, threads) STAA_JOIN_TOKENS(version, instructions, threads)

/// The inline namespace. Every header opens `namespace staa {` and `inline namespace STAA_ABI {` on two lines, because tools
/// such as ctags do not understand the short form.
#define STAA_ABI STAA_JOIN(v0_2, STAA_ABI_INSTRUCTIONS, STAA_ABI_THREADS)

/// For kernels: compiled once per scalar type and instruction set, and not inlined into every layer that calls them.
#if defined(__GNUC__)
#define STAA_KERNEL [[gnu::noinline]]
#else
#define STAA_KERNEL
#endif

/// For functions around an innermost loop that needs all registers: inlined, it would share them with its caller.
#if defined(__GNUC__)
#define STAA_NOINLINE [[gnu::noinline]]
#else
#define STAA_NOINLINE
#endif

/// For loops that take their body from a kernel, and for the innermost steps: as calls, they would load their variables
/// again after every store.
#if defined(__GNUC__)
#define STAA_INLINE [[gnu::always_inline]] inline
/// The same for a lambda; it stands after the parameters.
#define STAA_INLINE_LAMBDA __attribute__((always_inline))
#else
#define STAA_INLINE inline
#define STAA_INLINE_LAMBDA
#endif
