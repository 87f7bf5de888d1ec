// SPDX-License-Identifier: MIT
// All that a network computes, fused and layer by layer. Where a fusion joins coefficients, as those of a batch norm and a
// convolution in inference, results differ by rounding: such a test is in double, with a ramp in the spike's place, so that
// no rounding can flip a spike.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
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

/// The values of one tensor.
struct NamedValues {
    std::string name;
    std::vector<double> values;
};

/// The frame of step t, or the image that is the same at every step.
template <class Net>
Tensor<typename Net::Scalar, 4> frame_of(const typename Net::Images& images, Index t) {
    if constexpr (Net::Input::is_constant) {
        return images;
    } else {
        return images.chip(t, 0);
    }
}

/// All that a network computes: logits in training, gradients, running averages, logits in inference and of a stream.
template <class Net>
std::vector<NamedValues> everything(const NetworkOptions& options) {
    Net net(options);
    Random random(3);
    net.visit([&](const ParameterName&, auto& parameter) {
        for (Index i = 0; i < parameter.size(); ++i) {
            parameter.data()[i] *= static_cast<typename Net::Scalar>(random.uniform(0.9, 1.1));
        }
    });
    const auto images = random_images<Net>(options.steps, 2);
    std::vector<NamedValues> all;
    const auto keep = [&](const std::string& name, const auto& values) {
        if constexpr (requires { values.data(); }) {
            all.push_back({name, {values.data(), values.data() + values.size()}});
        }
    };
    Tape<Net> tape(7);
    for (int step = 0; step < 2; ++step) {
        const auto logits = net.forward(images, tape);
        keep("logits in training", logits);
        net.backward(logits, tape);
    }
    net.visit([&](const ParameterName& name, const auto&, const auto& gradient) { keep(name.text, gradient); },
              net.gradients);
    net.visit_statistics([&](const ParameterName& name, const auto& values) { keep(name.text, values); });
    keep("logits in inference", net.infer(images));
    State<Net> state = net.start();
    for (Index t = 0; t < options.steps; ++t) {
        keep("logits of a stream", net.step(frame_of<Net>(images, t), state));
    }
    return all;
}

/// The largest difference between two tensors, relative to the largest value of the second, or to `least`. A value that
/// is not a number is an infinite difference.
inline double relative_difference(const NamedValues& fused, const NamedValues& plain, double least) {
    INFO(plain.name);
    REQUIRE(fused.name == plain.name);
    REQUIRE(fused.values.size() == plain.values.size());
    double worst = 0, largest = least;
    for (std::size_t i = 0; i < plain.values.size(); ++i) {
        const double difference = std::abs(fused.values[i] - plain.values[i]);
        worst = std::isnan(difference) ? std::numeric_limits<double>::infinity() : std::max(worst, difference);
        largest = std::max(largest, std::abs(plain.values[i]));
    }
    return worst / largest;
}

/// The largest difference of a tensor between fused and unfused, relative to the largest value of that tensor. The bias of
/// a key has no gradient but rounding: values under 1e-5 of the largest of all count as 1e-5 of it.
template <class Net>
double largest_difference(Index steps = 2) {
    NetworkOptions options{.steps = steps, .seed = 1, .neuron = {.surrogate_width = 2, .step_dropout = 0.4}};
    const std::vector<NamedValues> fused = everything<Net>(options);
    options.fuse = false;
    const std::vector<NamedValues> plain = everything<Net>(options);
    REQUIRE(fused.size() == plain.size());
    double largest = 0;
    for (const NamedValues& tensor : plain) {
        for (const double value : tensor.values) {
            largest = std::max(largest, std::abs(value));
        }
    }
    REQUIRE(largest > 0);
    double worst = 0;
    for (std::size_t i = 0; i < plain.size(); ++i) {
        worst = std::max(worst, relative_difference(fused[i], plain[i], 1e-5 * largest));
    }
    return worst;
}

}  // namespace staa_tests
