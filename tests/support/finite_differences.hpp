// SPDX-License-Identifier: MIT
// One layer with all that a call needs, and gradients held against central differences.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/layers/contract.hpp"
#include "support/catch.hpp"

namespace staa_tests {

using staa::Index;

/// Fills an array with uniform values in [low, high).
template <class Real>
void fill_uniform(Real* values, Index size, double low, double high, staa::Random& random) {
    std::generate_n(values, size, [&] { return static_cast<Real>(random.uniform(low, high)); });
}

/// A layer, an input and a cotangent dy, all drawn from one seed; T is setup.steps. Time-step random dropout is off: the
/// pattern that the tape holds stands.
template <class Layer>
struct OneLayer {
    using Input = typename Layer::Input;
    using Output = typename Layer::Output;
    using Scalar = typename Layer::Scalar;

    explicit OneLayer(const staa::Setup& setup, Index images = 2, std::uint64_t seed = 1)
        : steps(setup.steps), batch(images), random(seed), layer(staa::contract::build<Layer>(setup, random)) {
        x.resize(arena, Input::extents(steps, batch));
        draw_input(x);
        dy.resize(arena, Output::extents(steps, batch));
        fill_uniform(dy.data(), dy.extents().size(), -1, 1, random);
        staa::set_zero_like(layer, gradients);
    }

    staa::Call call() { return {steps, batch, arena, nullptr}; }
    void forward() { layer.forward(x, y, tape, call()); }
    void backward() { layer.backward(x, dy, &dx, gradients, tape, call()); }

    /// Moves every parameter from where it starts, so that none is a special value such as 0.
    void move_parameters() {
        const auto move = [this](const staa::ParameterName&, auto& parameter) {
            for (Index i = 0; i < parameter.size(); ++i) {
                parameter.data()[i] += static_cast<Scalar>(random.uniform(-0.4, 0.4));
            }
        };
        staa::visit_parameters(layer, "", move);
    }

    /// The sum of y · dy, whose gradients `backward` computes.
    double loss() {
        forward();
        double sum = 0;
        for (Index i = 0; i < y.extents().size(); ++i) {
            sum += static_cast<double>(y.data()[i] * dy.data()[i]);
        }
        return sum;
    }

    Index steps, batch;
    staa::Arena arena;
    staa::Random random;
    Layer layer;
    staa::SignalOf<Input> x;
    staa::SignalOf<Output> y;
    staa::Analog<Scalar> dy, dx;
    typename Layer::Tape tape;
    typename Layer::Parameters gradients;

 private:
    void draw_input(staa::Analog<Scalar>& to) { fill_uniform(to.data(), to.extents().size(), -1, 2, random); }
    void draw_input(staa::Spikes& to) {
        for (Index i = 0; i < to.extents().size(); ++i) {
            if (random.uniform() < 0.4) {
                to.set(i / to.extents().channels, i % to.extents().channels);
            }
        }
    }
};

/// The potentials U [T, N, H, W, C] of neurons with a current of their own at every step: a stream shows each when it has
/// taken the step.
template <class Neurons>
std::vector<typename Neurons::Scalar> potentials_of(Neurons& one) {
    std::vector<typename Neurons::Scalar> potentials;
    typename std::decay_t<decltype(one.layer)>::State state;
    for (Index t = 0; t < one.steps; ++t) {
        const staa::Call call{1, one.batch, one.arena, nullptr};
        staa::Analog<typename Neurons::Scalar> x;
        x.resize(one.arena, Neurons::Input::extents(1, one.batch));
        std::copy_n(one.x.map(t * one.batch), x.extents().size(), x.data());
        staa::SignalOf<typename Neurons::Output> y;
        one.layer.infer(x, y, state, call);
        potentials.insert(potentials.end(), state.potential.data(), state.potential.data() + state.potential.size());
    }
    return potentials;
}

/// The largest absolute value of an array.
template <class Real>
double largest_of(const Real* values, Index size) {
    double largest = 0;
    for (Index i = 0; i < size; ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(values[i])));
    }
    return largest;
}

/// Compares `gradient` [size] with central differences of `loss` over `values`, at up to 60 places. The error is relative
/// to the array's largest gradient, or to `floor` where that is more. A ramp's or a relu's kink between the two
/// values of a difference would be an error of the order of 1: seeds are chosen so that there is none.
template <class Loss>
void check_differences(const std::string& what, double* values, const double* gradient, Index size, double floor,
                       const Loss& loss) {
    constexpr double step = 1e-5, tolerance = 1e-6;
    constexpr Index most = 60;
    staa::Random random(7);
    double worst = 0;
    for (Index k = 0; k < std::min(size, most); ++k) {
        const Index i = size <= most ? k : static_cast<Index>(random.below(static_cast<std::uint64_t>(size)));
        const double at = values[i];
        values[i] = at + step;
        const double above = loss();
        values[i] = at - step;
        const double below = loss();
        values[i] = at;
        const double error = std::abs((above - below) / (2 * step) - gradient[i]);
        if (!(error <= worst)) {
            worst = error;  // NaN must not pass
        }
    }
    const double error = worst / std::max(largest_of(gradient, size), floor);
    INFO(what << ": relative error " << error << ", allowed " << tolerance);
    CHECK(error <= tolerance);
}

/// Compares all gradients of `layer`, visited with `gradients`, with differences of `loss`. Every parameter must matter:
/// a gradient that is 0 proves nothing. (GC's key bias has no other: it shifts all scores alike.)
template <class Layer, class Gradients, class Loss>
void check_parameter_gradients(Layer& layer, Gradients& gradients, const Loss& loss) {
    double largest = 0;
    layer.visit([&](const staa::ParameterName&, auto&,
                    auto& gradient) { largest = std::max(largest, largest_of(gradient.data(), gradient.size())); },
                gradients);
    const double floor = 1e-3 * largest;
    layer.visit(
        [&](const staa::ParameterName& name, auto& parameter, auto& gradient) {
            INFO(name.text);
            CHECK((largest_of(gradient.data(), gradient.size()) > 1e-2 * floor || name.text.ends_with("key.bias")));
            check_differences(name.text, parameter.data(), gradient.data(), gradient.size(), floor, loss);
        },
        gradients);
}

/// A layer with a `visit` like that of a network.
template <class Layer>
struct Visited {
    Layer& layer;
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) {
        staa::visit_parameters(layer, "", visitor, trees...);
    }
};

/// Checks the gradients of every parameter and, where the input is analog, of the input.
template <class Layer>
void check_gradients(OneLayer<Layer>& one) {
    static_assert(!OneLayer<Layer>::Output::is_spikes,
                  "spikes have no derivative: give the neurons the surrogate Ramp");
    const auto loss = [&] { return one.loss(); };
    one.forward();
    one.backward();
    Visited<Layer> visited{one.layer};
    check_parameter_gradients(visited, one.gradients, loss);
    if constexpr (!OneLayer<Layer>::Input::is_spikes) {
        check_differences("input", one.x.data(), one.dx.data(), one.x.extents().size(), 0, loss);
    }
}

/// The same of a layer by its description and input, drawn from a seed.
template <class Description, class In>
void check_gradients_of(const staa::Setup& setup = {}, std::uint64_t seed = 1) {
    OneLayer<typename Description::template at<In>> one(setup, 2, seed);
    one.move_parameters();
    check_gradients(one);
}

}  // namespace staa_tests
