// SPDX-License-Identifier: MIT
#include "staa/networks/for_each_layer.hpp"

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;

using Net = Network<Frames<3, 8, 8>, Named<"stem", Sequential<Conv2d<4>, BatchNorm, Lif<>>>,
                    Residual<Conv2d<4>, BatchNorm, Shortcut<Conv2d<4, 1>, BatchNorm>>, Lif<>, GlobalAvgPool,
                    Named<"fc", Linear<2>>>;

Net::Images random_frames() {
    Net::Images frames(2, 3, 8, 8, 3);
    Random random(1);
    std::generate_n(frames.data(), frames.size(), [&] { return static_cast<float>(random.uniform(-2, 3)); });
    return frames;
}

}  // namespace

TEST_CASE("for_each_layer walks all layers in the order of the network, those of both paths of a residual block too") {
    const Net net{{.steps = 2}};
    std::vector<std::string> names;
    for_each_layer(net, [&](const std::string& name, const auto&) { names.push_back(name); });
    CHECK(names == std::vector<std::string>{"stem.0.", "stem.1.", "stem.2.", "1.0.", "1.1.", "1.shortcut.0.",
                                            "1.shortcut.1.", "2.", "3.", "fc."});
}

TEST_CASE("for_each_layer gives each layer with its own parameters, tape and state") {
    Net net{{.steps = 2}};
    Tape<Net> tape;
    const auto logits = net.forward(random_frames(), tape);
    net.backward(logits, tape);
    State<Net> state = net.start();
    net.infer(random_frames(), state);
    int convolutions = 0, neurons = 0;
    for_each_layer(
        net,
        [&](const std::string& name, auto& layer, auto& gradients, auto& layer_tape, auto& layer_state) {
            using Layer = std::decay_t<decltype(layer)>;
            STATIC_REQUIRE(std::is_same_v<std::decay_t<decltype(gradients)>, typename Layer::Parameters>);
            STATIC_REQUIRE(std::is_same_v<std::decay_t<decltype(layer_tape)>, typename Layer::Tape>);
            STATIC_REQUIRE(std::is_same_v<std::decay_t<decltype(layer_state)>, typename Layer::State>);
            INFO(name);
            if constexpr (requires { layer_tape.use; }) {
                CHECK(layer_tape.use.firing_rate > 0);
                CHECK(gradients.weight.size() == layer.parameters.weight.size());
                ++convolutions;
            }
            if constexpr (requires { layer_state.potential; }) {
                CHECK(layer_state.step == 2);
                ++neurons;
            }
        },
        net.gradients, tape, state);
    CHECK(convolutions == 3);
    CHECK(neurons == 2);
}

TEST_CASE("for_each_convolution shows the convolutions and nothing else") {
    Net net{{.steps = 2}};
    Tape<Net> tape;
    net.forward(random_frames(), tape);
    std::vector<std::string> names;
    for_each_convolution(net, tape, [&](const std::string& name, const ConvolutionUse& use) {
        names.push_back(name);
        CHECK(use.firing_rate > 0);
    });
    CHECK(names == std::vector<std::string>{"stem.0.", "1.0.", "1.shortcut.0."});
}

TEST_CASE("a layer is found by its name, and what is set on it counts") {
    Net net{{.steps = 2}};
    const auto before = net.infer(random_frames());
    net.layer<"1.shortcut.1">().parameters.bias.setConstant(3.0f);
    CHECK(static_cast<const Net&>(net).layer<"1.shortcut.1">().parameters.bias(2) == 3.0f);
    const auto after = net.infer(random_frames());
    CHECK_FALSE(std::equal(before.data(), before.data() + before.size(), after.data()));
}
