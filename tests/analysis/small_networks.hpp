// SPDX-License-Identifier: MIT
// Small networks with every kind of part, for tests of analyses.
#pragma once

#include <algorithm>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"

namespace staa_tests {

/// Frames of 8 x 8 pixels, two residual blocks, one with a shortcut.
template <class Input, class Neuron>
using Small =
    staa::Network<Input, staa::Named<"stem", staa::Sequential<staa::Conv2d<8>, staa::BatchNorm, staa::Lif<>>>,
                  staa::Residual<staa::Conv2d<8>, staa::BatchNorm, Neuron, staa::Conv2d<8>, staa::BatchNorm>, Neuron,
                  staa::Residual<staa::Conv2d<12, 3, 2>, staa::BatchNorm, Neuron, staa::Conv2d<12>, staa::BatchNorm,
                                 staa::Shortcut<staa::AvgPool<2>, staa::Conv2d<12, 1>, staa::BatchNorm>>,
                  Neuron, staa::GlobalAvgPool, staa::Named<"fc", staa::Linear<3>>>;
using SmallStaa = Small<staa::Frames<2, 8, 8, double>, staa::StaaLif<>>;
using SmallLif = Small<staa::Image<2, 8, 8, double>, staa::Lif<>>;

/// Normal values.
template <class Net>
typename Net::Images random_images(staa::Index steps, staa::Index batch, std::uint64_t seed = 1) {
    typename Net::Images images = [&] {
        if constexpr (Net::Input::is_constant) {
            return typename Net::Images(batch, 8, 8, 2);
        } else {
            return typename Net::Images(steps, batch, 8, 8, 2);
        }
    }();
    staa::Random random(seed);
    std::generate_n(images.data(), images.size(), [&] { return 2 * random.normal(); });
    return images;
}

/// A network whose running averages have seen some batches, and whose parameters are not those of the start.
template <class Net>
Net trained_for_a_moment() {
    Net net{{.steps = 3, .seed = 2}};
    typename Net::Tape tape;
    for (std::uint64_t i = 0; i < 20; ++i) {
        const auto logits = net.forward(random_images<Net>(3, 4, i), tape);
        net.backward(logits, tape);
    }
    net.zero_gradients();
    staa::Random random(3);
    net.visit([&](const staa::ParameterName&, auto& parameter) {
        for (staa::Index i = 0; i < parameter.size(); ++i) {
            parameter.data()[i] += 0.1 * random.normal();
        }
    });
    return net;
}

}  // namespace staa_tests
