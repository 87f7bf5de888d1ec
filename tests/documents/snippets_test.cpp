// SPDX-License-Identifier: MIT
// The blocks of C++ in README and docs that are no part of an example. quotes_test.cpp compares them.
#include <staa/data/event_loader.hpp>
#include <staa/data/nmnist.hpp>
#include <staa/io/safetensors.hpp>
#include <staa/staa.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace staa;

using Net = Network<Image<3, 8, 8>, Conv2d<4>, BatchNorm, Lif<>, GlobalAvgPool, Linear<2>>;

/// Runs in a folder of its own, with the files that the snippets name.
class WithinFolder {
 public:
    WithinFolder() : before_(std::filesystem::current_path()) { std::filesystem::current_path(folder_.path()); }
    ~WithinFolder() { std::filesystem::current_path(before_); }

 private:
    const staa_tests::TemporaryFolder folder_;
    std::filesystem::path before_;
};

// docs/model.md, a surrogate of one's own
// [surrogate]
struct Parabola {  // dS/dU = 3/4 (1 - (d/a)²) / a where |d| < a, else 0
    template <class V, class Constants>
    static V slope(V distance, const Constants& neuron) {
        const V x = distance * V(1 / neuron.surrogate_width);
        return larger_of(V(1) - x * x, V(0)) * V(3 / (4 * neuron.surrogate_width));
    }
};
using Neuron = staa::StaaLif<staa::Staa{}, Parabola>;
// [/surrogate]

// docs/data.md; there are no recordings here, so it is compiled and not run
[[maybe_unused]] void load_digits() {
    // [digits]
    const auto digits = staa::NMnist::open("N-MNIST", staa::Split::train);
    staa::EventLoader loader{digits, {.batch = 32, .seed = 1, .frames = {.steps = 8}, .augmentation = {.roll = 2}}};
    for (auto&& [frames, labels] : loader.epoch(0)) {
        std::printf("%td recordings\n", labels.size());  // frames [T, N, H, W, 2], labels [N]
    }
    // [/digits]
}

}  // namespace

TEST_CASE("README: a stream, a layer by its name, the plan, a file of weights") {
    const WithinFolder within;
    Net net{{.steps = 2}};
    Tensor<float, 4> frame(1, 8, 8, 3);
    frame.setConstant(1.0f);
    // [stream]
    State<Net> state = net.start();           // a stream: one frame [N, H, W, C] in, the mean of the logits so far out
    auto so_far = net.step(frame, state);     // the next frame goes on from here
    net.layer<"2">().neuron.threshold = 0.5;  // a layer by its name
    std::fputs(plan<Net>().c_str(), stdout);  // what runs as one: "0+1+2: convolution + norm + neurons; .."
    save(net, "net.safetensors");             // staa/io/safetensors.hpp; PyTorch reads it
    // [/stream]
    CHECK(so_far.dimension(1) == 2);
    CHECK(std::filesystem::exists("net.safetensors"));
}

TEST_CASE("README: weights go to a file of PyTorch and back") {
    const WithinFolder within;
    staa::save(staa::ResNet20<64, 10>{{.steps = 4, .seed = 7}}, "resnet20.safetensors");
    // [weights]
    staa::ResNet20<64, 10> net{{.steps = 4}};
    staa::load(net, "resnet20.safetensors");  // strict: every tensor that does not fit is named, and nothing is changed
    staa::save(net, "again.safetensors");     // safetensors.torch.load_file reads it
    // [/weights]
    CHECK(std::filesystem::file_size("again.safetensors") == std::filesystem::file_size("resnet20.safetensors"));
}

TEST_CASE("docs/training.md: fine-tuning") {
    const WithinFolder within;
    save(Network<Image<3, 8, 8>, Named<"body", Sequential<Conv2d<4>, BatchNorm, Lif<>>>, GlobalAvgPool,
                 Named<"fc", Linear<100>>>{{.steps = 2, .seed = 3}},
         "hundred_classes.safetensors");
    // [fine-tuning]
    using Body = staa::Named<"body", staa::Sequential<staa::Conv2d<4>, staa::BatchNorm, staa::Lif<>>>;
    using Head = staa::Named<"fc", staa::Linear<5>>;
    staa::Network<staa::Image<3, 8, 8>, Body, staa::GlobalAvgPool, Head> net{{.steps = 2}};
    staa::LoadReport report = staa::load_what_fits(net, "hundred_classes.safetensors");
    std::printf("loaded %td, left out:%s\n", report.loaded, report.text().c_str());  // fc.weight and fc.bias
    staa::freeze_batch_norms(net, "body.");
    staa::Sgd<decltype(net)> sgd{{.learning_rate = 0.01, .groups = {staa::frozen(staa::begins_with("body."))}}};
    // [/fine-tuning]
    CHECK(report.misshapen.size() == 2);
    CHECK(report.loaded >= 6);
    CHECK_NOTHROW(sgd.step(net));
}

TEST_CASE("docs/model.md: a network learns with a surrogate of one's own") {
    Network<Frames<2, 4, 4>, Conv2d<4>, BatchNorm, Neuron, GlobalAvgPool, Linear<2>> net{{.steps = 2, .seed = 1}};
    Tensor<float, 5> frames(2, 3, 4, 4, 2);
    Random random(1);
    std::generate_n(frames.data(), frames.size(), [&] { return static_cast<float>(random.normal()); });
    Tape<decltype(net)> tape;
    net.backward(net.forward(frames, tape), tape);
    double of_convolution = 0;
    net.visit(
        [&](const ParameterName& name, const auto&, const auto& gradient) {
            for (Index i = 0; i < gradient.size() && name.text == "0.weight"; ++i) {
                of_convolution += std::abs(static_cast<double>(gradient.data()[i]));
            }
        },
        net.gradients);
    CHECK(of_convolution > 0);  // it went through the neurons
}
