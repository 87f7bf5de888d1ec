// SPDX-License-Identifier: MIT
// The networks of the paper: what they cost is known when they are compiled.
#include "staa/networks/resnet.hpp"

#include <algorithm>
#include <cmath>

#include "staa/networks/vgg.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;

/// Half a percent around what the paper says.
constexpr bool is_near(double found, double paper) { return found > 0.995 * paper && found < 1.005 * paper; }

using Events = Frames<2, 48, 48>;
using NoContext = StaaLif<Staa{.global_context = false}>;

/// The parameters that layers are found to hold, one by one.
template <class Net>
Index counted(const Net& net) {
    Index count = 0;
    net.visit([&](const ParameterName&, const auto& parameter) { count += parameter.size(); });
    return count;
}

}  // namespace

TEST_CASE("ResNet-20 for CIFAR-100 with T = 4 has the paper's 12.69 million parameters, within half a percent") {
    STATIC_REQUIRE(is_near(static_cast<double>(ResNet20<64, 100>::parameter_count(4)), 12.69e6));
}

TEST_CASE("ResNet-20 for CIFAR-100 with T = 4 takes the paper's 0.87 G multiply-accumulates, within half a percent") {
    STATIC_REQUIRE(is_near(static_cast<double>(ResNet20<64, 100>::operations(4).total()), 0.87e9));
}

TEST_CASE("of these, those with an input that is not spikes are the paper's 0.06 G, as it rounds them") {
    constexpr Index analog = ResNet20<64, 100>::operations(4).multiply_accumulates;
    STATIC_REQUIRE(analog > 55'000'000);
    STATIC_REQUIRE(analog < 65'000'000);
}

TEST_CASE("the networks have the parameters that their PyTorch reference counts") {
    STATIC_REQUIRE(ResNet20<64, 100>::parameter_count(4) == 12'720'372);
    STATIC_REQUIRE(ResNet19<128, 10>::parameter_count(4) == 14'164'923);
    STATIC_REQUIRE(Vgg13<64, 10>::parameter_count(4) == 10'659'444);
    STATIC_REQUIRE(ResNet18<64, 1000>::parameter_count(4) == 13'120'425);
    STATIC_REQUIRE(ResNet34<64, 1000>::parameter_count(4) == 24'383'385);
}

TEST_CASE("the small network has fewer than a million parameters, and spikes before all convolutions but the first") {
    using Small = Vgg6<64, 10>;
    STATIC_REQUIRE(Vgg6<64, 10, Lif<>>::parameter_count(2) == 852'298);
    STATIC_REQUIRE(Small::parameter_count(2) < 1'000'000);
    // Multiplications: the image's convolution, with 3 x 3 x 3 taps, 64 channels and 32 x 32 pixels, and the last layer.
    STATIC_REQUIRE(Vgg6<64, 10, Lif<>>::operations(2).multiply_accumulates == 2 * (27 * 64 * 1024 + 128 * 10));
}

TEST_CASE("the count of parameters is the sum of the tensors that a network holds") {
    const ResNet20<8, 10> net(NetworkOptions{.steps = 3});
    CHECK(net.parameter_count() == counted(net));
    const Vgg13On<Events, 4, 11, NoContext> frames(NetworkOptions{.steps = 5});
    CHECK(frames.parameter_count() == counted(frames));
}

TEST_CASE("every network takes the frames of an event camera, any number of classes, and another neuron") {
    STATIC_REQUIRE(std::is_same_v<ResNet20On<Events, 16, 11, Lif<>>::Images, Tensor<float, 5>>);
    STATIC_REQUIRE(ResNet20On<Events, 16, 11, Lif<>>::classes == 11);
    STATIC_REQUIRE(ResNet19On<Events, 16, 11, Lif<>>::classes == 11);
    STATIC_REQUIRE(ResNet18On<Events, 16, 11, Lif<>>::classes == 11);
    STATIC_REQUIRE(ResNet34On<Events, 16, 11, Lif<>>::classes == 11);
    STATIC_REQUIRE(Vgg13On<Events, 16, 11, Lif<>>::classes == 11);
    // Without the aggregator what is left are convolutions, batch norms and the classifier.
    STATIC_REQUIRE(Vgg13On<Events, 16, 11, Lif<>>::parameter_count(4) < Vgg13On<Events, 16, 11>::parameter_count(4));
}

TEST_CASE("a network with position encoding around its convolutions learns, and streams frame by frame") {
    using Net = Vgg13On<Frames<2, 32, 32>, 2, 3, StaaLif<Staa{.position_encoding = Encoding::none}>, EncodingConvBn>;
    Net net(NetworkOptions{.steps = 2, .seed = 1});
    Net::Images frames(2, 4, 32, 32, 2);
    Random random(1);
    std::generate_n(frames.data(), frames.size(), [&] { return static_cast<float>(random.below(3)); });
    Tape<Net> tape;
    net.backward(net.forward(frames, tape), tape);
    double encoding_gradients = 0;
    net.visit(
        [&](const ParameterName& name, const auto& parameter, auto& gradient) {
            for (Index i = 0; i < parameter.size() && name.text.ends_with(".pe"); ++i) {
                encoding_gradients += std::abs(static_cast<double>(gradient.data()[i]));
            }
        },
        net.gradients);
    CHECK(encoding_gradients > 0);

    const Net::Logits at_once = net.infer(frames);
    State<Net> state = net.start();
    Net::Logits so_far;
    for (Index t = 0; t < 2; ++t) {
        const Tensor<float, 4> frame = frames.chip<0>(t);
        so_far = net.step(frame, state);
    }
    CHECK(std::equal(so_far.data(), so_far.data() + so_far.size(), at_once.data()));
}

TEST_CASE("position encoding around the convolution is one template argument of a network") {
    using Before =
        ResNet20On<Image<3, 32, 32>, 8, 10, StaaLif<Staa{.position_encoding = Encoding::none}>, EncodingConvBn>;
    using Without = ResNet20On<Image<3, 32, 32>, 8, 10, StaaLif<Staa{.position_encoding = Encoding::none}>>;
    // One encoding for each of the 16 convolutions, of as many channels as go in: 4 of 8 and one of 8, .., 3 of 64 and 32.
    constexpr Index channels = (4 * 8) + (8 + 3 * 16) + (16 + 3 * 32) + (32 + 3 * 64);
    STATIC_REQUIRE(Before::parameter_count(4) - Without::parameter_count(4) == 4 * channels);
}
