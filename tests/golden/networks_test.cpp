// SPDX-License-Identifier: MIT
// Every network against the PyTorch reference, in double to 1e-9.
#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"
#include "support/parity.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

const Checks& checks() {
    using Picture = Image<3, 32, 32, double>;
    static const Checks all{
        {"net_resnet20_w4_t2", check_network<ResNet20On<Picture, 4, 10>>},
        {"net_resnet20_w4_t2_sgd", check_network<ResNet20On<Picture, 4, 10>>},
        {"net_resnet19_w4_t2", check_network<ResNet19On<Picture, 4, 10>>},
        {"net_vgg13_t2", check_network<Vgg13OfWidths<Picture, 10, StaaLif<>, 4, 4, 8, 8, 8>>},
        {"net_resnet18_imagenet_w4_t2", check_network<ResNet18On<Image<3, 64, 64, double>, 4, 10>>},
        {"net_resnet34_w2_t2", check_network<ResNet34On<Picture, 2, 5>>},
        {"net_resnet20_frames_t4", check_network<ResNet20On<Frames<2, 32, 32, double>, 4, 11>>},
    };
    return all;
}

}  // namespace

TEST_CASE("every network computes what the reference computes, and trains as it does, in double to 1e-9") {
    const int checked = check_cases([](const std::string& name) { return name.starts_with("net_"); }, checks(), 1e-9);
    REQUIRE(checked >= 5);
}
