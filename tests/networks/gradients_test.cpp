// SPDX-License-Identifier: MIT
// Backward of layers put together, in double, with ramps for spikes.
#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"
#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

using Moving = Frames<3, 5, 4, double>;
using Neuron = StaaLif<Staa{.gc_ratio = 2, .sa_ratio = 2}, Ramp>;

Setup wide_window(Index steps = 3) {
    Setup setup{.steps = steps};
    setup.neuron.surrogate_width = 2;
    return setup;
}

template <class Input>
using Small = Network<Input, Conv2d<6>, BatchNorm, Lif<Ramp>,
                      Residual<Conv2d<7, 3, 2>, BatchNorm, Neuron, Conv2d<7>, BatchNorm,
                               Shortcut<AvgPool<2, 2, 0, Edge::average>, Conv2d<7, 1>, BatchNorm>>,
                      Neuron, GlobalAvgPool, Linear<3>>;

/// Gradients of every parameter of a network, of sum(logits · d_logits).
template <class Input>
void check_network(std::uint64_t seed) {
    using Net = Small<Input>;
    const Setup setup = wide_window();
    Net net(NetworkOptions{.steps = setup.steps, .seed = seed, .neuron = setup.neuron});
    Random random(seed);
    net.visit([&](const ParameterName&, auto& parameter) {
        for (Index i = 0; i < parameter.size(); ++i) {
            parameter.data()[i] += random.uniform(-0.4, 0.4);
        }
    });
    typename Net::Images images;
    if constexpr (Input::is_constant) {
        images.resize(2, 5, 4, 3);
    } else {
        images.resize(setup.steps, 2, 5, 4, 3);
    }
    fill_uniform(images.data(), images.size(), -2, 2, random);
    typename Net::Logits d_logits(2, 3);
    fill_uniform(d_logits.data(), 6, -1, 1, random);
    typename Net::Tape tape;
    tape.draw_dropout = false;
    net.forward(images, tape);
    net.backward(d_logits, tape);
    check_parameter_gradients(net, net.gradients, [&] {
        const Tensor<double, 0> sum = (net.forward(images, tape) * d_logits).sum();
        return sum();
    });
}

}  // namespace

TEST_CASE("Sequential: gradients are the derivatives, through every layer and time") {
    check_gradients_of<Sequential<Conv2d<6>, BatchNorm, Neuron, AvgPool<2>>, Moving>(wide_window());
}

TEST_CASE("Residual: gradients are the derivatives, through the body and the identity") {
    check_gradients_of<Residual<Conv2d<3>, BatchNorm, Lif<Ramp>, Conv2d<3>, BatchNorm>, Moving>(wide_window());
}

TEST_CASE("Residual: gradients are the derivatives, through the body and a shortcut with layers") {
    check_gradients_of<
        Residual<Conv2d<5, 3, 2>, BatchNorm, Lif<Ramp>, Conv2d<5>, BatchNorm, Shortcut<Conv2d<5, 1, 2>, BatchNorm>>,
        Moving>(wide_window());
}

TEST_CASE("Network: gradients are the derivatives, of an image shown at every step") {
    check_network<Image<3, 5, 4, double>>(1);
}

TEST_CASE("Network: gradients are the derivatives, with one frame per step") { check_network<Moving>(1); }
