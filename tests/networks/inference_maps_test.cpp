// SPDX-License-Identifier: MIT
// Inference of large maps goes from the convolution to the neurons map by map; it must not show in a result.
#include <memory>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/networks/residual.hpp"
#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

template <int Size>
using Spiking = Map<32, Size, Size, Signal::spikes>;

/// A residual block and its neurons, in one chain and one after the other. So many that two threads share them.
template <int Size>
struct Block {
    using Residual = staa::Residual<Conv2d<32>, BatchNorm, Lif<>, Conv2d<32>, BatchNorm>;
    using Chain = typename Sequential<Residual, StaaLif<>>::template at<Spiking<Size>>;

    OneLayer<Chain> one{Setup{.steps = 3}, 16};

    /// Every layer alone, all its maps kept.
    Spikes alone() {
        Analog<float> current, sum;
        Spikes between, y;
        infer(layer<"0.0">(), one.x, current, layer<"0.1">());
        infer(layer<"0.2">(), current, between);
        infer(layer<"0.3">(), between, sum, layer<"0.4">());
        add_spikes<float>(sum.extents().images(), Size * Size, 32, one.x.data(), sum.data());
        infer(layer<"1">(), sum, y);
        return y;
    }
    template <FixedString Name>
    const auto& layer() {
        return Chain::template layer<Name>(one.layer);
    }
    template <class Layer, class X, class Y, class... Norm>
    void infer(const Layer& layer, const X& x, Y& y, const Norm&... norm) {
        typename Layer::State state;
        layer.infer(x, y, state, one.call(), norm...);
    }
    Spikes chained(typename Chain::State& state, const Spikes& x, Index steps) {
        Spikes y;
        one.layer.infer(x, y, state, {steps, one.batch, one.arena, nullptr});
        return y;
    }
};

template <int Size>
void check_block() {
    Block<Size> block;
    block.one.move_parameters();
    const Spikes alone = block.alone();
    CHECK((alone.firing_rate() > 0.05 && alone.firing_rate() < 0.95));
    for (const int threads_in_use : {1, 2}) {
        const int before = threads();
        set_threads(threads_in_use);
        typename Block<Size>::Chain::State state;
        const Spikes chained = block.chained(state, block.one.x, 3);
        set_threads(before);
        CHECK(std::equal(chained.data(), chained.data() + chained.words(), alone.data()));
    }
    typename Block<Size>::Chain::State state;
    const Index words = alone.words() / 3;
    for (Index t = 0; t < 3; ++t) {
        Spikes x;
        x.resize(block.one.arena, Spiking<Size>::extents(1, 16));
        std::copy_n(block.one.x.data() + t * words, words, x.data());
        const Spikes step = block.chained(state, x, 1);
        CHECK(std::equal(step.data(), step.data() + words, alone.data() + t * words));
    }
}

}  // namespace

TEST_CASE("A chain that infers map by map fires like its layers one after the other, in one call or step by step") {
    check_block<16>();
    check_block<17>();
    check_block<5>();
}
