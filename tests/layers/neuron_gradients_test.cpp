// SPDX-License-Identifier: MIT
// Back-propagation through time, in double. Differences cannot cross a spike's step, so the neurons fire with staa::Ramp:
// the function whose slope the surrogate Rectangle is. All else is the code that trains.
#include <numeric>
#include <vector>

#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/networks/sequential.hpp"
#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

using Moving = Frames<7, 3, 5, double>;
using Still = Image<7, 3, 5, double>;

constexpr Staa all{.gc_ratio = 2, .sa_ratio = 2};
constexpr Staa none{.global_context = false, .position_encoding = Encoding::none, .step_attention = false};
constexpr Staa without_gc{.global_context = false, .sa_ratio = 2};
constexpr Staa without_pe{.gc_ratio = 2, .position_encoding = Encoding::none, .sa_ratio = 2};
constexpr Staa without_sa{.gc_ratio = 2, .step_attention = false};
constexpr Staa with_gc{.gc_ratio = 2, .position_encoding = Encoding::none, .step_attention = false};
constexpr Staa with_pe{.global_context = false, .step_attention = false};
constexpr Staa with_sa{.global_context = false, .position_encoding = Encoding::none, .sa_ratio = 2};
constexpr Staa additive_after{.gc_ratio = 2,
                              .context_form = ContextForm::additive,
                              .encoding_place = EncodingPlace::after_aggregation,
                              .sa_ratio = 2};
constexpr Staa shared_by_all{
    .gc_ratio = 2, .encoding_shape = EncodingShape::per_step, .sa_ratio = 2, .adaptive = Adaptive::per_layer};
constexpr Staa maps{
    .gc_ratio = 2, .encoding_shape = EncodingShape::per_position, .sa_ratio = 2, .adaptive = Adaptive::per_neuron};
constexpr Staa maps_after{.gc_ratio = 2,
                          .encoding_shape = EncodingShape::per_position,
                          .encoding_place = EncodingPlace::after_aggregation,
                          .sa_ratio = 2};

/// A window from 0 to 2, so that many potentials are inside it.
Setup wide_window() {
    Setup setup;
    setup.neuron.surrogate_width = 2;
    return setup;
}

/// Neurons behind a scale and a shift of each channel, as behind batch norm.
template <class Neuron>
struct Scaled {
    template <class In>
    struct at : Neuron::template at<In> {
        using Base = typename Neuron::template at<In>;
        using Scalar = typename In::Scalar;
        at(const Setup& setup, Random& random) : Base(setup, random) {
            for (Index c = 0; c < In::channels; ++c) {
                scale.push_back(0.8 + 0.1 * static_cast<double>(c % 4));
                shift.push_back(0.1 * static_cast<double>(c % 5) - 0.2);
            }
        }
        Currents<Scalar> scaled(const Analog<Scalar>& x) const {
            return Currents<Scalar>::scaled(x, scale.data(), shift.data());
        }
        void forward(const Analog<Scalar>& x, SignalOf<typename Base::Output>& y, typename Base::Tape& tape,
                     const Call& call) const {
            Base::forward(scaled(x), y, tape, call);
        }
        void backward(const Analog<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx,
                      typename Base::Parameters& gradients, typename Base::Tape& tape, const Call& call) const {
            Base::backward(scaled(x), dy, dx, gradients, tape, call);
            for (Index i = 0; dx != nullptr && i < dx->extents().size(); ++i) {
                dx->data()[i] *= scale[static_cast<std::size_t>(i % In::channels)];
            }
        }
        std::vector<double> scale, shift;
    };
};

/// Gradients of neurons of which at least a quarter are on the ramp's slope, and at least a tenth on each side of it.
template <class Neuron, class In>
void check_gradients_of(const std::vector<char>& dropped, std::uint64_t seed) {
    OneLayer<typename Neuron::template at<In>> one(wide_window(), 2, seed);
    one.move_parameters();
    fill_uniform(one.x.data(), one.x.extents().size(), -1, 4, one.random);
    if constexpr (requires { one.tape.dropped; }) {
        one.tape.dropped = dropped;
    }
    check_gradients(one);
    Index below = 0, above = 0;
    const Index size = one.y.extents().size();
    for (Index i = 0; i < size; ++i) {
        below += one.y.data()[i] == 0 ? 1 : 0;
        above += one.y.data()[i] == 1 ? 1 : 0;
    }
    CHECK(size - below - above > size / 4);
    CHECK(below > size / 10);
    CHECK(above > size / 10);
}

/// The same, and behind a scale and a shift if the neurons can take them on the way.
template <class Neuron, class In>
void check_neuron(const std::vector<char>& dropped = {}, std::uint64_t seed = 1) {
    check_gradients_of<Neuron, In>(dropped, seed);
    if constexpr (staa::role_of<Neuron>() == Role::neurons) {
        check_gradients_of<Scaled<Neuron>, In>(dropped, seed);
    }
}

/// Plain LIF of one neuron over T steps whose resets use the firing of `frozen`: what a detached reset differentiates.
std::vector<double> run_with_reset(const std::vector<double>& x, const std::vector<double>& frozen, double leak) {
    std::vector<double> fired;
    double carried = 0;
    for (std::size_t t = 0; t < x.size(); ++t) {
        const double u = leak * carried + x[t];
        fired.push_back(std::clamp((u - 1) / 2 + 0.5, 0.0, 1.0));
        carried = u * (1 - (frozen.empty() ? fired[t] : frozen[t]));
    }
    return fired;
}

}  // namespace

TEST_CASE("Lif: gradients are the derivatives, through ramps and the reset") { check_neuron<Lif<Ramp>, Moving>(); }

TEST_CASE("Lif: the gradient of an image is the derivative with respect to what all steps see") {
    check_neuron<Lif<Ramp>, Still>();
}

TEST_CASE("StaaLif: gradients are the derivatives, of M and N alone") {
    check_neuron<StaaLif<none, Ramp>, Moving>();
    check_neuron<StaaLif<none, Ramp>, Still>();
}

TEST_CASE("StaaLif: gradients are the derivatives, with one part") {
    check_neuron<StaaLif<with_gc, Ramp>, Moving>();
    check_neuron<StaaLif<with_pe, Ramp>, Moving>();
    check_neuron<StaaLif<with_sa, Ramp>, Moving>({}, 2);
    check_neuron<StaaLif<with_sa, Ramp>, Still>();
}

TEST_CASE("StaaLif: gradients are the derivatives, with two parts") {
    check_neuron<StaaLif<without_gc, Ramp>, Moving>({}, 2);
    check_neuron<StaaLif<without_pe, Ramp>, Moving>();
    check_neuron<StaaLif<without_sa, Ramp>, Moving>();
}

TEST_CASE("StaaLif: gradients are the derivatives, with all parts") { check_neuron<StaaLif<all, Ramp>, Moving>(); }

TEST_CASE("StaaLif: gradients are the derivatives, with all parts on an image") {
    check_neuron<StaaLif<all, Ramp>, Still>();
}

TEST_CASE("StaaLif: gradients are the derivatives, with an additive context and the encoding after it") {
    check_neuron<StaaLif<additive_after, Ramp>, Moving>();
    check_neuron<StaaLif<additive_after, Ramp>, Still>();
}

TEST_CASE("StaaLif: gradients are the derivatives, with one M, one N and one encoding a step for all neurons") {
    check_neuron<StaaLif<shared_by_all, Ramp>, Moving>();
}

TEST_CASE("StaaLif: gradients are the derivatives, with M, N and the encoding one per neuron") {
    check_neuron<StaaLif<maps, Ramp>, Moving>();
    check_neuron<StaaLif<maps, Ramp>, Still>();
    check_neuron<StaaLif<maps_after, Ramp>, Still>();
}

TEST_CASE(
    "StaaLif: gradients are the derivatives, with M, N and the encoding one per neuron, where steps are dropped") {
    check_neuron<StaaLif<maps, Ramp>, Moving>({0, 1, 1, 0});
    check_neuron<StaaLif<maps, Ramp>, Still>({1, 0, 0, 1});
}

TEST_CASE("a soft reset: gradients are the derivatives, of Lif and of StaaLif") {
    check_neuron<Lif<Ramp, SoftReset>, Moving>();
    check_neuron<StaaLif<all, Ramp, SoftReset>, Moving>();
}

TEST_CASE("Lif: a gain that a file brings is in the output and in the gradients") {
    OneLayer<Lif<Ramp>::at<Still>> one(wide_window());
    one.layer.adaptive.gain.setConstant(0.75);
    one.layer.adaptive.leak.setConstant(0.5);
    check_gradients(one);
    CHECK(largest_of(one.dx.data(), one.dx.extents().size()) > 0);
}

TEST_CASE("StaaLif: gradients are the derivatives where steps are dropped") {
    check_neuron<StaaLif<all, Ramp>, Moving>({1, 0, 1, 0});
    check_neuron<StaaLif<all, Ramp>, Moving>({0, 1, 1, 0});
    check_neuron<StaaLif<all, Ramp>, Still>({0, 0, 1, 1});
}

TEST_CASE("detach_reset: the gradient is the derivative with the firing in the reset held fixed, and no other") {
    Setup setup = wide_window();
    setup.neuron.detach_reset = true;
    OneLayer<Lif<Ramp>::at<Frames<3, 1, 1, double>>> one(setup);
    one.forward();
    one.backward();
    const Index neurons = one.batch * 3;
    double worst = 0, furthest_from_full = 0;
    for (Index i = 0; i < neurons; ++i) {
        std::vector<double> x, dy;
        for (Index t = 0; t < one.steps; ++t) {
            x.push_back(one.x.data()[t * neurons + i]);
            dy.push_back(one.dy.data()[t * neurons + i]);
        }
        const auto loss = [&](const std::vector<double>& frozen) {
            const std::vector<double> fired = run_with_reset(x, frozen, setup.neuron.leak);
            return std::inner_product(fired.begin(), fired.end(), dy.begin(), 0.0);
        };
        const std::vector<double> fired = run_with_reset(x, {}, setup.neuron.leak);
        for (std::size_t t = 0; t < x.size(); ++t) {
            const double step = 1e-5, at = x[t];
            x[t] = at + step;
            const double above = loss(fired), full_above = loss({});
            x[t] = at - step;
            const double difference = (above - loss(fired)) / (2 * step);
            const double full_difference = (full_above - loss({})) / (2 * step);
            x[t] = at;
            const double found = one.dx.data()[static_cast<Index>(t) * neurons + i];
            worst = std::max(worst, std::abs(found - difference));
            furthest_from_full = std::max(furthest_from_full, std::abs(found - full_difference));
        }
    }
    CHECK(worst < 1e-8);
    CHECK(furthest_from_full > 1e-2);
}
