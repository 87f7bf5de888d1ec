// SPDX-License-Identifier: MIT
// All that a network computes, fused and layer by layer. Where a fusion joins coefficients, as those of a batch norm and a
// convolution in inference, results differ by rounding: such a test is in double, with a ramp in the spike's place, so that
// no rounding can flip a spike.
#pragma once

#include <cmath>
#include <vector>

#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/networks/network.hpp"
#include "support/finite_differences.hpp"

namespace staa_tests {

using namespace staa;

using Ramps = StaaLif<Staa{}, Ramp>;
using RampStem = Lif<Ramp>;
using Small = Image<3, 32, 32, double>;
using Large = Image<3, 64, 64, double>;

template <class Net>
typename Net::Images random_images(Index steps, Index count) {
    using In = typename Net::Input;
    typename Net::Images images;
    if constexpr (In::is_constant) {
        images.resize(count, In::height, In::width, In::channels);
    } else {
        images.resize(steps, count, In::height, In::width, In::channels);
    }
    Random random(5);
    fill_uniform(images.data(), images.size(), -2, 2, random);
    return images;
}

/// All that a network computes: logits in training, gradients, running averages, logits in inference and of a stream.
template <class Net>
std::vector<double> everything(const NetworkOptions& options) {
    Net net(options);
    Random random(3);
    net.visit([&](const ParameterName&, auto& parameter) {
        for (Index i = 0; i < parameter.size(); ++i) {
            parameter.data()[i] *= static_cast<typename Net::Scalar>(random.uniform(0.9, 1.1));
        }
    });
    const auto images = random_images<Net>(options.steps, 2);
    std::vector<double> all;
    const auto keep = [&](const auto& values) {
        if constexpr (requires { values.data(); }) {
            all.insert(all.end(), values.data(), values.data() + values.size());
        }
    };
    Tape<Net> tape(7);
    for (int step = 0; step < 2; ++step) {
        const auto logits = net.forward(images, tape);
        keep(logits);
        net.backward(logits, tape);
    }
    net.visit([&](const ParameterName&, const auto&, const auto& gradient) { keep(gradient); }, net.gradients);
    net.visit_statistics([&](const ParameterName&, const auto& values) { keep(values); });
    keep(net.infer(images));
    return all;
}

/// The largest difference between fused and unfused, relative to the largest value.
template <class Net>
double largest_difference(Index steps = 2) {
    NetworkOptions options{.steps = steps, .seed = 1, .neuron = {.surrogate_width = 2, .step_dropout = 0.4}};
    const std::vector<double> fused = everything<Net>(options);
    options.fuse = false;
    const std::vector<double> plain = everything<Net>(options);
    REQUIRE(fused.size() == plain.size());
    double worst = 0, largest = 0;
    for (std::size_t i = 0; i < fused.size(); ++i) {
        const double difference = std::abs(fused[i] - plain[i]);
        if (!(difference <= worst)) {
            worst = difference;  // NaN must not pass
        }
        largest = std::max(largest, std::abs(plain[i]));
    }
    REQUIRE(largest > 0);
    return worst / largest;
}

}  // namespace staa_tests
