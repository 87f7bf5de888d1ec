// SPDX-License-Identifier: MIT
// The blocks of C++ in docs/concepts.md that are no part of another file. quotes_test.cpp compares them.
#include <staa/staa.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace staa;

using Net = Network<Image<3, 8, 8>, Conv2d<4>, BatchNorm, Lif<>, Named<"early", Dropout>, GlobalAvgPool,
                    Named<"late", Dropout>, Linear<2>>;

void fill(float* values, Index count, std::uint64_t seed) {
    Random random(seed);
    std::generate_n(values, count, [&] { return static_cast<float>(random.normal() + 2); });
}

double largest_difference(const Net::Logits& a, const Net::Logits& b) {
    double largest = 0;
    for (Index i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i])));
    }
    return largest;
}

}  // namespace

TEST_CASE("docs/concepts.md: tensors, views and labels") {
    std::vector<float> pixels(16 * 8 * 8 * 3);
    fill(pixels.data(), static_cast<Index>(pixels.size()), 1);
    const Net net{{.steps = 4}};
    // [tensors]
    staa::Tensor<float, 4> images(16, 8, 8, 3);                         // [N, H, W, C]
    images(0, 2, 5, 1) = 0.5f;                                          // image 0, row 2, pixel 5, green
    staa::TensorView<const float, 4> view(pixels.data(), 16, 8, 8, 3);  // memory of your own, not copied
    auto logits = net.infer(view);                                      // [N, classes]
    staa::Labels labels(16);                                            // [N], each 0 to classes - 1
    labels.setZero();
    Index correct = count_correct(logits, labels);  // of 16 images
    // [/tensors]
    CHECK(correct >= 0);
    CHECK(logits.dimension(0) == 16);
}

TEST_CASE("docs/concepts.md: layers with options of their own") {
    Net net{{.steps = 4}};
    // [options]
    net.layer<"early">().probability = 0.1;   // Named<"early", Dropout>
    net.layer<"late">().probability = 0.5;    // Named<"late", Dropout>
    net.layer<"2">().neuron.threshold = 0.8;  // the third layer
    // [/options]
    CHECK(std::as_const(net).layer<"early">().probability == 0.1);
    CHECK(std::as_const(net).layer<"late">().probability == 0.5);
}

TEST_CASE("docs/concepts.md: statistics that lag are those of the images after some passes without learning") {
    Net net{{.steps = 4, .seed = 1}};
    net.layer<"early">().probability = 0;
    net.layer<"late">().probability = 0;
    Net::Images images(8, 8, 8, 3);
    fill(images.data(), images.size(), 2);
    Tape<Net> tape;
    const double before = largest_difference(net.forward(images, tape), net.infer(images));
    std::vector<float> weights;
    net.visit([&](const ParameterName&, const auto& parameter) {
        weights.insert(weights.end(), parameter.data(), parameter.data() + parameter.size());
    });
    // [statistics]
    for (int pass = 0; pass < 50; ++pass) {
        Net::Logits nothing = net.forward(images, tape);
        nothing.setZero();
        net.backward(nothing, tape);  // gradients of 0: only the running averages change
    }
    // [/statistics]
    const double after = largest_difference(net.forward(images, tape), net.infer(images));
    CHECK(before > 1e-3);
    CHECK(after < 0.1 * before);
    std::vector<float> same;
    net.visit([&](const ParameterName&, const auto& parameter) {
        same.insert(same.end(), parameter.data(), parameter.data() + parameter.size());
    });
    CHECK(same == weights);
}
