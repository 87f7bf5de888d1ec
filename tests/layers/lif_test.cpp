// SPDX-License-Identifier: MIT
#include "staa/layers/neurons/lif.hpp"

#include <vector>

#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

/// One neuron over the given currents. Leak and currents below are sums of powers of two, so the numbers are exact.
struct OneNeuron : OneLayer<Lif<>::at<Frames<1, 1, 1, double>>> {
    explicit OneNeuron(const std::vector<double>& currents, NeuronOptions neuron = {.leak = 0.5})
        : OneLayer(Setup{static_cast<Index>(currents.size()), neuron}, 1) {
        std::copy(currents.begin(), currents.end(), x.data());
        forward();
    }
    double potential(Index t) { return potentials_of(*this)[static_cast<std::size_t>(t)]; }
    bool fired(Index t) const { return y.test(t, 0); }
};

}  // namespace

TEST_CASE("Eq. 1 to 3: three steps of one neuron, computed by hand") {
    OneNeuron neuron({0.75, 0.75, 0.5});
    CHECK(neuron.potential(0) == 0.75);
    CHECK_FALSE(neuron.fired(0));
    CHECK(neuron.potential(1) == 0.5 * 0.75 + 0.75);
    CHECK(neuron.fired(1));
    CHECK(neuron.potential(2) == 0.5);
    CHECK_FALSE(neuron.fired(2));
}

TEST_CASE("Eq. 2: a neuron exactly at threshold fires") {
    OneNeuron neuron({1.0, std::nextafter(1.0, 0.0)});
    CHECK(neuron.fired(0));
    CHECK_FALSE(neuron.fired(1));
}

TEST_CASE("Eq. 2: the threshold is an option") {
    CHECK(OneNeuron({0.5}, {.threshold = 0.5}).fired(0));
    CHECK_FALSE(OneNeuron({1.5}, {.threshold = 2.0}).fired(0));
}

TEST_CASE("Eq. 3: a neuron that fired starts the next step from 0, however far above threshold it was") {
    OneNeuron neuron({8.0, 0.25});
    CHECK(neuron.fired(0));
    CHECK(neuron.potential(1) == 0.25);
}

TEST_CASE("a neuron below threshold keeps a share of its potential, negative ones too") {
    OneNeuron neuron({-1.0, 0.25}, {.leak = 0.25});
    CHECK(neuron.potential(1) == -0.25 + 0.25);
}

TEST_CASE("a silent input stays silent") {
    OneLayer<Lif<>::at<Frames<67, 2, 3>>> one(Setup{});
    one.x.set_zero();
    one.forward();
    CHECK(one.y.count() == 0);
}

TEST_CASE("Eq. 4 and 5: backward through three steps, computed by hand") {
    OneNeuron neuron({0.75, 0.75, 0.5});
    std::fill_n(neuron.dy.data(), 3, 1.0);
    neuron.backward();
    // U = 0.75, 1.125, 0.5: the slope is 1 at the first two; at the third, half a window away, it is 0.
    CHECK(neuron.dx.data()[2] == 0.0);
    CHECK(neuron.dx.data()[1] == 1.0);                               // carries nothing: the third's gradient is 0
    CHECK(neuron.dx.data()[0] == 1.0 + 0.5 * 1.0 * (1 - 0 - 0.75));  // slope + leak · dU[1] · (1 - S - U · slope)
}

TEST_CASE("a current that all steps share gives what the same current a step gives, and its gradient is their sum") {
    OneLayer<Lif<>::at<Image<5, 3, 2, double>>> image(Setup{});
    OneLayer<Lif<>::at<Frames<5, 3, 2, double>>> frames(Setup{});
    const Index size = image.x.extents().size();
    for (Index t = 0; t < frames.steps; ++t) {
        std::copy_n(image.x.data(), size, frames.x.map(t * frames.batch));
    }
    std::copy_n(image.dy.data(), image.dy.extents().size(), frames.dy.data());
    image.forward();
    frames.forward();
    CHECK(std::equal(image.y.data(), image.y.data() + image.y.words(), frames.y.data()));
    image.backward();
    frames.backward();
    for (Index i = 0; i < size; ++i) {
        double sum = 0;
        for (Index t = 0; t < frames.steps; ++t) {
            sum += frames.dx.data()[t * size + i];
        }
        CHECK_THAT(image.dx.data()[i], WithinAbs(sum, 1e-12));
    }
}

TEST_CASE("a stream goes on where it stopped, and must keep its batch") {
    const OneNeuron at_once({0.75, 0.75, 0.5});
    OneNeuron stepwise({0.75});
    NeuronState<double> state;
    for (Index t = 0; t < 3; ++t) {
        *stepwise.x.data() = at_once.x.data()[t];
        stepwise.layer.infer(stepwise.x, stepwise.y, state, stepwise.call());
        CHECK(stepwise.fired(0) == at_once.fired(t));
    }
    CHECK(state.step == 3);
    OneLayer<Lif<>::at<Frames<1, 1, 1, double>>> two_images(Setup{.steps = 1}, 2);
    REQUIRE_THROWS_WITH(two_images.layer.infer(two_images.x, two_images.y, state, two_images.call()),
                        "staa::Network::step: a stream of 1 images was continued with 2; keep the batch, or begin a "
                        "new stream with start()");
}
