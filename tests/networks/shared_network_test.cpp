// SPDX-License-Identifier: MIT
// Several threads of a program use one network. ThreadSanitizer runs this file, too: tests/thorough.sh, stage tsan.
#include <algorithm>
#include <thread>
#include <vector>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/dropout.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/named.hpp"
#include "staa/networks/network.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;

using Net = Network<Image<2, 8, 8>, Conv2d<8>, BatchNorm, StaaLif<>, Named<"first", Dropout>, Conv2d<8>, BatchNorm,
                    Lif<>, Named<"second", Dropout>, GlobalAvgPool, Linear<3>>;

Net::Images images(std::uint64_t seed) {
    Net::Images drawn(4, 8, 8, 2);
    Random random(seed);
    std::generate_n(drawn.data(), drawn.size(), [&] { return static_cast<float>(random.normal()); });
    return drawn;
}

void append(const Net::Logits& logits, std::vector<float>& all) {
    all.insert(all.end(), logits.data(), logits.data() + logits.size());
}

/// The logits of all calls that leave a network as it is, with memory of the caller's own.
std::vector<float> logits_of(const Net& net, std::uint64_t seed) {
    std::vector<float> all;
    State<Net> state = net.start(), stream = net.start();
    Tape<Net> tape(seed);
    for (int repetition = 0; repetition < 3; ++repetition) {
        append(net.infer(images(seed)), all);
        append(net.infer(images(seed + 1), state), all);
        append(net.step(images(seed), stream), all);
        append(net.forward(images(seed), tape), all);
    }
    return all;
}

}  // namespace

TEST_CASE("four threads that use one network get the logits that one thread gets") {
    const Net net(NetworkOptions{.steps = 3, .seed = 2});
    std::vector<std::vector<float>> together(4);
    std::vector<std::thread> users;
    for (std::size_t i = 0; i < together.size(); ++i) {
        users.emplace_back([&net, &result = together[i], i] { result = logits_of(net, 10 * i); });
    }
    for (std::thread& user : users) {
        user.join();
    }
    for (std::size_t i = 0; i < together.size(); ++i) {
        CHECK(together[i] == logits_of(net, 10 * i));
    }
}

TEST_CASE("two layers of one kind have options of their own") {
    Net net(NetworkOptions{.steps = 2, .seed = 2, .neuron = {.step_dropout = 0}});
    const auto trained_logits = [&net](double first, double second) {
        net.layer<"first">().probability = first;
        net.layer<"second">().probability = second;
        Tape<Net> tape(3);
        std::vector<float> all;
        append(net.forward(images(1), tape), all);
        return all;
    };
    const auto none = trained_logits(0, 0);
    const auto only_first = trained_logits(0.5, 0), only_second = trained_logits(0, 0.5);
    CHECK(only_first != none);
    CHECK(only_second != none);
    CHECK(only_first != only_second);
    CHECK(net.layer<"first">().probability == 0);
    CHECK(net.layer<"second">().probability == 0.5);
    CHECK(trained_logits(0, 0) == none);
}
