// SPDX-License-Identifier: MIT
// Loops on several threads. No other file of the library uses OpenMP; without OpenMP, loops run on one thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <memory>
#include <type_traits>

#include "staa/core/config.hpp"

#if defined(_OPENMP)
#include <omp.h>
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif
#endif

namespace staa {
inline namespace STAA_ABI {

/// Sizes and positions are signed, as in Eigen.
using Index = std::ptrdiff_t;

#if defined(_OPENMP)
namespace detail {

/// More threads than this only cost memory, and a system that can't start them ends the program.
inline int most_threads() {
    static const int most = std::max(64, 4 * omp_get_num_procs());
    return most;
}

/// Whether this process is the child of a `fork` after a loop on several threads. Its parent's threads are not there, but
/// the OpenMP library of g++ waits for them.
inline bool& is_forked() {
    static bool forked = false;
    return forked;
}
inline void watch_forks() {
#if defined(__unix__) || defined(__APPLE__)
    [[maybe_unused]] static const int registered = pthread_atfork(nullptr, nullptr, [] { is_forked() = true; });
#endif
}

}  // namespace detail
#endif

/// Number of threads that a `parallel_for` called from this thread uses. 1 in a process that was forked after a loop on
/// several threads.
inline int threads() {
#if defined(_OPENMP)
    return detail::is_forked() ? 1 : std::min(omp_get_max_threads(), detail::most_threads());
#else
    return 1;
#endif
}

/// Sets the number of threads for calls from this thread. Values below 1 count as 1. Values above four per processor count
/// as four per processor, or as 64 where that is more. Without OpenMP, and in a process that was forked after a loop on
/// several threads, it does nothing.
inline void set_threads([[maybe_unused]] int count) {
#if defined(_OPENMP)
    omp_set_num_threads(std::clamp(count, 1, detail::most_threads()));
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

#if defined(_OPENMP)
/// Tasks on several threads. An exception must not leave a parallel region: the first one waits for its end.
inline void split_tasks(Index count, void (*call)(void*, Index, Index), void* task) {
    watch_forks();
#if defined(__cpp_exceptions)
    std::atomic<bool> has_failed{false};
    std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads())
    for (Index i = 0; i < count; ++i) {
        if (has_failed.load(std::memory_order_relaxed)) {
            continue;
        }
        try {
            call(task, i, omp_get_thread_num());
        } catch (...) {
            if (!has_failed.exchange(true)) {
                failure = std::current_exception();
            }
        }
    }
    if (failure) {
        std::rethrow_exception(failure);
    }
#else
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads())
    for (Index i = 0; i < count; ++i) {
        call(task, i, omp_get_thread_num());
    }
#endif
}
#endif

/// The one parallel region of the library. It gets the task by its address: with a parallel region in every template
/// that calls `parallel_for`, g++ 12 takes a third longer to compile ResNet-20 (24 s against 18 s at -O2).
inline void run_tasks(Index count, [[maybe_unused]] bool split, void (*call)(void*, Index, Index), void* task) {
#if defined(_OPENMP)
    if (split) {
        split_tasks(count, call, task);
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

/// Calls `task(i)`, or `task(i, worker)`, once for each i in [0, count), on all threads. No two tasks may write to the same
/// place; then the result does not depend on the number of threads. If a task throws, such as std::bad_alloc, tasks that
/// have not begun are left out, and this function throws the same. `worker` is in [0,
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
