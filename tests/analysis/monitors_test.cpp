// SPDX-License-Identifier: MIT
#include "staa/analysis/monitors.hpp"

#include <numeric>

#include "analysis/small_networks.hpp"
#include "staa/analysis/norms.hpp"
#include "staa/training/optimizer.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

template <class Net>
std::vector<NeuronActivity> activity_of(const Net& net, const typename Net::Images& images) {
    Observation<Net> seen(net);
    seen.forward(images);
    ActivityMonitor monitor;
    monitor.look(seen);
    return monitor.layers();
}

/// A network whose neurons get the same current at every step: the shift of the norm in front of them.
using Constant = Network<Frames<2, 8, 8, double>, Conv2d<3>, BatchNorm, Lif<>, GlobalAvgPool, Linear<2>>;
Constant with_currents(double a, double b, double c) {
    Constant net{{.steps = 4}};
    net.layer<"1">().parameters.weight.setZero();
    auto& shift = net.layer<"1">().parameters.bias;
    shift(0) = a;
    shift(1) = b;
    shift(2) = c;
    return net;
}

}  // namespace

TEST_CASE("a monitor tells the firing rate per step and channel") {
    // Leak 0.25, threshold 1: a current of 0.9 gives U = 0.9, then 1.125 and a reset: a spike at every second step.
    const auto layers = activity_of(with_currents(2, 0.9, 0.1), random_images<Constant>(4, 3));
    REQUIRE(layers.size() == 1);
    const NeuronActivity& neurons = layers[0];
    CHECK(neurons.name == "2");
    CHECK((neurons.channels == 3 && neurons.height == 8 && neurons.width == 8));
    CHECK(neurons.rates == std::vector<std::vector<double>>{{1, 0, 0}, {1, 1, 0}, {1, 0, 0}, {1, 1, 0}});
    CHECK_THAT(neurons.rate(), WithinRel(0.5, 1e-12));
    CHECK_THAT(neurons.rates_by_step()[0], WithinRel(1.0 / 3, 1e-12));
}

TEST_CASE("a monitor counts silent and saturated neurons") {
    const auto layers = activity_of(with_currents(2, 0.9, 0.1), random_images<Constant>(4, 3));
    CHECK_THAT(layers.at(0).silent, WithinRel(1.0 / 3, 1e-9));
    CHECK_THAT(layers.at(0).saturated, WithinRel(1.0 / 3, 1e-9));
}

TEST_CASE("a monitor's histogram of potentials holds every neuron and step") {
    const auto layers = activity_of(with_currents(2, 0.9, 0.1), random_images<Constant>(4, 3));
    const PotentialHistogram& bins = layers.at(0).potentials;
    CHECK_THAT(std::accumulate(bins.shares.begin(), bins.shares.end(), 0.0), WithinRel(1.0, 1e-12));
    CHECK((bins.threshold == 1 && bins.lowest == -2 && bins.highest == 4));
    const auto bin_of = [&](double u) { return static_cast<std::size_t>((u - bins.lowest) / 0.1); };
    // U of the first channel is 2 at every step; of the second 0.9 and 1.125 in turn.
    CHECK_THAT(bins.shares[bin_of(2.05)], WithinRel(1.0 / 3, 1e-9));
    CHECK_THAT(bins.shares[bin_of(0.91)] + bins.shares[bin_of(0.85)], WithinRel(1.0 / 6, 1e-9));
    CHECK_THAT(bins.shares[bin_of(1.15)], WithinRel(1.0 / 6, 1e-9));
    // The window of the rectangle is 0.5 to 1.5: both potentials of the second channel, none of the others.
    CHECK_THAT(layers.at(0).window_share, WithinRel(1.0 / 3, 1e-9));
}

TEST_CASE("a monitor shows the gates of neurons that have them") {
    SmallStaa net{{.steps = 3}};
    net.layer<"2">().context.parameters.value_bias.setConstant(1);
    const auto layers = activity_of(net, random_images<SmallStaa>(3, 2));
    REQUIRE(layers.size() == 5);
    CHECK_FALSE(layers[0].context.is_there());  // plain LIF
    CHECK_FALSE(layers[0].attention.is_there());
    REQUIRE(layers[1].context.is_there());
    CHECK_THAT(layers[1].context.mean.at(2), WithinRel(1.0, 1e-12));  // global context starts as the identity
    CHECK_THAT(layers[1].context.deviation.at(2), WithinAbs(0.0, 1e-7));
    CHECK_THAT(layers[2].context.mean.at(0), WithinRel(2 / (1 + std::exp(-1.0)), 1e-12));
    REQUIRE(layers[2].attention.by_channel.size() == 3);
    CHECK(layers[2].attention.by_channel[0].size() == 8);
    CHECK(layers[2].attention.mean[1] > 0);
    CHECK(layers[2].attention.mean[1] < 2);
}

TEST_CASE("a monitor over two batches is that over all images") {
    const SmallStaa net = trained_for_a_moment<SmallStaa>();
    Observation<SmallStaa> seen(net);
    ActivityMonitor both;
    seen.forward(random_images<SmallStaa>(3, 2, 1));
    both.look(seen);
    seen.forward(random_images<SmallStaa>(3, 4, 2));
    both.look(seen);
    const auto first = activity_of(net, random_images<SmallStaa>(3, 2, 1));
    const auto second = activity_of(net, random_images<SmallStaa>(3, 4, 2));
    const auto layers = both.layers();
    for (std::size_t i = 0; i < layers.size(); ++i) {
        INFO(layers[i].name);
        CHECK_THAT(layers[i].rate(), WithinAbs((2 * first[i].rate() + 4 * second[i].rate()) / 6, 1e-12));
        CHECK_THAT(layers[i].window_share,
                   WithinAbs((2 * first[i].window_share + 4 * second[i].window_share) / 6, 1e-12));
        CHECK(layers[i].silent <= first[i].silent);
    }
}

TEST_CASE("the potentials of a monitor are those that decide over spikes") {
    const SmallStaa net = trained_for_a_moment<SmallStaa>();
    for (const NeuronActivity& layer : activity_of(net, random_images<SmallStaa>(3, 2))) {
        double above = 0;  // the threshold lies on the edge of two bins
        for (std::size_t i = PotentialHistogram::bins / 2; i < PotentialHistogram::bins; ++i) {
            above += layer.potentials.shares[i];
        }
        INFO(layer.name);
        CHECK_THAT(above, WithinAbs(layer.rate(), 1e-12));
    }
}

TEST_CASE("norms are those of weights, gradients and what a step changed") {
    SmallLif net{{.steps = 3}};
    UpdateWatch<SmallLif> watch(net);
    Tape<SmallLif> tape;
    const auto logits = net.forward(random_images<SmallLif>(3, 2), tape);
    net.backward(logits, tape);
    const auto before = watch.look(net);
    Sgd<SmallLif> sgd{{.learning_rate = 0.5}};
    sgd.step(net);
    const auto after = watch.look(net);
    std::size_t i = 0;
    net.visit([&](const ParameterName& name, const auto& tensor) {
        INFO(name.text);
        CHECK(before[i].name == name.text);
        CHECK(before[i].size == tensor.size());
        CHECK(before[i].update == 0);
        CHECK(after[i].gradient == 0);
        CHECK_THAT(after[i].update, WithinAbs(0.5 * before[i].gradient, 1e-12));
        double squares = 0;
        for (Index k = 0; k < tensor.size(); ++k) {
            squares += tensor.data()[k] * tensor.data()[k];
        }
        CHECK_THAT(after[i].weight, WithinRel(std::sqrt(squares), 1e-12));
        ++i;
    });
    CHECK(before.back().gradient > 0);
}
