// SPDX-License-Identifier: MIT
// Loops on several threads. No other file of the library uses OpenMP; without OpenMP, loops run on one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include "staa/core/config.hpp"

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace staa {
inline namespace STAA_ABI {

/// Sizes and positions are signed, as in Eigen.
using Index = std::ptrdiff_t;

/// Number of threads that a `parallel_for` called from this thread uses.
inline int threads() {
#if defined(_OPENMP)
    return omp_get_max_threads();
#else
    return 1;
#endif
}

/// Sets the number of threads for calls from this thread; values below 1 count as 1. Without OpenMP it does nothing.
inline void set_threads([[maybe_unused]] int count) {
#if defined(_OPENMP)
    omp_set_num_threads(count < 1 ? 1 : count);
#endif
}

/// Whether a `parallel_for` called here may use several threads: false inside another `parallel_for`.
inline bool may_split() {
#if defined(_OPENMP)
    return omp_in_parallel() == 0 && threads() > 1;
#else
    return false;
#endif
}

namespace detail {

/// The one parallel region of the library. It gets the task by its address: with a parallel region in every template
/// that calls `parallel_for`, g++ 12 takes a third longer to compile ResNet-20 (24 s against 18 s at -O2).
inline void run_tasks(Index count, [[maybe_unused]] bool split, void (*call)(void*, Index, Index), void* task) {
#if defined(_OPENMP)
    if (split) {
#pragma omp parallel for schedule(dynamic, 1)
        for (Index i = 0; i < count; ++i) {
            call(task, i, omp_get_thread_num());
        }
        return;
    }
#endif
    for (Index i = 0; i < count; ++i) {
        call(task, i, 0);
    }
}

/// Calls a task of the given type by its address.
template <class Task>
void call_task(void* task, Index i, [[maybe_unused]] Index worker) {
    if constexpr (std::is_invocable_v<Task&, Index, Index>) {
        (*static_cast<Task*>(task))(i, worker);
    } else {
        (*static_cast<Task*>(task))(i);
    }
}

}  // namespace detail

/// Calls `task(i)`, or `task(i, worker)`, once for each i in [0, count), on all threads. Tasks must not throw, and no
/// two may write to the same place; then the result does not depend on the number of threads. `worker` is in [0,
/// threads()). Tasks of one worker never run at the same time, so they may share memory, if none reads what another one
/// has left there. `cost` is a rough number of operations per task. Waking a thread takes about 5 microseconds: a loop
/// too small for that runs on the calling thread alone.
template <class Task>
void parallel_for(Index count, Index cost, Task&& task) {
    constexpr Index worth_waking = 1 << 16;
    const bool split = count > 1 && cost > (worth_waking - 1) / count && may_split();
    detail::run_tasks(count, split, detail::call_task<std::remove_reference_t<Task>>,
                      const_cast<void*>(static_cast<const void*>(std::addressof(task))));
}

/// Calls body(first, last) for parts of [0, size), on all threads: for a loop over all values of an array.
template <class Body>
void for_parts(Index size, const Body& body) {
    constexpr Index part = 1 << 14;
    parallel_for((size + part - 1) / part, part, [&](Index i) {
        const Index rest = size - i * part;
        body(i * part, i * part + (rest < part ? rest : part));
    });
}

}  // namespace STAA_ABI
}  // namespace staa
