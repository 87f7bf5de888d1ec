// SPDX-License-Identifier: MIT
#include "staa/analysis/grad_cam.hpp"

#include <cmath>

#include "analysis/small_networks.hpp"
#include "staa/networks/resnet.hpp"
#include "support/catch.hpp"
#include "support/parity.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

}  // namespace

TEST_CASE("Grad-CAM is that of the PyTorch reference, per layer and step, in double to 1e-9") {
    using Net = ResNet20On<Image<3, 32, 32, double>, 4, 10>;
    const GoldenCase c = read_golden(std::filesystem::path(STAA_TEST_DATA_DIR) / "analysis/grad_cam.safetensors");
    const auto net = std::make_unique<Net>(NetworkOptions{.steps = 2});
    load(*net, c);
    Net::Images images(3, 32, 32, 3);
    for_each_map_value(c.at("input.x").shape, [&](Index i, Index j) {
        images.data()[j] = c.at("input.x").values[static_cast<std::size_t>(i)];
    });
    Labels classes(3);
    for (Index n = 0; n < 3; ++n) {
        classes(n) = static_cast<int>(c.at("labels").values[static_cast<std::size_t>(n)]);
    }
    Observation<Net> seen(*net);
    const auto steps = seen.forward(images);
    Net::Logits logits = (steps.chip(0, 0) + steps.chip(1, 0)) * 0.5;
    compare("logits", c.at("output.logits"), Layout::same, logits.data(), logits.size(), 1e-9);
    seen.backward(class_gradient<Net>(classes));
    for (const std::string layer : {"stem.1", "body.1.lif2", "body.4.lif1"}) {
        const StepMaps maps = grad_cam(seen, layer);
        compare("cam." + layer, c.at("cam." + layer), Layout::same, maps.data(), maps.size(), 1e-9);
    }
    seen.for_each_layer([&](const auto& layer) {
        if (layer.name == "body.4.lif1.") {
            compare_maps("gradient of body.4.lif1", c.at("gradient.body.4.lif1"), layer.gradient.data(),
                         layer.gradient.extents().size(), 1e-9);
        }
    });
}

TEST_CASE("spike maps are the share of the channels that fire, and their mean over steps is one map per image") {
    const SmallStaa net = trained_for_a_moment<SmallStaa>();
    Observation<SmallStaa> seen(net);
    seen.forward(random_images<SmallStaa>(3, 2));
    const StepMaps maps = spike_maps(seen, "3.2");
    REQUIRE((maps.dimension(0) == 3 && maps.dimension(1) == 2 && maps.dimension(2) == 4 && maps.dimension(3) == 4));
    seen.for_each_layer([&](const auto& layer) {
        using Layer = typename std::remove_cvref_t<decltype(layer)>::Type;
        if constexpr (Layer::Output::is_spikes) {
            if (layer.name == "3.2.") {
                int fired = 0;
                for (Index c = 0; c < 12; ++c) {
                    fired += layer.output.test((2 * 2 + 1) * 16 + 5, c);
                }
                CHECK_THAT(maps(2, 1, 1, 1), WithinAbs(fired / 12.0, 1e-12));
                const Tensor<double, 0> mean = maps.mean();
                CHECK_THAT(mean(), WithinRel(layer.output.firing_rate(), 1e-12));
            }
        }
    });
    const Tensor<double, 3> mean = mean_over_steps(maps);
    CHECK_THAT(mean(1, 2, 3), WithinAbs((maps(0, 1, 2, 3) + maps(1, 1, 2, 3) + maps(2, 1, 2, 3)) / 3, 1e-12));
}

TEST_CASE("the map of a layer in front of the first neurons is the same at every step") {
    const SmallLif net = trained_for_a_moment<SmallLif>();
    Observation<SmallLif> seen(net);
    seen.forward(random_images<SmallLif>(3, 2));
    const StepMaps maps = spike_maps(seen, "stem.0");
    CHECK(maps.dimension(0) == 3);
    CHECK(maps(0, 1, 4, 5) == maps(2, 1, 4, 5));
}

TEST_CASE("maps are enlarged as by PyTorch's bilinear interpolation") {
    Tensor<double, 3> map(1, 2, 2);
    map.setValues({{{0, 1}, {2, 3}}});
    const Tensor<double, 3> large = enlarged(map, 4, 4);
    // torch.nn.functional.interpolate(.., (4, 4), mode="bilinear", align_corners=False)
    const double expected[4][4] = {{0, .25, .75, 1}, {.5, .75, 1.25, 1.5}, {1.5, 1.75, 2.25, 2.5}, {2, 2.25, 2.75, 3}};
    for (Index y = 0; y < 4; ++y) {
        for (Index x = 0; x < 4; ++x) {
            CHECK_THAT(large(0, y, x), WithinAbs(expected[y][x], 1e-12));
        }
    }
    CHECK_THROWS_AS(enlarged(map, 0, 4), Error);
}

TEST_CASE("the mass inside an object is the share of the map's sum, and a map of zeros has none") {
    Tensor<double, 2> map(2, 2), mask(2, 2), other(2, 3);
    map.setValues({{1, 2}, {3, 4}});
    mask.setValues({{1, 0}, {0, 0.5}});
    CHECK_THAT(mass_inside(map, mask), WithinRel(0.3, 1e-12));
    map.setZero();
    CHECK(std::isnan(mass_inside(map, mask)));
    CHECK_THROWS_AS(mass_inside(map, other), Error);
}

TEST_CASE("Grad-CAM refuses a name that no layer has, a class that is not there, and a look before backward") {
    const SmallLif net{{.steps = 3}};
    Observation<SmallLif> seen(net);
    seen.forward(random_images<SmallLif>(3, 2));
    REQUIRE_THROWS_WITH(grad_cam(seen, "nothing"), contains_text("no layer has the name \"nothing\""));
    REQUIRE_THROWS_WITH(grad_cam(seen, "2"), contains_text("call backward before"));
    Labels classes(2);
    classes.setConstant(3);
    CHECK_THROWS_AS(class_gradient<SmallLif>(classes), Error);
}
