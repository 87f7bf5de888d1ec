// SPDX-License-Identifier: MIT
// Gradients held against central differences, by staa/testing/check_gradients.hpp, as assertions of a test.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/testing/check_gradients.hpp"
#include "support/catch.hpp"

namespace staa_tests {

using staa::Index;

using staa::detail::fill_uniform;
using staa::detail::largest_of;
using staa::detail::OneLayer;  // its time-step random dropout is off: no test here gives `forward` a generator

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

/// Fails the test unless every tensor of the report is right.
inline void check_report(const staa::GradientReport& report) {
    std::ostringstream text;
    text << report;
    INFO(text.str());
    CHECK(report.ok());
}

/// Compares `gradient` [size] with central differences of `loss` over `values`, at up to 60 places. The error is relative
/// to the array's largest gradient, or to `floor` where that is more.
template <class Loss>
void check_differences(const std::string& what, double* values, const double* gradient, Index size, double floor,
                       const Loss& loss) {
    const staa::GradientCheck check;
    check_report({{staa::detail::compare_with_differences(what, {size}, values, gradient, floor, check, loss)},
                  check.tolerance});
}

/// GC's key bias does not change what softmax gives: its gradient is 0.
inline staa::GradientCheck but_key_bias() { return {.may_be_zero = {"key.bias"}}; }

/// Compares all gradients of `layer`, visited with `gradients`, with differences of `loss`. Every parameter must matter:
/// a gradient that is 0 proves nothing.
template <class Layer, class Gradients, class Loss>
void check_parameter_gradients(Layer& layer, Gradients& gradients, const Loss& loss) {
    const staa::GradientCheck check = but_key_bias();
    staa::GradientReport report{{}, check.tolerance};
    staa::detail::compare_parameters([&](auto&& visitor) { layer.visit(visitor, gradients); }, check, loss, report);
    check_report(report);
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
    one.forward();
    one.backward();
    check_report(staa::detail::compare_layer(one, but_key_bias()));
}

/// The same of a layer by its description and input, drawn from a seed.
template <class Description, class In>
void check_gradients_of(const staa::Setup& setup = {}, std::uint64_t seed = 1) {
    OneLayer<typename Description::template at<In>> one(setup, 2, seed);
    one.move_parameters();
    check_gradients(one);
}

}  // namespace staa_tests
