// SPDX-License-Identifier: MIT
// Training keeps its memory: once the first two steps have found their blocks nothing is allocated, however long it runs.
#include <algorithm>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;

using Net = Network<Image<3, 9, 8>, Conv2d<16>, BatchNorm, Lif<>,
                    Residual<Conv2d<24, 3, 2>, BatchNorm, StaaLif<>, Conv2d<24>, BatchNorm,
                             Shortcut<AvgPool<2, 2, 0, Edge::average>, Conv2d<24, 1>, BatchNorm>>,
                    StaaLif<>, GlobalAvgPool, Linear<10>>;

/// Blocks of which each leaves the same for its backward.
template <int Blocks, class... Block>
struct Repeated : Repeated<Blocks - 1, Conv2d<32>, BatchNorm, StaaLif<>, Block...> {};
template <class... Block>
struct Repeated<0, Block...> {
    using type = Network<Frames<32, 16, 16>, Block..., GlobalAvgPool, Linear<10>>;
};

/// Bytes of the tape after a step over 4 images.
template <int Blocks>
double tape_bytes() {
    using Stack = typename Repeated<Blocks>::type;
    auto net = std::make_unique<Stack>(NetworkOptions{.steps = 4});
    Tape<Stack> tape;
    typename Stack::Images frames(4, 4, 16, 16, 32);
    frames.setRandom();
    Labels labels(4);
    labels.setZero();
    net->backward(cross_entropy(net->forward(frames, tape), labels).gradient, tape);
    return static_cast<double>(tape.arena.bytes());
}

}  // namespace

TEST_CASE("a block of convolution, batch norm and neurons keeps the convolution's output and spikes, no other map") {
    constexpr double maps = 4 * 4 * 16 * 16 * 32 * sizeof(float);
    const double a_block = (tape_bytes<8>() - tape_bytes<4>()) / 4;
    CHECK(a_block > 1.0 * maps);
    CHECK(a_block < 1.5 * maps);
}

TEST_CASE("from the third training step on nothing is allocated in the tape's arena") {
    Net net(NetworkOptions{});
    Sgd<Net> sgd(SgdOptions{});
    Tape<Net> tape;
    Net::Images images(6, 9, 8, 3);
    Labels labels(6);
    labels.setZero();
    const auto step = [&] {
        images.setRandom();
        net.backward(cross_entropy(net.forward(images, tape), labels).gradient, tape);
        sgd.step(net);
        return tape.arena.bytes();
    };
    const std::size_t after_first = step(), after_second = step();
    CHECK(after_first > 0);
    CHECK(after_second < after_first + after_first / 50);
    for (int further = 0; further < 5; ++further) {
        CHECK(step() == after_second);
    }
}

TEST_CASE("a state and a tape that are used for many batches hold at most twice the memory of the largest one") {
    Net net(NetworkOptions{});
    const auto images = [](Index count) {
        Net::Images values(count, 9, 8, 3);
        Random random(1);
        std::generate_n(values.data(), values.size(), [&] { return static_cast<float>(random.normal()); });
        return values;
    };
    const auto train = [&](Index count, Tape<Net>& tape) {
        Net::Logits d_logits(count, 10);
        d_logits.setConstant(0.1f);
        net.forward(images(count), tape);
        net.backward(d_logits, tape);
    };
    constexpr Index largest = 16;
    State<Net> fresh_state = net.start(), state = net.start();
    net.infer(images(largest), fresh_state);
    Tape<Net> fresh_tape, tape;
    train(largest, fresh_tape);
    train(largest, fresh_tape);
    for (Index i = 0; i < 40; ++i) {
        const Index count = i < largest ? i + 1 : 1 + i * 7 % largest;
        net.infer(images(count), state);
        train(count, tape);
        CHECK(state.memory() <= 2 * fresh_state.memory());
        CHECK(tape.arena.bytes() <= 2 * fresh_tape.arena.bytes());
    }
}
