// SPDX-License-Identifier: MIT
// A benchmark of your own network and layer. Copy this file under a name that ends in _bench.cpp, and write your types in
// place of `OwnNet` and `OwnLayer`; then: staa_bench --benchmark_filter='^own'
#include "staa/layers/max_pool.hpp"
#include "staa/networks/resnet.hpp"
#include "support/layers.hpp"
#include "support/networks.hpp"

namespace {

using namespace staa_bench;
using namespace staa;

/// The network. It learns from a batch of noise before it is timed; a silent network is an error.
using OwnNet = Network<Image<3, 16, 16>, ConvBn<32>, StaaLif<>, AvgPool<2>, ConvBn<64>, Lif<>, ConvBn<64>, Lif<>,
                       GlobalAvgPool, Linear<10>>;
BENCHMARK(training<OwnNet>)->Name("own/network/training")->Apply(on_threads);
BENCHMARK(inference<OwnNet>)->Name("own/network/inference")->Apply(on_threads);

/// The layer, on the map that it meets: here analog values of 64 channels and 16 x 16 pixels.
using OwnLayer = MaxPool<2>::at<Map<64, 16, 16>>;
BENCHMARK(layer_forward<OwnLayer>)->Name("own/layer/forward")->UseRealTime()->MinTime(0.1);
BENCHMARK(layer_backward<OwnLayer>)->Name("own/layer/backward")->UseRealTime()->MinTime(0.1);

}  // namespace
