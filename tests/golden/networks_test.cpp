// SPDX-License-Identifier: MIT
// Every network against the PyTorch reference, in double to 1e-9.
#include <functional>

#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"
#include "support/parity.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

using Check = void (*)(const GoldenCase&, double);

const std::map<std::string, Check>& checks() {
    using Picture = Image<3, 32, 32, double>;
    static const std::map<std::string, Check> all{
        {"net_resnet20_w4_t2", check_network<ResNet20On<Picture, 4, 10>>},
        {"net_resnet20_w4_t2_sgd", check_network<ResNet20On<Picture, 4, 10>>},
        {"net_resnet19_w4_t2", check_network<ResNet19On<Picture, 4, 10>>},
        {"net_vgg13_t2", check_network<Vgg13On<Picture, 10, StaaLif<>, 4, 4, 8, 8, 8>>},
        {"net_resnet18_imagenet_w4_t2", check_network<ResNet18On<Image<3, 64, 64, double>, 4, 10>>},
        {"net_resnet20_frames_t4", check_network<ResNet20On<Frames<2, 32, 32, double>, 4, 11>>},
    };
    return all;
}

}  // namespace

TEST_CASE("every network computes what the reference computes, and trains as it does, in double to 1e-9") {
    int checked = 0;
    for (const auto& file : golden_files()) {
        if (!file.stem().string().starts_with("net_"))
            continue;
        const GoldenCase c = read_golden(file);
        INFO(file.string());
        REQUIRE(checks().contains(c.name()));
        checks().at(c.name())(c, 1e-9);
        ++checked;
    }
    REQUIRE(checked >= 4);
}
