// SPDX-License-Identifier: MIT
// What is fused in every bundled network, held against a text (plans/). A fusion that gets lost shows here, before its speed
// and memory are missed.
#include "staa/networks/plan.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using staa_tests::contains_text;

using Pictures = Image<3, 32, 32>;
using Events = Frames<2, 48, 48>;
using NoEncoding = StaaLif<StaaParts{.position_encoding = Encoding::none}>;

template <class Net>
void check_plan(const char* name) {
    const auto path = std::filesystem::path(STAA_TEST_DATA_DIR) / "fusion" / "plans" / name;
    std::ifstream file(path);
    const std::string expected((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    INFO("the plan is now:\n" << plan<Net>());
    CHECK(plan<Net>() == expected);
}

/// Neurons in a wrapper that states no role.
struct Wrapped {
    template <class In>
    struct at : Lif<>::at<In> {
        using Neurons = typename Lif<>::template at<In>;
        using Neurons::Neurons;
    };
};
/// The same, as neurons.
struct WrappedNeurons : Wrapped {
    static constexpr Role role = Role::neurons;
    static constexpr const char* kind = "wrapped neurons";
};

/// A convolution in a wrapper that states no role.
struct WrappedConvolution {
    template <class In>
    struct at : Conv2d<4>::at<In> {
        using Convolution = typename Conv2d<4>::template at<In>;
        using Convolution::Convolution;
    };
};
/// The same, as a convolution.
struct WrappedWithRole : WrappedConvolution {
    static constexpr Role role = Role::convolution;
    static constexpr const char* kind = "wrapped convolution";
};
template <class Convolution>
using BehindConvolution = Network<Frames<3, 8, 8>, Convolution, BatchNorm, Lif<>, GlobalAvgPool, Linear<2>>;

template <class Neuron>
using Small = Network<Frames<3, 8, 8>, Conv2d<4>, BatchNorm, Neuron, GlobalAvgPool, Linear<2>>;

}  // namespace

TEST_CASE("the plan of ResNet-20") {
    check_plan<ResNet20<64, 100>>("resnet20.txt");
    check_plan<ResNet20<64, 100, Lif<>>>("resnet20.txt");
    check_plan<ResNet20On<Events, 64, 10>>("resnet20_events.txt");
}

TEST_CASE("the plan of ResNet-19") { check_plan<ResNet19<128, 10>>("resnet19.txt"); }

TEST_CASE("the plan of ResNet-18") { check_plan<ResNet18<64, 1000>>("resnet18.txt"); }

TEST_CASE("the plan of ResNet-34") { check_plan<ResNet34<64, 1000>>("resnet34.txt"); }

TEST_CASE("the plan of VGG-13") { check_plan<Vgg13<64, 10>>("vgg13.txt"); }

TEST_CASE("the plan of networks with position encoding around the convolution") {
    check_plan<Vgg13On<Pictures, 64, 10, NoEncoding, EncodingConvBn>>("vgg13_encoding_before.txt");
    check_plan<Vgg13On<Pictures, 64, 10, NoEncoding, ConvEncodingBn>>("vgg13_encoding_between.txt");
}

TEST_CASE("the plan shows that wrapped neurons without a role fall out of the fusion, and with it they stay") {
    CHECK_THAT(plan<Small<Lif<>>>(), contains_text("0+1+2: convolution + norm + neurons; training keeps 1 map"));
    CHECK_THAT(plan<Small<Wrapped>>(), contains_text("0+1: convolution + norm; "));
    CHECK_THAT(plan<Small<Wrapped>>(), contains_text("2: layer without a kind; runs for itself"));
    CHECK_THAT(plan<Small<WrappedNeurons>>(), contains_text("0+1+2: convolution + norm + wrapped neurons; "));
}

TEST_CASE("the plan shows that a wrapped convolution without a role falls out of the fusion, and with it it stays") {
    CHECK_THAT(plan<BehindConvolution<WrappedConvolution>>(),
               contains_text("0: layer without a kind; runs for itself"));
    CHECK_THAT(plan<BehindConvolution<WrappedConvolution>>(), contains_text("1+2: norm + neurons; "));
    CHECK_THAT(plan<BehindConvolution<WrappedWithRole>>(),
               contains_text("0+1+2: wrapped convolution + norm + neurons; "));
}

TEST_CASE("the plan shows that neurons that differ from pixel to pixel run for themselves") {
    using Pixelwise = StaaLif<StaaParts{.encoding_shape = EncodingShape::per_position}>;
    CHECK_THAT(plan<Small<Pixelwise>>(), contains_text("2: neurons, pixel by pixel; runs for itself"));
}
