// SPDX-License-Identifier: MIT
// Threads share out work; they never change a result. The sizes are such that convolutions, batch norm, pooling and
// the neurons of the larger maps are split.
#include <vector>

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

#if defined(_OPENMP)

namespace {

using namespace staa;

template <class Neuron, int Width = 32>
using Net =
    Network<Image<3, 16, 16>, Conv2d<Width>, BatchNorm, Neuron, AvgPool<2>,
            Residual<Conv2d<Width>, BatchNorm, Neuron, Conv2d<Width>, BatchNorm>, Neuron, GlobalAvgPool, Linear<10>>;

/// So many threads for as long as this lives.
class Threads {
 public:
    explicit Threads(int count) : before_(threads()) { set_threads(count); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;
    ~Threads() { set_threads(before_); }

 private:
    int before_;
};

template <class AnyNet>
void append_weights(AnyNet& net, std::vector<float>& all) {
    const auto append = [&](const auto& t) { all.insert(all.end(), t.data(), t.data() + t.size()); };
    net.visit(
        [&](const ParameterName&, auto& parameter, auto& gradient) {
            append(parameter);
            append(gradient);
        },
        net.gradients);
    net.visit_statistics([&](const ParameterName&, auto& tensor) {
        if constexpr (requires { tensor.data(); }) {
            append(tensor);
        }
    });
}

/// All numbers of two training steps and an evaluation: logits, gradients, weights.
template <class AnyNet>
std::vector<float> trained_with(int thread_count, Index count = 16) {
    const Threads threads_of_this_run(thread_count);
    REQUIRE(threads() == thread_count);
    AnyNet net(NetworkOptions{.steps = 2, .seed = 4});
    Sgd<AnyNet> sgd(SgdOptions{});
    Tape<AnyNet> tape(5);
    Random random(6);
    typename AnyNet::Images images(count, 16, 16, 3);
    Labels labels(count);
    std::vector<float> all;
    for (int step = 0; step < 2; ++step) {
        std::generate_n(images.data(), images.size(), [&] { return static_cast<float>(random.normal()); });
        std::generate_n(labels.data(), labels.size(), [&] { return static_cast<int>(random.below(10)); });
        const auto logits = net.forward(images, tape);
        all.insert(all.end(), logits.data(), logits.data() + logits.size());
        net.backward(cross_entropy(logits, labels).gradient, tape);
        append_weights(net, all);
        sgd.step(net);
        append_weights(net, all);
    }
    const auto logits = net.infer(images);
    all.insert(all.end(), logits.data(), logits.data() + logits.size());
    return all;
}

}  // namespace

TEST_CASE("two training steps and an evaluation of StaaLif are the same to the bit with 1, 2 and 3 threads") {
    const auto one = trained_with<Net<StaaLif<>>>(1);
    CHECK(one == trained_with<Net<StaaLif<>>>(2));
    CHECK(one == trained_with<Net<StaaLif<>>>(3));
}

TEST_CASE("nor do threads show where channels fill no whole vector, and images go in threes, in twos or alone") {
    const auto one = trained_with<Net<StaaLif<>, 6>>(1, 3);
    CHECK(one == trained_with<Net<StaaLif<>, 6>>(2, 3));
    CHECK(one == trained_with<Net<StaaLif<>, 6>>(3, 3));
}

TEST_CASE("two training steps and an evaluation of plain LIF are the same to the bit with 1 and 2 threads") {
    CHECK(trained_with<Net<Lif<>>>(1) == trained_with<Net<Lif<>>>(2));
}

#endif
