// SPDX-License-Identifier: MIT
#include "staa/analysis/observation.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "analysis/small_networks.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

/// The largest difference of two tensors.
template <class A, class B>
double difference(const A& a, const B& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (Index i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
    }
    return largest;
}

}  // namespace

TEST_CASE("an observation computes the logits that the network computes in evaluation mode") {
    const SmallStaa net = trained_for_a_moment<SmallStaa>();
    const auto frames = random_images<SmallStaa>(3, 2);
    Observation<SmallStaa> seen(net);
    const auto logits = seen.forward(frames);
    SmallStaa::Logits mean = logits.chip(0, 0);
    for (Index t = 1; t < logits.dimension(0); ++t) {
        mean += logits.chip(t, 0);
    }
    mean = (mean * (1.0 / static_cast<double>(logits.dimension(0)))).eval();
    CHECK(difference(mean, net.infer(frames)) < 1e-12);
}

TEST_CASE("an observation shows every layer of a network, in its order, with input and output") {
    const SmallStaa net{{.steps = 3, .seed = 2}};
    Observation<SmallStaa> seen(net);
    seen.forward(random_images<SmallStaa>(3, 2));
    std::vector<std::string> expected, names;
    net.for_each_layer([&](const std::string& name, const auto&) { expected.push_back(name); });
    seen.for_each_layer([&](const auto& layer) {
        using Layer = typename std::remove_cvref_t<decltype(layer)>::Type;
        names.push_back(layer.name);
        CHECK(layer.output.extents() == Layer::Output::extents(3, 2));
        CHECK(layer.input.extents() == Layer::Input::extents(3, 2));
    });
    CHECK(names == expected);
}

TEST_CASE("the gradients of an observation are those of the network with frozen batch norm") {
    SmallStaa net = trained_for_a_moment<SmallStaa>();
    const auto frames = random_images<SmallStaa>(3, 2);
    Observation<SmallStaa> seen(net);
    seen.forward(frames);
    SmallStaa::Logits d_logits(2, 3);
    d_logits.setConstant(0.5);
    seen.backward(d_logits);

    net.for_each_layer([](const std::string&, auto& layer) {
        if constexpr (requires { layer.is_frozen; }) {
            layer.is_frozen = true;
        }
    });
    Tape<SmallStaa> tape;
    tape.draw_dropout = false;
    net.forward(frames, tape);
    net.zero_gradients();
    net.backward(d_logits, tape);
    double largest = 0;
    net.visit(
        [&](const ParameterName& name, const auto&, const auto& of_net, const auto& seen_gradient) {
            INFO(name.text);
            CHECK(difference(of_net, seen_gradient) < 1e-12);
            for (Index i = 0; i < of_net.size(); ++i) {
                largest = std::max(largest, std::abs(of_net.data()[i]));
            }
        },
        net.gradients, seen.gradients);
    CHECK(largest > 1e-3);
}

TEST_CASE("the gradient of a layer's output is the slope of the loss when that output moves") {
    // The last average pool is linear up to the logits: the slope is that of a straight line.
    const SmallStaa net = trained_for_a_moment<SmallStaa>();
    Observation<SmallStaa> seen(net);
    seen.forward(random_images<SmallStaa>(3, 2));
    SmallStaa::Logits d_logits(2, 3);
    d_logits.setZero();
    d_logits(1, 2) = 1;
    seen.backward(d_logits);
    bool found = false;
    seen.for_each_layer([&](const auto& layer) {
        if constexpr (requires { layer.layer.parameters.weight.dimension(1); }) {
            if (layer.name == "fc.") {
                found = true;
                CHECK_THAT(layer.gradient.map(0 * 2 + 1)[2], WithinRel(1.0 / 3, 1e-12));
                CHECK(layer.gradient.map(0 * 2 + 0)[2] == 0);
            }
        }
        if (layer.kind == "global average pooling") {
            // d logit / d input of fc = weight / T.
            const auto& weight = net.template layer<"fc">().parameters.weight;
            for (Index c = 0; c < weight.dimension(0); ++c) {
                CHECK_THAT(layer.gradient.map(2 * 2 + 1)[c], WithinRel(weight(c, 2) / 3, 1e-12));
            }
        }
    });
    CHECK(found);
}

TEST_CASE("an observation refuses images of another shape and a look before forward") {
    const SmallStaa net{{.steps = 3, .seed = 2}};
    Observation<SmallStaa> seen(net);
    CHECK_THROWS_AS(seen.for_each_layer([](const auto&) {}), Error);
    SmallStaa::Logits d_logits(2, 3);
    CHECK_THROWS_AS(seen.backward(d_logits), Error);
    SmallStaa::Images wrong(3, 2, 8, 8, 3);
    CHECK_THROWS_AS(seen.forward(wrong), Error);
}
