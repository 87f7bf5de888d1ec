// SPDX-License-Identifier: MIT
// The networks of the library: one training step and the inference of one batch.
#include <benchmark/benchmark.h>

#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"
#include "support/networks.hpp"

namespace {

using namespace staa;
using namespace staa_bench;

/// On one thread also with other numbers of steps and of images, so that one sees how the cost grows.
void on_threads_and_sizes(benchmark::internal::Benchmark* b) {
    on_threads(b);
    for (const std::int64_t steps : {1, 2, 6}) {
        b->Args({1, steps, 16});
    }
    for (const std::int64_t images : {1, 4, 64}) {
        b->Args({1, 4, images});
    }
}

BENCHMARK(training<ResNet20<16, 10>>)->Name("network/training/resnet20/width:16/staa")->Apply(on_threads_and_sizes);
BENCHMARK(inference<ResNet20<16, 10>>)->Name("network/inference/resnet20/width:16/staa")->Apply(on_threads_and_sizes);
BENCHMARK(training<ResNet20<64, 10>>)->Name("network/training/resnet20/width:64/staa")->Apply(on_threads);
BENCHMARK(inference<ResNet20<64, 10>>)->Name("network/inference/resnet20/width:64/staa")->Apply(on_threads);
BENCHMARK(training<ResNet20<64, 10, Lif<>>>)->Name("network/training/resnet20/width:64/lif")->Apply(on_threads);
BENCHMARK(inference<ResNet20<64, 10, Lif<>>>)->Name("network/inference/resnet20/width:64/lif")->Apply(on_threads);
BENCHMARK(training<Vgg13<64, 10>>)->Name("network/training/vgg13/width:64/staa")->Apply(on_threads);
BENCHMARK(inference<Vgg13<64, 10>>)->Name("network/inference/vgg13/width:64/staa")->Apply(on_threads);

}  // namespace
