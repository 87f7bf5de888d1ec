// SPDX-License-Identifier: MIT
// The roofs that every other benchmark's counters are shares of, on one thread and on all. Each repetition measures
// them again, so that a run shows how much the machine itself changes; shares are of the first measurement.
#include "support/machine.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace staa_bench;

void fma_peak_alone(benchmark::State& state) {
    const WithThreads with(state.range(0));
    for (auto _ : state)
        state.counters["GFLOP/s"] = measure_fma_peak() / 1e9;
    state.counters["threads"] = staa::threads();
}

void triad_alone(benchmark::State& state) {
    const WithThreads with(state.range(0));
    for (auto _ : state)
        state.counters["GB/s"] = measure_triad() / 1e9;
    state.counters["threads"] = staa::threads();
}

void once_on_one_thread_and_all(benchmark::internal::Benchmark* b) {
    b->ArgName("threads")->UseRealTime()->Iterations(1)->Unit(benchmark::kMillisecond)->Arg(1);
    if (staa::threads() > 1)
        b->Arg(staa::threads());
}

BENCHMARK(fma_peak_alone)->Name("machine/fma_peak")->Apply(once_on_one_thread_and_all);
BENCHMARK(triad_alone)->Name("machine/triad")->Apply(once_on_one_thread_and_all);

}  // namespace
