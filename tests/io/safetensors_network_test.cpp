// SPDX-License-Identifier: MIT
// Weights of a real network to a file and back.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "staa/core/random.hpp"
#include "staa/io/safetensors.hpp"
#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using staa::Index;
using staa::Named;
using staa::Safetensors;
using staa_tests::TemporaryFolder;

template <class Real, int Classes = 3>
using Net = staa::Network<staa::Image<3, 8, 8, Real>, staa::Conv2d<4>, staa::BatchNorm, staa::Lif<>, staa::Conv2d<8>,
                          staa::BatchNorm, staa::StaaLif<>, staa::GlobalAvgPool, Named<"fc", staa::Linear<Classes>>>;

template <class AnyNet>
typename AnyNet::Images random_images() {
    typename AnyNet::Images images(2, 8, 8, 3);
    staa::Random random(9);
    for (Index i = 0; i < images.size(); ++i) {
        images.data()[i] = static_cast<typename AnyNet::Scalar>(random.uniform(-2, 2));
    }
    return images;
}

/// A network whose weights, running averages and counters are all random.
template <class AnyNet>
AnyNet scrambled() {
    AnyNet net{{.steps = 2, .seed = 5}};
    staa::Random random(6);
    const auto scramble = [&](const staa::ParameterName&, auto& values) {
        if constexpr (requires { values.data(); }) {
            for (Index i = 0; i < values.size(); ++i) {
                values.data()[i] += static_cast<typename AnyNet::Scalar>(random.uniform(0, 0.5));
            }
        } else {
            values = static_cast<std::int64_t>(random.below(1000)) + 1;
        }
    };
    net.visit(scramble);
    net.visit_statistics(scramble);
    return net;
}

template <class Real>
std::vector<Real> logits_of(const Net<Real>& net) {
    const auto logits = net.infer(random_images<Net<Real>>());
    return std::vector<Real>(logits.data(), logits.data() + logits.size());
}

}  // namespace

TEMPLATE_TEST_CASE("a network that is saved and loaded gives the same logits", "[safetensors]", float, double) {
    const TemporaryFolder folder;
    const auto saved = scrambled<Net<TestType>>();
    staa::save(saved, folder / "net");
    Net<TestType> loaded{{.steps = 2, .seed = 7}};
    REQUIRE(logits_of(loaded) != logits_of(saved));
    staa::load(loaded, folder / "net");
    CHECK(logits_of(loaded) == logits_of(saved));

    staa::save(loaded, folder / "again");
    const auto bytes = [&](const char* name) {
        std::ifstream file(folder / name, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    CHECK(bytes("again") == bytes("net"));
}

TEST_CASE("weights saved from a network of floats are loaded into a network of doubles", "[safetensors]") {
    const TemporaryFolder folder;
    const auto saved = scrambled<Net<float>>();
    staa::save(saved, folder / "net");
    Net<double> loaded{{.steps = 2, .seed = 7}};
    staa::load(loaded, folder / "net");
    CHECK(loaded.template layer<"0">().parameters.weight(1, 2, 0, 3) ==
          static_cast<double>(saved.template layer<"0">().parameters.weight(1, 2, 0, 3)));
}

TEST_CASE("every weight of a network is in the file under its name in PyTorch", "[safetensors]") {
    const TemporaryFolder folder;
    staa::save(scrambled<Net<float>>(), folder / "net");
    const Safetensors file = Safetensors::open(folder / "net");
    std::set<std::string> names;
    for (const auto& [name, tensor] : file.tensors()) {
        names.insert(name);
    }
    const std::set<std::string> expected{"0.weight",
                                         "1.weight",
                                         "1.bias",
                                         "1.running_mean",
                                         "1.running_var",
                                         "1.num_batches_tracked",
                                         "2.M",
                                         "2.N",
                                         "3.weight",
                                         "4.weight",
                                         "4.bias",
                                         "4.running_mean",
                                         "4.running_var",
                                         "4.num_batches_tracked",
                                         "5.M",
                                         "5.N",
                                         "5.pe",
                                         "5.gc.key.weight",
                                         "5.gc.key.bias",
                                         "5.gc.query.weight",
                                         "5.gc.query.bias",
                                         "5.gc.norm.weight",
                                         "5.gc.norm.bias",
                                         "5.gc.value.weight",
                                         "5.gc.value.bias",
                                         "5.sa.reduce.weight",
                                         "5.sa.expand.weight",
                                         "fc.weight",
                                         "fc.bias"};
    CHECK(names == expected);
    CHECK(file.at("0.weight").shape == std::vector<Index>{4, 3, 3, 3});
    CHECK(file.at("5.pe").shape == std::vector<Index>{2, 8, 1, 1});
    CHECK(file.at("5.gc.query.weight").shape == std::vector<Index>{2, 8, 1, 1});
    CHECK(file.at("fc.weight").shape == std::vector<Index>{3, 8});
}

TEST_CASE("a file of a network with another number of classes or steps is refused, and the error says so first",
          "[safetensors]") {
    const TemporaryFolder folder;
    staa::save(scrambled<Net<float, 5>>(), folder / "net");
    Net<float> net{{.steps = 3, .seed = 7}};
    const auto before = logits_of(net);
    std::string message;
    try {
        staa::load(net, folder / "net");
    } catch (const staa::Error& error) {
        message = error.what();
    }
    CHECK(message ==
          (folder / "net").string() +
              ": made for 2 time steps, this network has 3: construct it with {.steps = 2}, or give --steps 2\n"
              "  made for 5 classes, this network has 3: load_what_fits leaves such a head out\n"
              "  these tensors do not fit the network, which stays as it was:\n  of another shape (3): \"5.pe\" is "
              "[2, 8, 1, 1], expected [3, 8, 1, 1], \"fc.weight\" is [5, 8], expected [3, 8], \"fc.bias\" is [5], "
              "expected [3]");
    CHECK(logits_of(net) == before);
}

TEST_CASE("a network for other classes takes all but its head from a file", "[safetensors]") {
    const TemporaryFolder folder;
    const auto saved = scrambled<Net<float, 5>>();
    staa::save(saved, folder / "net");
    Net<float> net{{.steps = 2, .seed = 7}};
    const auto head = net.layer<"fc">().parameters.weight;
    const staa::LoadReport report = staa::load_what_fits(net, folder / "net");
    CHECK(report.loaded == 27);
    REQUIRE(report.misshapen.size() == 2);
    CHECK(report.misshapen[0].name == "fc.weight");
    CHECK(report.misshapen[1].name == "fc.bias");
    CHECK(report.missing.empty());
    CHECK(report.unknown.empty());
    CHECK(net.layer<"0">().parameters.weight(1, 2, 0, 3) == saved.layer<"0">().parameters.weight(1, 2, 0, 3));
    CHECK(net.layer<"4">().statistics.batches == saved.layer<"4">().statistics.batches);
    CHECK(std::equal(head.data(), head.data() + head.size(), net.layer<"fc">().parameters.weight.data()));
}

TEST_CASE("loading refuses a running variance below 0, whose root would be NaN", "[safetensors]") {
    const TemporaryFolder folder;
    auto saved = scrambled<Net<float>>();
    saved.layer<"4">().statistics.variance(5) = -0.5f;
    staa::save(saved, folder / "a");
    auto loaded = scrambled<Net<float>>();
    const auto text = staa_tests::contains_text(
        "tensor \"4.running_var\" has the value -0.5 at position 5; expected finite numbers of 0 or more");
    CHECK_THROWS_WITH(staa::load(loaded, folder / "a"), text);
    CHECK_THROWS_WITH(staa::load_what_fits(loaded, folder / "a"), text);
}
