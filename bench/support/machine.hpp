// SPDX-License-Identifier: MIT
// The limits of this machine, measured by the same program, and the share of them that a benchmark reaches.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <map>

#include "staa/core/simd.hpp"
#include "staa/core/tensor.hpp"

namespace staa_bench {

using staa::Index;

/// Seconds that `body` takes.
template <class Body>
double seconds_of(Body&& body) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Seconds of the fastest of several calls: on a shared machine, other programs disturb the others. They disturb each
/// call that takes long. On one thread, the mean processor time counts where it is less, since it leaves other programs
/// out.
class FastestCall {
 public:
    template <class Call>
    void time(Call&& call) {
        least_ = std::min(least_, seconds_of(call));
        ++calls_;
    }

    double seconds() const {
        const double processor = static_cast<double>(std::clock() - begin_) / CLOCKS_PER_SEC / calls_;
        return staa::threads() == 1 ? std::min(least_, processor) : least_;
    }

 private:
    std::clock_t begin_ = std::clock();
    double least_ = std::numeric_limits<double>::infinity();
    int calls_ = 0;
};

template <class Call>
double least_seconds_of(int tries, Call&& call) {
    FastestCall fastest;
    for (int i = 0; i < tries; ++i)
        fastest.time(call);
    return fastest.seconds();
}

/// Calls body(part) on all threads. Parts should be small, so that a thread that wakes up late costs little.
template <class Body>
void on_all_threads(Index parts, Body&& body) {
    constexpr Index worth_waking = 1 << 20;
    staa::parallel_for(parts, worth_waking, body);
}

/// FLOP/s of multiply-adds whose operands stay in the registers, on the threads in use.
inline double measure_fma_peak() {
    using V = staa::Vector<float>;
    constexpr Index sums = 12;  // two units with a latency of four or five cycles, within 16 registers
    constexpr Index rounds = 1 << 16;
    const Index parts = Index{8} * staa::threads();
    const double seconds = least_seconds_of(20, [&] {
        on_all_threads(parts, [](Index part) {
            float start = 1.0f + static_cast<float>(part), factor = 0.999f;
            benchmark::DoNotOptimize(start);
            benchmark::DoNotOptimize(factor);
            const V by(factor), plus(start);
            V sum[sums];
            staa::unroll<sums>([&](auto i) { sum[i] = V(static_cast<float>(i)); });
            for (Index round = 0; round < rounds; ++round)
                staa::unroll<sums>([&](auto i) { sum[i] = fma(sum[i], by, plus); });
            staa::unroll<sums - 1>([&](auto i) { sum[0] += sum[i + 1]; });
            float total = staa::sum_lanes(sum[0]);
            benchmark::DoNotOptimize(total);
        });
    });
    return 2.0 * static_cast<double>(parts * rounds * sums * staa::lanes_of<V>) / seconds;
}

/// Bytes of the largest cache; 0 where the system does not tell.
inline Index largest_cache() {
    Index largest = 0;
    for (const auto& cache : benchmark::CPUInfo::Get().caches)
        largest = std::max(largest, static_cast<Index>(cache.size));
    return largest;
}

/// B/s of a[i] = b[i] + s · c[i] over arrays larger than the caches, on the threads in use. Three arrays count. The
/// processor also reads `a` before it writes it (write-allocate); this does not count, here and in every kernel.
inline double measure_triad() {
    constexpr Index part = 1 << 16;
    const Index parts = std::max(Index{64} << 20, 2 * largest_cache()) / static_cast<Index>(part * sizeof(float));
    staa::Arena arena;
    const staa::Scratch<float> a(arena, parts * part), b(arena, parts * part), c(arena, parts * part);
    on_all_threads(parts, [&](Index i) {
        for (const auto* array : {&a, &b, &c})
            std::fill_n(array->data() + i * part, part, 1.0f);
    });
    const double seconds = least_seconds_of(10, [&] {
        on_all_threads(parts, [&](Index i) {
            staa::for_lanes<float, staa::DefaultArch>(part, [&](auto lanes, Index first) {
                using V = typename decltype(lanes)::type;
                const Index at = i * part + first;
                fma(V(0.5f), V::load_unaligned(c.data() + at), V::load_unaligned(b.data() + at))
                    .store_unaligned(a.data() + at);
            });
        });
        benchmark::ClobberMemory();
    });
    return 3.0 * static_cast<double>(parts * part) * sizeof(float) / seconds;
}

/// The result of Measure(), which is called once per process and number of threads.
template <double (*Measure)()>
double measured_once() {
    static std::map<int, double> measured;
    const auto [found, is_new] = measured.try_emplace(staa::threads());
    if (is_new)
        found->second = Measure();
    return found->second;
}
inline double fma_peak() { return measured_once<measure_fma_peak>(); }
inline double triad() { return measured_once<measure_triad>(); }

/// What one call of a kernel does. FLOPs are effective: those of a dense computation of the same result. Kernels that
/// skip some of them can then be compared with kernels that compute all, and can be above the peak. A byte counts once,
/// even if a kernel reads it several times. 0: not reported.
struct Work {
    double flops = 0, bytes = 0;
};

/// Sets the counters of a benchmark whose fastest call took `seconds`.
inline void report(benchmark::State& state, const Work& work, double seconds) {
    state.counters["threads"] = staa::threads();
    state.counters["fastest_us"] = seconds * 1e6;
    if (work.flops > 0) {
        state.counters["GFLOP/s"] = work.flops / seconds / 1e9;
        state.counters["of_peak"] = work.flops / seconds / fma_peak();
    }
    if (work.bytes > 0) {
        state.counters["GB/s"] = work.bytes / seconds / 1e9;
        state.counters["of_triad"] = work.bytes / seconds / triad();
    }
}

/// Times `kernel`. Google Benchmark reports the mean time; the counters are those of the fastest call, like peak and
/// triad.
template <class Kernel>
void measure(benchmark::State& state, const Work& work, Kernel&& kernel) {
    FastestCall fastest;
    for (auto _ : state)
        fastest.time(kernel);
    report(state, work, fastest.seconds());
}

/// Sets how every kernel is timed.
inline benchmark::internal::Benchmark* timed(benchmark::internal::Benchmark* b) {
    return b->UseRealTime()->MinTime(0.1);
}

/// Sets the number of threads for as long as this object lives.
class WithThreads {
 public:
    explicit WithThreads(std::int64_t count) : before_(staa::threads()) { staa::set_threads(static_cast<int>(count)); }
    ~WithThreads() { staa::set_threads(before_); }
    WithThreads(const WithThreads&) = delete;
    WithThreads& operator=(const WithThreads&) = delete;

 private:
    int before_;
};

}  // namespace staa_bench
