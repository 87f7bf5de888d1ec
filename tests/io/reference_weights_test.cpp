// SPDX-License-Identifier: MIT
// Loads weights of the PyTorch reference: a ResNet-20 of width 4 after training, with its running averages and its
// constant M and N (reference/make_weights.py).
#include <algorithm>
#include <string>

#include "staa/io/safetensors.hpp"
#include "staa/networks/resnet.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using Net = ResNet20<4, 10>;

const std::filesystem::path folder = std::filesystem::path(STAA_TEST_DATA_DIR) / "io";

/// The reference's images [N, 3, 32, 32] in the order of the library, [N, 32, 32, 3].
Net::Images reference_images(Safetensors& answers) {
    const std::vector<float> values = answers.values<float>("images");
    Net::Images images(answers.at("images").shape[0], 32, 32, 3);
    for (Index n = 0; n < images.dimension(0); ++n)
        for (Index c = 0; c < 3; ++c)
            for (Index pixel = 0; pixel < 32 * 32; ++pixel)
                images.data()[(n * 32 * 32 + pixel) * 3 + c] =
                    values[static_cast<std::size_t>((n * 3 + c) * 32 * 32 + pixel)];
    return images;
}

}  // namespace

TEST_CASE("weights of the PyTorch reference give the logits of the reference in evaluation") {
    Net net(NetworkOptions{.steps = 2});
    load(net, folder / "reference_weights.safetensors");
    Safetensors answers = Safetensors::open(folder / "reference_answers.safetensors");
    const auto logits = net.infer(reference_images(answers));
    const std::vector<float> expected = answers.values<float>("logits");
    REQUIRE(logits.size() == static_cast<Index>(expected.size()));
    for (Index i = 0; i < logits.size(); ++i) {
        CHECK_THAT(logits.data()[i], Catch::Matchers::WithinAbs(expected[static_cast<std::size_t>(i)], 1e-4));
    }
    CHECK(std::abs(logits(0, 0) - logits(1, 0)) > 1e-2f);  // the two images have different logits
}

TEST_CASE("weights of the PyTorch reference are saved again with the same names, shapes and bits") {
    Net net(NetworkOptions{.steps = 2});
    load(net, folder / "reference_weights.safetensors");
    auto bytes = std::make_unique<std::stringstream>();
    save(net, *bytes);
    Safetensors saved(std::move(bytes), "what was saved");
    Safetensors original = Safetensors::open(folder / "reference_weights.safetensors");
    REQUIRE(saved.tensors().size() == original.tensors().size());
    for (const auto& [name, tensor] : original.tensors()) {
        INFO(name);
        CHECK(saved.at(name).shape == tensor.shape);
        CHECK(saved.at(name).dtype == tensor.dtype);
        if (tensor.dtype == "F32") {
            CHECK(saved.values<float>(name) == original.values<float>(name));
        } else {
            CHECK(saved.values<std::int64_t>(name) == original.values<std::int64_t>(name));
        }
    }
}

TEST_CASE("a network of another width refuses the weights, and says for which width they were made") {
    ResNet20<8, 10, Lif<>> other(NetworkOptions{.steps = 2});
    try {
        load(other, folder / "reference_weights.safetensors");
        FAIL("the weights were taken");
    } catch (const Error& error) {
        const std::string text = error.what();
        CHECK(text.find("made for width 4, this network has width 8\n") != std::string::npos);
        CHECK(text.find("stem.0.layer.0.weight\" is [4, 3, 3, 3], expected [8, 3, 3, 3]") != std::string::npos);
        CHECK(text.find("not in the network (") != std::string::npos);  // the attention: this network has plain LIF
        CHECK(std::count(text.begin(), text.end(), '\n') < 10);
    }
}
