// SPDX-License-Identifier: MIT
#include "staa/networks/network.hpp"

#include <limits>
#include <vector>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/residual.hpp"
#include "staa/training/optimizer.hpp"
#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

template <class Input>
using Small =
    Network<Input, Conv2d<8>, BatchNorm, StaaLif<>, Residual<Conv2d<8>, BatchNorm>, Lif<>, GlobalAvgPool, Linear<3>>;
using Net = Small<Image<2, 5, 4, double>>;
using FramesNet = Small<Frames<2, 5, 4, double>>;

/// Images [N, H, W, C] or frames [T, N, H, W, C] from a seed.
template <int Rank, class... Extent>
Tensor<double, Rank> drawn(std::uint64_t seed, Extent... extents) {
    Random random(seed);
    Tensor<double, Rank> images(static_cast<Index>(extents)...);
    fill_uniform(images.data(), images.size(), -3, 3, random);
    return images;
}
Net::Images images(Index count = 3, std::uint64_t seed = 1) { return drawn<4>(seed, count, 5, 4, 2); }
FramesNet::Images frames(Index steps = 4, Index count = 3) { return drawn<5>(1, steps, count, 5, 4, 2); }

Net::Logits gradient_of_logits(Index count = 3) { return drawn<2>(9, count, 3); }

/// Everything that a network learns, in one row.
template <class AnyNet>
std::vector<double> weights(AnyNet& net) {
    std::vector<double> all;
    const auto append = [&](const auto& t) { all.insert(all.end(), t.data(), t.data() + t.size()); };
    net.visit([&](const ParameterName&, auto& parameter) { append(parameter); });
    net.visit_statistics([&](const ParameterName&, auto& tensor) {
        if constexpr (requires { tensor.data(); }) {
            append(tensor);
        } else {
            all.push_back(static_cast<double>(tensor));
        }
    });
    return all;
}
template <class AnyNet>
std::vector<double> gradients(AnyNet& net) {
    std::vector<double> all;
    net.visit([&](const ParameterName&, auto&,
                  auto& gradient) { all.insert(all.end(), gradient.data(), gradient.data() + gradient.size()); },
              net.gradients);
    return all;
}

bool same(const Net::Logits& a, const Net::Logits& b) {
    return a.dimensions() == b.dimensions() && std::equal(a.data(), a.data() + a.size(), b.data());
}
void check_close(const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        CHECK_THAT(a[i], WithinAbs(b[i], 1e-10));
    }
}
std::vector<double> row_of(const Net::Logits& logits) { return {logits.data(), logits.data() + logits.size()}; }

/// Running averages that differ from where they start.
template <class AnyNet>
void train_once(AnyNet& net, const typename AnyNet::Images& input) {
    typename AnyNet::Tape tape;
    net.forward(input, tape);
    net.backward(gradient_of_logits(), tape);
}

}  // namespace

TEST_CASE("forward does not change the network") {
    Net net(NetworkOptions{});
    const auto before = weights(net);
    Net::Tape tape;
    net.forward(images(), tape);
    net.infer(images());
    CHECK(weights(net) == before);
}

TEST_CASE("running averages take in the batch's statistics in backward") {
    Net net(NetworkOptions{});
    const auto before = net.infer(images());
    Net::Tape tape;
    net.forward(images(), tape);
    CHECK(same(net.infer(images()), before));
    net.backward(gradient_of_logits(), tape);
    CHECK_FALSE(same(net.infer(images()), before));
    CHECK(net.layer<"1">().statistics.batches == 1);
}

TEST_CASE("training normalises by the batch, evaluation by the running averages") {
    Net net(NetworkOptions{.neuron = {.step_dropout = 0}});
    Net::Tape tape;
    CHECK_FALSE(same(net.forward(images(), tape), net.infer(images())));
}

TEST_CASE("gradients accumulate over two backwards, and are 0 after a step of Sgd or when they are set to zero") {
    Net net(NetworkOptions{.neuron = {.step_dropout = 0}});
    Net::Tape tape;
    net.forward(images(), tape);
    net.backward(gradient_of_logits(), tape);
    const auto once = gradients(net);
    net.forward(images(), tape);
    net.backward(gradient_of_logits(), tape);
    auto twice = once;
    for (double& value : twice) {
        value *= 2;
    }
    CHECK(*std::max_element(once.begin(), once.end()) > 1e-3);
    check_close(gradients(net), twice);
    Sgd<Net>(SgdOptions{}).step(net);
    CHECK(gradients(net) == std::vector<double>(once.size(), 0.0));
    net.forward(images(), tape);
    net.backward(gradient_of_logits(), tape);
    CHECK(gradients(net) != std::vector<double>(once.size(), 0.0));
    net.zero_gradients();
    CHECK(gradients(net) == std::vector<double>(once.size(), 0.0));
}

TEST_CASE("the same seed gives the same network, another seed another") {
    Net first(NetworkOptions{.seed = 5}), again(NetworkOptions{.seed = 5}), other(NetworkOptions{.seed = 6});
    CHECK(weights(first) == weights(again));
    CHECK(weights(first) != weights(other));
}

TEST_CASE("the tape's seed decides which steps are dropped") {
    const Net net(NetworkOptions{.neuron = {.step_dropout = 0.5}});
    const auto logits = [&](std::uint64_t seed) {
        Net::Tape tape(seed);
        return row_of(net.forward(images(), tape));
    };
    CHECK(logits(1) == logits(1));
    CHECK((logits(1) != logits(2) || logits(1) != logits(3)));
}

TEST_CASE("as many calls of step as the network has steps give what infer gives, to the bit") {
    Net net(NetworkOptions{});
    train_once(net, images());
    State<Net> state = net.start();
    Net::Logits logits;
    for (Index t = 0; t < net.steps(); ++t) {
        logits = net.step(images(), state);
        CHECK(state.steps() == t + 1);
    }
    CHECK(same(logits, net.infer(images())));
}

TEST_CASE("a stream of frames gives what infer gives, to the bit") {
    FramesNet net(NetworkOptions{});
    train_once(net, frames());
    State<FramesNet> state = net.start();
    FramesNet::Logits logits;
    for (Index t = 0; t < 4; ++t) {
        logits = net.step(frames().chip(t, 0), state);
    }
    CHECK(same(logits, net.infer(frames())));
}

TEST_CASE("a stream can be copied, and both go on alike and apart") {
    Net net(NetworkOptions{});
    train_once(net, images());
    State<Net> state = net.start();
    net.step(images(), state);
    State<Net> copy = state;
    const auto other = net.step(images(3, 2), copy);
    const auto next = net.step(images(), state);
    CHECK_FALSE(same(next, other));
    State<Net> expected = net.start();
    net.step(images(), expected);
    CHECK(same(net.step(images(), expected), next));
}

TEST_CASE("a stream that was started anew has forgotten the one before, and infer forgets it too") {
    Net net(NetworkOptions{});
    train_once(net, images());
    State<Net> state = net.start();
    const auto first = net.step(images(), state);
    CHECK_FALSE(same(net.step(images(), state), first));
    CHECK(same(net.infer(images(), state), net.infer(images())));
    state = net.start();
    CHECK(same(net.step(images(), state), first));
}

TEST_CASE("frames that are all the same train and answer like the image") {
    const NetworkOptions options{.neuron = {.step_dropout = 0}};
    Net net(options);
    FramesNet frames_net(options);
    FramesNet::Images repeated(4, 3, 5, 4, 2);
    for (Index t = 0; t < 4; ++t) {
        repeated.chip(t, 0) = images();
    }
    Net::Tape tape;
    FramesNet::Tape frames_tape;
    check_close(row_of(net.forward(images(), tape)), row_of(frames_net.forward(repeated, frames_tape)));
    net.backward(gradient_of_logits(), tape);
    frames_net.backward(gradient_of_logits(), frames_tape);
    check_close(gradients(net), gradients(frames_net));
    check_close(weights(net), weights(frames_net));
    check_close(row_of(net.infer(images())), row_of(frames_net.infer(repeated)));
}

TEST_CASE("in evaluation the logits of an image do not depend on its batch") {
    Net net(NetworkOptions{});
    train_once(net, images());
    const auto together = net.infer(images());
    for (Index n = 0; n < 3; ++n) {
        const Net::Images one =
            images().slice(Eigen::DSizes<Index, 4>{n, 0, 0, 0}, Eigen::DSizes<Index, 4>{1, 5, 4, 2});
        const auto alone = net.infer(one);
        for (Index c = 0; c < 3; ++c) {
            CHECK_THAT(alone(0, c), WithinAbs(together(n, c), 1e-12));
        }
    }
}

TEST_CASE("a batch of one image trains") {
    Net net(NetworkOptions{});
    Net::Tape tape;
    const auto logits = net.forward(images(1), tape);
    CHECK(logits.dimension(0) == 1);
    net.backward(gradient_of_logits(1), tape);
    for (const double value : gradients(net)) {
        CHECK(std::isfinite(value));
    }
}

TEST_CASE("the batch may change from one forward to the next") {
    Net net(NetworkOptions{.neuron = {.step_dropout = 0}});
    Net::Tape used, fresh;
    net.forward(images(5), used);
    net.forward(images(2), used);
    CHECK(same(net.forward(images(3), used), net.forward(images(3), fresh)));
}

TEST_CASE("frames of another number of steps than the network has are an error") {
    const FramesNet net(NetworkOptions{});
    FramesNet::Tape tape;
    State<FramesNet> state = net.start();
    const std::string expected =
        "staa::Network: the frames [T, N, H, W, C] have T = 3 and N = 4, but the network was built for 4 steps; are T "
        "and "
        "N exchanged? NetworkOptions::any_steps = true allows another T";
    REQUIRE_THROWS_WITH(net.forward(frames(3, 4), tape), expected);
    REQUIRE_THROWS_WITH(net.forward_steps(frames(3, 4), tape), expected);
    REQUIRE_THROWS_WITH(net.infer(frames(3, 4)), expected);
    REQUIRE_THROWS_WITH(net.infer(frames(3, 4), state), expected);
    REQUIRE_THROWS_WITH(net.infer(frames(5, 3)), contains_text("built for 4 steps; NetworkOptions::any_steps"));
}

TEST_CASE("a network of any steps takes fewer frames as a shorter stream, and refuses more than its encoding has") {
    const FramesNet net(NetworkOptions{.any_steps = true});
    FramesNet::Tape tape;
    State<FramesNet> state = net.start();
    const FramesNet::Logits at_once = net.infer(frames(2));
    CHECK(net.forward(frames(2), tape).dimension(0) == 3);
    CHECK(net.forward_steps(frames(2), tape).dimension(0) == 2);
    net.step(frames(2).chip(0, 0), state);
    CHECK(same(net.step(frames(2).chip(1, 0), state), at_once));
    REQUIRE_THROWS_WITH(net.infer(frames(5)), contains_text("step 5 was asked for, but the network was built with 4"));
    REQUIRE_THROWS_WITH(net.forward(frames(5), tape), contains_text("step 5 was asked for"));
}

TEST_CASE("without values per step a stream goes on beyond the steps of its network") {
    using Plain = Network<Frames<2, 5, 4, double>, Conv2d<8>, BatchNorm, Lif<>, GlobalAvgPool, Linear<3>>;
    const Plain net(NetworkOptions{.steps = 2});
    State<Plain> state = net.start();
    for (Index t = 0; t < 5; ++t) {
        net.step(frames().chip(0, 0), state);
    }
    CHECK(state.steps() == 5);
}

TEST_CASE("a network reads a tensor in the caller's memory, and computes an expression first") {
    const Net net(NetworkOptions{});
    const Net::Images whole = images();
    std::vector<double> own(whole.data(), whole.data() + whole.size());
    const auto expected = net.infer(whole);
    CHECK(same(net.infer(TensorView<double, 4>(own.data(), 3, 5, 4, 2)), expected));
    CHECK(same(net.infer(TensorView<const double, 4>(own.data(), 3, 5, 4, 2)), expected));
    CHECK(same(net.infer(whole * 1.0), expected));
}

TEST_CASE("a step beyond the encoded ones is an error that says what to do") {
    const Net net(NetworkOptions{.steps = 1});
    State<Net> state = net.start();
    net.step(images(), state);
    REQUIRE_THROWS_WITH(net.step(images(), state), contains_text("begin a new stream with start()"));
}

TEST_CASE("a stream that has failed begins anew") {
    const Net net(NetworkOptions{.steps = 1});
    State<Net> state = net.start(), fresh = net.start();
    net.step(images(), state);
    REQUIRE_THROWS(net.step(images(), state));
    CHECK(state.steps() == 0);
    CHECK(same(net.step(images(), state), net.step(images(), fresh)));
}

TEST_CASE("images of another shape are an error that names both") {
    const Net net(NetworkOptions{});
    Net::Tape tape;
    const std::string expected =
        "staa::Network: the images are [3, 2, 5, 4]; expected [N, 5, 4, 2] with at least one image";
    REQUIRE_THROWS_WITH(net.forward(drawn<4>(1, 3, 2, 5, 4), tape), expected);
    REQUIRE_THROWS_WITH(net.infer(drawn<4>(1, 3, 2, 5, 4)), expected);
    REQUIRE_THROWS_WITH(net.infer(images(0)), contains_text("[0, 5, 4, 2]"));
    const FramesNet frames_net(NetworkOptions{});
    REQUIRE_THROWS_WITH(
        frames_net.infer(drawn<5>(1, 4, 3, 4, 5, 2)),
        "staa::Network: the images are [4, 3, 4, 5, 2]; expected [T, N, 5, 4, 2] with at least one image");
}

TEST_CASE("backward without a forward, or with another gradient than the logits had, is an error") {
    Net net(NetworkOptions{});
    Net::Tape tape;
    REQUIRE_THROWS_WITH(net.backward(gradient_of_logits(), tape),
                        "staa::Network::backward: the tape is empty; call forward with it first");
    net.forward(images(), tape);
    REQUIRE_THROWS_WITH(net.backward(gradient_of_logits(2), tape),
                        "staa::Network::backward: the gradient is [2, 3], but the logits were [3, 3]");
}

TEST_CASE("options that make no network are errors") {
    const auto nan = std::numeric_limits<double>::quiet_NaN();
    REQUIRE_THROWS_WITH(Net(NetworkOptions{.steps = 0}), "staa::Network: 0 steps; at least 1 is needed");
    REQUIRE_THROWS_WITH(Net(NetworkOptions{.steps = Index{1} << 58}), contains_text("at most 2147483647 are possible"));
    REQUIRE_THROWS_WITH(Net(NetworkOptions{.neuron = {.surrogate_width = 0}}),
                        "staa::Network: surrogate_width is 0; it must be above 0 and finite");
    REQUIRE_THROWS_AS(Net(NetworkOptions{.neuron = {.surrogate_width = nan}}), Error);
    REQUIRE_THROWS_WITH(Net(NetworkOptions{.neuron = {.step_dropout = 1.5}}),
                        "staa::Network: step_dropout is 1.5; a probability lies in [0, 1]");
    REQUIRE_THROWS_AS(Net(NetworkOptions{.neuron = {.step_dropout = nan}}), Error);
}

TEST_CASE("parameters are visited by their dotted names, and counted") {
    const Net net(NetworkOptions{});
    std::vector<std::string> names;
    Index count = 0;
    net.visit([&](const ParameterName& name, const auto& parameter) {
        names.push_back(name.text);
        count += parameter.size();
    });
    CHECK(names.front() == "0.weight");
    CHECK(names[1] == "1.weight");
    CHECK(names.back() == "6.bias");
    CHECK(std::find(names.begin(), names.end(), "2.gc.key.weight") != names.end());
    CHECK(std::find(names.begin(), names.end(), "3.0.weight") != names.end());
    CHECK(net.parameter_count() == count);
}

TEST_CASE("a forward that failed leaves a tape that backward refuses") {
    FramesNet net(NetworkOptions{.any_steps = true});
    FramesNet::Tape tape;
    net.forward(frames(), tape);
    REQUIRE_THROWS_AS(net.forward(frames(5), tape), Error);
    REQUIRE_THROWS_WITH(net.backward(gradient_of_logits(), tape), contains_text("the tape is empty"));
}

TEST_CASE("a stream follows the network's weights: through a visit, the layers, a training step, another network") {
    Net net(NetworkOptions{}), other(NetworkOptions{.seed = 2});
    State<Net> state = net.start();
    const auto first = net.infer(images(), state);
    CHECK(same(net.infer(images(), state), first));

    net.visit([](const ParameterName&, auto& parameter) { parameter = parameter * 1.5; });
    const auto visited = net.infer(images(), state);
    CHECK_FALSE(same(visited, first));
    CHECK(same(visited, net.infer(images())));

    net.layer<"1">().statistics.mean.setConstant(0.5);  // batch norm is in the convolution's packed weights
    const auto shifted = net.infer(images(), state);
    CHECK_FALSE(same(shifted, visited));
    CHECK(same(shifted, net.infer(images())));

    train_once(net, images());
    CHECK(same(net.infer(images(), state), net.infer(images())));
    CHECK(same(other.infer(images(), state), other.infer(images())));
    net = other;
    CHECK(same(net.infer(images(), state), other.infer(images())));
}

TEST_CASE("a stream of a network without neurons must keep its batch too") {
    using Linear3 = Network<Image<2, 5, 4, double>, GlobalAvgPool, Linear<3>>;
    const Linear3 net(NetworkOptions{});
    State<Linear3> state = net.start();
    net.step(images(3), state);
    REQUIRE_THROWS_WITH(net.step(images(1), state), contains_text("a stream of 3 images was continued with 1"));
}

TEST_CASE("the mean of a stream stays right after twenty million steps") {
    Arena arena;
    Analog<float> y;
    y.resize(arena, {1, 1, 1, 1, 2});
    y.data()[0] = 1.0f;
    y.data()[1] = 0.9f;
    detail::RunningLogits<float> logits;
    const auto mean = logits.add(y, 20000000);
    CHECK(mean(0, 0) == 1.0f);
    CHECK_THAT(mean(0, 1), WithinAbs(0.9, 1e-7));
}
