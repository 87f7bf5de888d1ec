// SPDX-License-Identifier: MIT
// Compares backward with differences of forward: for a layer of one's own, or for a whole network. It needs no test
// framework:
//
//     const staa::GradientReport report = staa::check_gradients<OwnLayer, staa::Frames<4, 5, 3, double>>();
//     std::cout << report;             // one line per tensor
//     return report.ok() ? 0 : 1;
//
// The loss is sum(y · dy), where dy is drawn. For a value v of the input or of a parameter, backward's gradient must be
//     (loss(v + h) - loss(v - h)) / 2h                                                       h = GradientCheck::step
// up to a small relative error. Everything is in double. The first forward draws patterns, such as those of dropout; in
// every later forward Call::random is null, so the patterns that the tape holds stand.
//
// A kink is a place where the derivative jumps: 0 of a relu, two equal values of a max pooling, an end of the surrogate
// Ramp. If a kink lies between v - h and v + h, a correct backward shows a large error, at one place of one tensor or few.
// Then take another seed. A kink's error is gone with it; a mistake in backward stays.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "staa/core/finite.hpp"
#include "staa/layers/contract.hpp"
#include "staa/testing/gradient_report.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How gradients are checked.
struct GradientCheck {
    Setup setup{.steps = 3};  ///< what a layer is built with; a network has its own
    Index batch = 2;          ///< N
    std::uint64_t seed = 1;   ///< of the parameters, the input, dy and dropout
    double step = 1e-5;       ///< h
    double tolerance = 1e-6;  ///< the largest relative error that passes
    Index places = 60;        ///< values per tensor that are compared; all of them where a tensor has no more
    double movement = 0.4;    ///< every parameter is first moved by up to this much, so that none is special, such as 0
    std::vector<std::string> may_be_zero{};  ///< ends of the names of parameters whose gradient may be 0 everywhere
};

namespace detail {

/// Fills an array with uniform values in [low, high).
template <class Real>
void fill_uniform(Real* values, Index size, double low, double high, Random& random) {
    std::generate_n(values, size, [&] { return static_cast<Real>(random.uniform(low, high)); });
}

/// The largest absolute value of an array; NaN is left out.
template <class Real>
double largest_of(const Real* values, Index size) {
    double largest = 0;
    for (Index i = 0; i < size; ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(values[i])));
    }
    return largest;
}

/// The extents of a tensor.
template <class AnyTensor>
std::vector<Index> extents_of(const AnyTensor& tensor) {
    std::vector<Index> extents(tensor.dimensions().begin(), tensor.dimensions().end());
    return extents;
}

/// The coordinates of value `i` of an array of these extents, the last index fastest.
inline std::vector<Index> position_of(Index i, const std::vector<Index>& extents) {
    std::vector<Index> position(extents.size());
    for (std::size_t k = extents.size(); k-- > 0; i /= extents[k]) {
        position[k] = i % extents[k];
    }
    return position;
}

/// Compares `gradient` with differences of `loss` over `values`, both of these extents. The error is relative to the
/// largest gradient, or to `floor` where that is more.
template <class Loss>
TensorReport compare_with_differences(std::string name, const std::vector<Index>& extents, double* values,
                                      const double* gradient, double floor, const GradientCheck& check,
                                      const Loss& loss) {
    Index size = 1;
    for (const Index extent : extents) {
        size *= extent;
    }
    const double largest = largest_of(gradient, size), scale = std::max(largest, floor);
    TensorReport report{.name = std::move(name), .is_zero = !(largest > 1e-2 * floor)};
    const auto note = [&](double error, Index i, double difference) {
        if (report.position.empty() || (!detail::is_nan(report.error) && !(error <= report.error))) {  // NaN stays
            report.error = error;
            report.position = position_of(i, extents);
            report.gradient = gradient[i];
            report.difference = difference;
        }
    };
    Random random(7);
    report.compared = std::min(size, check.places);
    for (Index k = 0; k < report.compared; ++k) {
        const Index i = size <= check.places ? k : static_cast<Index>(random.below(static_cast<std::uint64_t>(size)));
        const double at = values[i];
        values[i] = at + check.step;
        const double above = loss();
        values[i] = at - check.step;
        const double below = loss();
        values[i] = at;
        const double difference = (above - below) / (2 * check.step);
        note(std::abs(difference - gradient[i]) / (scale > 0 ? scale : 1), i, difference);
    }
    for (Index i = 0; i < size; ++i) {  // those too that were not compared
        if (!detail::is_finite(gradient[i])) {
            note(std::numeric_limits<double>::quiet_NaN(), i, 0);
            report.is_zero = false;
        }
    }
    return report;
}

/// Compares the gradients of all parameters. `visit(f)` calls f(ParameterName, parameter, gradient) for each of them. An
/// error is relative to a thousandth of the largest gradient of all parameters at least.
template <class Visit, class Loss>
void compare_parameters(const Visit& visit, const GradientCheck& check, const Loss& loss, GradientReport& report) {
    double largest = 0;
    visit([&](const ParameterName&, const auto&, const auto& gradient) {
        largest = std::max(largest, largest_of(gradient.data(), gradient.size()));
    });
    visit([&](const ParameterName& name, auto& parameter, const auto& gradient) {
        TensorReport found = compare_with_differences(name.text, extents_of(parameter), parameter.data(),
                                                      gradient.data(), 1e-3 * largest, check, loss);
        for (const std::string& end : check.may_be_zero) {
            found.is_zero = found.is_zero && !name.text.ends_with(end);
        }
        report.tensors.push_back(std::move(found));
    });
}

/// A layer with all that a call needs: an input x in [-1, 2), or spikes at a rate of 0.4, and dy, all drawn from one seed.
template <class AnyLayer>
struct OneLayer {
    using Input = typename AnyLayer::Input;
    using Output = typename AnyLayer::Output;
    using Scalar = typename AnyLayer::Scalar;

    explicit OneLayer(const Setup& setup, Index images = 2, std::uint64_t seed = 1)
        : steps(setup.steps), batch(images), random(seed), layer(contract::build<AnyLayer>(setup, random)) {
        draw();
    }
    OneLayer(AnyLayer built, Index steps_of_call, Index images, std::uint64_t seed)
        : steps(steps_of_call), batch(images), random(seed), layer(std::move(built)) {
        draw();
    }

    Call call(Random* dropout = nullptr) { return {steps, batch, arena, dropout}; }
    void forward(Random* dropout = nullptr) { layer.forward(x, y, tape, call(dropout)); }
    void backward() { layer.backward(x, dy, &dx, gradients, tape, call()); }

    /// Moves every parameter by up to `most`, so that none is a special value such as 0.
    void move_parameters(double most = 0.4) {
        const auto move = [&](const ParameterName&, auto& parameter) {
            for (Index i = 0; i < parameter.size(); ++i) {
                parameter.data()[i] += static_cast<Scalar>(random.uniform(-most, most));
            }
        };
        visit_parameters(layer, "", move);
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
    Arena arena;
    Random random;
    AnyLayer layer;
    SignalOf<Input> x;
    SignalOf<Output> y;
    Analog<Scalar> dy, dx;
    typename AnyLayer::Tape tape;
    typename AnyLayer::Parameters gradients;

 private:
    void draw() {
        x.resize(arena, Input::extents(steps, batch));
        draw_input(x);
        dy.resize(arena, Output::extents(steps, batch));
        fill_uniform(dy.data(), dy.extents().size(), -1, 1, random);
        set_zero_like(layer, gradients);
    }
    void draw_input(Analog<Scalar>& to) { fill_uniform(to.data(), to.extents().size(), -1, 2, random); }
    void draw_input(Spikes& to) {
        for (Index i = 0; i < to.extents().size(); ++i) {
            if (random.uniform() < 0.4) {
                to.set(i / to.extents().channels, i % to.extents().channels);
            }
        }
    }
};

/// Called with a layer of which backward is to be checked.
struct RefuseSpikes {
    template <class AnyLayer>
    void operator()(const std::string&, const AnyLayer&) const {
        static_assert(!AnyLayer::Output::is_spikes,
                      "staa::check_gradients: a layer gives spikes, which have no derivative; give the neurons the "
                      "surrogate Ramp, whose output is analog");
    }
};

/// Compares the gradients of the parameters and, where the input is analog, of the input, after a forward and a backward.
template <class AnyLayer>
GradientReport compare_layer(OneLayer<AnyLayer>& trial, const GradientCheck& check) {
    RefuseSpikes{}("", trial.layer);
    if constexpr (requires { AnyLayer::for_each(trial.layer, RefuseSpikes{}); }) {
        AnyLayer::for_each(trial.layer, RefuseSpikes{});  // a chain of layers
    }
    static_assert(std::is_same_v<typename AnyLayer::Scalar, double>,
                  "staa::check_gradients: differences need double; give the input map the scalar double");
    GradientReport report{{}, check.tolerance};
    const auto loss = [&] { return trial.loss(); };
    compare_parameters([&](auto&& visitor) { visit_parameters(trial.layer, "", visitor, trial.gradients); }, check,
                       loss, report);
    if constexpr (!AnyLayer::Input::is_spikes) {
        const Extents& e = trial.x.extents();
        report.tensors.push_back(compare_with_differences("input", {e.steps, e.batch, e.height, e.width, e.channels},
                                                          trial.x.data(), trial.dx.data(), 0, check, loss));
    }
    return report;
}

template <class AnyLayer>
GradientReport run_check(OneLayer<AnyLayer>& trial, const GradientCheck& check) {
    trial.move_parameters(check.movement);
    Random dropout = Random(check.seed).split(1);
    trial.forward(&dropout);
    trial.backward();
    return compare_layer(trial, check);
}

}  // namespace detail

/// Checks a layer by its description and its input, `check_gradients<OwnLayer, Frames<4, 5, 3, double>>()`.
template <class Description, IsMap In>
GradientReport check_gradients(const GradientCheck& check = {}) {
    using AnyLayer = typename Description::template at<In>;
    static_assert(contract::check<AnyLayer>());
    detail::OneLayer<AnyLayer> trial(check.setup, check.batch, check.seed);
    return detail::run_check(trial, check);
}

/// Checks a copy of a layer that is already built, an `at<In>`, for instance after a member of it was set.
template <Layer AnyLayer>
GradientReport check_gradients(AnyLayer layer, const GradientCheck& check = {}) {
    detail::OneLayer<AnyLayer> trial(std::move(layer), check.setup.steps, check.batch, check.seed);
    return detail::run_check(trial, check);
}

/// Checks the gradients of all parameters of a copy of a network. Its neurons need the surrogate Ramp, and its input map
/// the scalar double.
template <class Net>
    requires requires {
        typename Net::Images;
        typename Net::Logits;
    }
GradientReport check_gradients(Net net, const GradientCheck& check = {}) {
    static_assert(std::is_same_v<typename Net::Scalar, double>,
                  "staa::check_gradients: differences need double; give the network's input the scalar double");
    net.for_each_layer(detail::RefuseSpikes{});
    using In = typename Net::Input;
    Random random(check.seed);
    net.visit([&](const ParameterName&, auto& parameter) {
        for (Index i = 0; i < parameter.size(); ++i) {
            parameter.data()[i] += random.uniform(-check.movement, check.movement);
        }
    });
    net.zero_gradients();
    typename Net::Images images;
    if constexpr (In::is_constant) {
        images.resize(check.batch, In::height, In::width, In::channels);
    } else {
        images.resize(net.steps(), check.batch, In::height, In::width, In::channels);
    }
    detail::fill_uniform(images.data(), images.size(), -2, 2, random);
    typename Net::Logits d_logits(check.batch, Net::classes);
    detail::fill_uniform(d_logits.data(), d_logits.size(), -1, 1, random);
    typename Net::Tape tape(check.seed);
    net.forward(images, tape);
    net.backward(d_logits, tape);
    tape.draw_dropout = false;  // the patterns of the first forward stand
    GradientReport report{{}, check.tolerance};
    detail::compare_parameters([&](auto&& visitor) { net.visit(visitor, net.gradients); }, check,
                               [&] {
                                   const Tensor<double, 0> sum = (net.forward(images, tape) * d_logits).sum();
                                   return sum();
                               },
                               report);
    return report;
}

}  // namespace STAA_ABI
}  // namespace staa
