// SPDX-License-Identifier: MIT
#include "staa/training/health.hpp"

#include <string>
#include <vector>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;

using Net = Network<Image<3, 8, 8>, Conv2d<4>, BatchNorm, Lif<>, Named<"second", Conv2d<4>>, BatchNorm, Lif<>,
                    Named<"third", Conv2d<4>>, BatchNorm, Lif<>, GlobalAvgPool, Linear<2>>;

/// The warnings after some batches. `shifts` are the shifts of the first and of the second batch norm, for each batch.
std::vector<std::string> warnings_with(const std::vector<std::pair<float, float>>& shifts) {
    Net net{{.steps = 2, .seed = 1}};
    Net::Images images(2, 8, 8, 3);
    Random random(1);
    for (Index i = 0; i < images.size(); ++i) {
        images.data()[i] = static_cast<float>(random.normal());
    }
    Tape<Net> tape;
    FiringWatch<Net> watch;
    for (const auto& [first, second] : shifts) {
        net.layer<"1">().parameters.bias.setConstant(first);
        net.layer<"4">().parameters.bias.setConstant(second);
        net.forward(images, tape);
        watch.look(net, tape);
    }
    const std::vector<std::string> warnings = watch.warnings();
    CHECK(watch.warnings().empty());
    return warnings;
}

}  // namespace

TEST_CASE("a layer that is silent in every batch is named, with its rates and what to try") {
    const std::vector<std::string> warnings = warnings_with({{0.0f, -100.0f}, {0.0f, -100.0f}});
    REQUIRE(warnings.size() == 1);
    CHECK(
        warnings[0] ==
        "the neurons before third are silent (0.00 % to 0.00 % of them in 2 batches); try a larger surrogate width, a "
        "lower threshold or a smaller learning rate");
}

TEST_CASE("a layer that fires nearly always is named") {
    const std::vector<std::string> warnings = warnings_with({{100.0f, 0.0f}});
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0], staa_tests::StartsWith("the neurons before second fire nearly always (100.00 %"));
}

TEST_CASE("a layer that is silent in one batch only, and a usual one, are not named") {
    CHECK(warnings_with({{0.0f, 0.0f}, {0.0f, -100.0f}}).empty());
    CHECK(warnings_with({{0.0f, 0.0f}}).empty());
}
