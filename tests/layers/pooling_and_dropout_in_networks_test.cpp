// SPDX-License-Identifier: MIT
// MaxPool and Dropout between the layers of a network: training, streams, fusion.
#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/dropout.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/max_pool.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/plan.hpp"
#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

template <class Surrogate>
using Net = Network<Frames<2, 8, 8, double>, Conv2d<6>, BatchNorm, Lif<Surrogate>, Named<"pool", MaxPool<2>>, Conv2d<8>,
                    BatchNorm, Lif<Surrogate>, GlobalAvgPool, Named<"dropout", Dropout>, Linear<3>>;

NetworkOptions options(ConvolutionChoice convolution = ConvolutionChoice::by_rate, bool fuse = true) {
    NetworkOptions options{.steps = 3, .seed = 3, .convolution = convolution, .fuse = fuse};
    options.neuron.surrogate_width = 1.5;
    options.neuron.threshold = 0.5;
    return options;
}

template <class AnyNet>
typename AnyNet::Images frames(Index images) {
    typename AnyNet::Images x(3, images, 8, 8, 2);
    Random random(4);
    fill_uniform(x.data(), x.size(), -1, 1, random);
    return x;
}

/// All gradients of one step of training, one after the other.
std::vector<double> gradients_of(Net<Rectangle> net) {
    Tape<Net<Rectangle>> tape;
    const auto logits = net.forward(frames<Net<Rectangle>>(4), tape);
    net.backward(logits, tape);
    std::vector<double> all;
    net.visit([&](const ParameterName&, const auto&,
                  const auto& gradient) { all.insert(all.end(), gradient.data(), gradient.data() + gradient.size()); },
              net.gradients);
    return all;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double difference = std::abs(a[i] - b[i]);
        largest = difference <= largest ? largest : difference;
    }
    return largest;
}

}  // namespace

TEST_CASE("a network with MaxPool and Dropout has the gradients of its derivative") {
    Net<Ramp> net(options());
    net.layer<"dropout">().probability = 0.3;
    check_report(staa::check_gradients(net));
}

TEST_CASE("a network trains through pooled spikes alike, whichever kernels its convolutions take, fused or not") {
    const std::vector<double> expected = gradients_of(Net<Rectangle>(options(ConvolutionChoice::dense)));
    CHECK(largest_of(expected.data(), static_cast<Index>(expected.size())) > 1e-3);
    CHECK(largest_difference(gradients_of(Net<Rectangle>(options(ConvolutionChoice::sparse))), expected) < 1e-12);
    CHECK(largest_difference(gradients_of(Net<Rectangle>(options(ConvolutionChoice::dense, false))), expected) < 1e-12);
}

TEST_CASE("a stream through MaxPool and Dropout gives what infer gives") {
    const Net<Rectangle> net(options());
    const auto x = frames<Net<Rectangle>>(2);
    auto state = net.start();
    Net<Rectangle>::Logits logits;
    for (Index t = 0; t < 3; ++t) {
        logits = net.step(x.chip(t, 0), state);
    }
    const Net<Rectangle>::Logits expected = net.infer(x);
    CHECK(largest_difference({logits.data(), logits.data() + logits.size()},
                             {expected.data(), expected.data() + expected.size()}) < 1e-12);
}

TEST_CASE("plan names MaxPool and Dropout") {
    CHECK_THAT(plan<Net<Rectangle>>(), contains_text("pool: max pooling") && contains_text("dropout: dropout"));
}
