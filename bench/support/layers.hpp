// SPDX-License-Identifier: MIT
// How a single layer is timed: forward and backward on a random map, with 4 steps and 16 images.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>

#include "staa/layers/contract.hpp"
#include "support/machine.hpp"
#include "support/random_maps.hpp"

namespace staa_bench {

/// A layer with its input x and the gradient dy of its output. An analog input is uniform in [-1, 1); of spikes a fifth
/// is set.
template <class Layer>
class TimedLayer {
    static_assert(staa::contract::check<Layer>());
    using Input = typename Layer::Input;
    using Scalar = typename Layer::Scalar;

 public:
    TimedLayer() {
        make_input(x_);
        layer_.forward(x_, y_, tape_, call_);
        dy_.resize(arena_, Layer::Output::extents(call_.steps, call_.batch));
        make_random(dy_);
    }

    void forward() { layer_.forward(x_, y_, tape_, call_); }
    void backward() { layer_.backward(x_, dy_, &dx_, gradients_, tape_, call_); }
    /// The bytes of the analog maps that backward reads and writes at least: dy and dx.
    Work moved_by_backward() const { return {.bytes = bytes_of(dy_.extents()) + bytes_of(extents())}; }
    /// The bytes of the maps that forward reads and writes at least: x and y, as if both were analog.
    Work moved_by_forward() const { return moved_by_backward(); }

 private:
    staa::Extents extents() const { return Input::extents(call_.steps, call_.batch); }
    static double bytes_of(const staa::Extents& extents) {
        return static_cast<double>(extents.size()) * static_cast<double>(sizeof(Scalar));
    }
    void make_random(staa::Analog<Scalar>& map) {
        for (Index i = 0; i < map.extents().size(); ++i) {
            map.data()[i] = static_cast<Scalar>(random_.uniform(-1.0, 1.0));
        }
    }
    void make_input(staa::Analog<Scalar>& x) {
        x.resize(arena_, extents());
        make_random(x);
    }
    void make_input(staa::Spikes& x) { x = random_spikes(arena_, extents(), 0.2); }

    staa::Arena arena_;
    staa::Random random_{1};
    staa::Call call_{.steps = 4, .batch = 16, .arena = arena_, .random = &random_};
    Layer layer_ = staa::contract::build<Layer>({.steps = 4}, random_);
    typename Layer::Parameters gradients_ = zero_gradients(layer_);
    typename Layer::Tape tape_;
    staa::SignalOf<Input> x_;
    staa::SignalOf<typename Layer::Output> y_;
    staa::Analog<Scalar> dy_, dx_;

    static typename Layer::Parameters zero_gradients(const Layer& layer) {
        typename Layer::Parameters gradients;
        staa::set_zero_like(layer, gradients);
        return gradients;
    }
};

template <class Layer>
void layer_forward(benchmark::State& state) {
    TimedLayer<Layer> layer;
    measure(state, layer.moved_by_forward(), [&] { layer.forward(); });
}
template <class Layer>
void layer_backward(benchmark::State& state) {
    TimedLayer<Layer> layer;
    measure(state, layer.moved_by_backward(), [&] { layer.backward(); });
}

}  // namespace staa_bench
