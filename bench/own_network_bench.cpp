// SPDX-License-Identifier: MIT
// A benchmark of your own network and of your own layer. Copy this file in this folder under a name that ends in
// _bench.cpp, and write your types in the place of `OwnNet` and `Rectifier`; staa_bench then has your benchmarks:
//     staa_bench --benchmark_filter='^own'
// support/networks.hpp makes random images, trains for a few steps, and reports the firing rates. A silent network is
// an error, since its kernels would have nothing to do.
#include <benchmark/benchmark.h>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/encoded_convolution.hpp"
#include "staa/networks/network.hpp"
#include "support/networks.hpp"
#include "support/random_maps.hpp"

namespace {

using namespace staa_bench;

/// The network: three convolutions with neurons, on images of 16 x 16 pixels and 3 channels.
using OwnNet =
    staa::Network<staa::Image<3, 16, 16>, staa::ConvBn<32>, staa::StaaLif<>, staa::AvgPool<2>, staa::ConvBn<64>,
                  staa::Lif<>, staa::ConvBn<64>, staa::Lif<>, staa::GlobalAvgPool, staa::Linear<10>>;
BENCHMARK(training<OwnNet>)->Name("own/network/training")->Apply(on_threads);
BENCHMARK(inference<OwnNet>)->Name("own/network/inference")->Apply(on_threads);

/// The layer: y = max(x, 0) for each value. It has no parameters, and needs x again in backward.
struct Rectifier {
    template <class In>
    struct at : staa::LayerDefaults<In> {
        using Output = staa::AsAnalog<In>;
        using Map = staa::Analog<typename In::Scalar>;
        static constexpr bool reads_input = true;

        void forward(const Map& x, Map& y, staa::Nothing&, const staa::Call& call) const { rectify(x, y, call); }
        void infer(const Map& x, Map& y, staa::Nothing&, const staa::Call& call) const { rectify(x, y, call); }
        /// dx = dy where x > 0, else 0.
        void backward(const Map& x, const Map& dy, Map* dx, staa::Nothing&, staa::Nothing&,
                      const staa::Call& call) const {
            if (dx == nullptr) {
                return;
            }
            dx->resize(call.arena, x.extents());
            for (Index i = 0; i < x.extents().size(); ++i) {
                dx->data()[i] = x.data()[i] > 0 ? dy.data()[i] : 0;
            }
        }

     private:
        static void rectify(const Map& x, Map& y, const staa::Call& call) {
            y.resize(call.arena, x.extents());
            for (Index i = 0; i < x.extents().size(); ++i) {
                y.data()[i] = x.data()[i] > 0 ? x.data()[i] : 0;
            }
        }
    };
};

/// The layer alone, on the map that it meets in the network, with 4 steps and 16 images.
using OwnLayer = Rectifier::at<staa::Map<64, 16, 16>>;
static_assert(staa::contract::check<OwnLayer>());

struct OneLayer {
    OneLayer() {
        for (staa::Analog<float>* map : {&x, &dy}) {
            map->resize(arena, OwnLayer::Input::extents(call.steps, call.batch));
            for (Index i = 0; i < map->extents().size(); ++i) {
                map->data()[i] = static_cast<float>(random.uniform(-1.0, 1.0));
            }
        }
    }
    /// The bytes of so many maps.
    Work moving(int maps) const { return {.bytes = maps * static_cast<double>(x.extents().size()) * sizeof(float)}; }

    staa::Arena arena;
    staa::Random random{1};
    staa::Call call{.steps = 4, .batch = 16, .arena = arena, .random = &random};
    OwnLayer layer = staa::contract::build<OwnLayer>({.steps = 4}, random);
    OwnLayer::Parameters gradients;
    OwnLayer::Tape tape;
    staa::Analog<float> x, y, dy, dx;
};

void own_forward(benchmark::State& state) {
    OneLayer o;
    measure(state, o.moving(2), [&] { o.layer.forward(o.x, o.y, o.tape, o.call); });
}
BENCHMARK(own_forward)->Name("own/layer/forward")->UseRealTime()->MinTime(0.1);

void own_backward(benchmark::State& state) {
    OneLayer o;
    o.layer.forward(o.x, o.y, o.tape, o.call);
    measure(state, o.moving(3), [&] { o.layer.backward(o.x, o.dy, &o.dx, o.gradients, o.tape, o.call); });
}
BENCHMARK(own_backward)->Name("own/layer/backward")->UseRealTime()->MinTime(0.1);

}  // namespace
