// SPDX-License-Identifier: MIT
// VGG-13 and blocks of other kinds: fused blocks compute what their layers compute one by one.
#include "fusion/fused_and_plain.hpp"
#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"

using namespace staa_tests;

TEST_CASE("VGG-13 gives the same fused and layer by layer") {
    CHECK(largest_difference<Vgg13On<Small, 4, 10, Ramps>>() < 1e-9);
}

TEST_CASE("position encoding around the convolution gives the same fused and layer by layer") {
    CHECK(largest_difference<ResNet20On<Small, 4, 10, Ramps, EncodingConvBn, RampStem>>() < 1e-9);
    CHECK(largest_difference<Vgg13On<Small, 4, 10, Ramps, ConvEncodingBn>>() < 1e-9);
}

TEST_CASE("neurons right behind a convolution give the same to the bit, fused and layer by layer") {
    using Net = Network<Frames<3, 16, 16>, Conv2d<8>, StaaLif<>, Conv2d<8>, Lif<>, GlobalAvgPool, Linear<4>>;
    CHECK(largest_difference<Net>(3) == 0);
}

TEST_CASE("a sum of convolutions with neurons behind it gives the same to the bit, fused and layer by layer") {
    using Net = Network<Frames<3, 16, 16>, Conv2d<8>, Lif<>, Residual<Conv2d<8>, Lif<>, Conv2d<8>>, Lif<>,
                        GlobalAvgPool, Linear<4>>;
    CHECK(largest_difference<Net>(3) == 0);
}

TEST_CASE("spikes as the shortcut of a sum with a batch norm give the same fused and layer by layer") {
    using Net =
        Network<Frames<3, 16, 16, double>, Conv2d<8>, BatchNorm, Lif<>,
                Residual<Conv2d<8>, BatchNorm, Lif<>, Conv2d<8>, BatchNorm>, StaaLif<>, GlobalAvgPool, Linear<4>>;
    CHECK(largest_difference<Net>(3) < 1e-9);
}
