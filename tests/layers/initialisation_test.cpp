// SPDX-License-Identifier: MIT
// Where parameters start: PyTorch's defaults, and what the paper or the reference adds to them.
#include <numeric>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

template <class Description, class In>
auto made(std::uint64_t seed = 1, const Setup& setup = {}) {
    Random random(seed);
    return typename Description::template at<In>(setup, random);
}

/// Uniform in ±bound: nothing beyond it, and of at least 64 values some close to either end.
template <class AnyTensor>
void check_uniform(const AnyTensor& tensor, double bound) {
    REQUIRE(tensor.size() >= 64);
    const auto [low, high] = std::minmax_element(tensor.data(), tensor.data() + tensor.size());
    CHECK(*low >= -bound);
    CHECK(*low < -0.85 * bound);
    CHECK(*high <= bound);
    CHECK(*high > 0.85 * bound);
}

template <class AnyTensor>
bool is_all(const AnyTensor& tensor, double value) {
    return std::all_of(tensor.data(), tensor.data() + tensor.size(), [&](auto v) { return v == value; });
}

}  // namespace

TEST_CASE("Conv2d starts uniform in ±1/sqrt(fan-in), kernel and input channels counted") {
    check_uniform(made<Conv2d<16>, Image<5, 8, 8, double>>().parameters.weight, 1 / std::sqrt(45.0));
}

TEST_CASE("Conv2d can start normal with variance 2/fan-out, kernel and output channels counted") {
    const Setup setup{.initialisation = Initialisation::he_fan_out};
    const auto weight = made<Conv2d<40, 3, 2>, Image<200, 8, 8, double>>(1, setup).parameters.weight;
    double sum = 0, squares = 0, fourth_powers = 0;
    for (Index i = 0; i < weight.size(); ++i) {
        const double scaled = weight.data()[i] / std::sqrt(2.0 / (3 * 3 * 40));
        sum += scaled;
        squares += scaled * scaled;
        fourth_powers += std::pow(scaled, 4);
    }
    // For n = 72,000 normal values the deviations of these means are 0.0037, 0.0053 and 0.037.
    const auto n = static_cast<double>(weight.size());
    CHECK_THAT(sum / n, WithinAbs(0, 0.015));
    CHECK_THAT(squares / n, WithinAbs(1, 0.02));
    CHECK_THAT(fourth_powers / n, WithinAbs(3, 0.15));
}

TEST_CASE("the option of a network reaches its convolutions, and Linear stays uniform") {
    const Network<Image<3, 8, 8, double>, Conv2d<64>, BatchNorm, Lif<>, GlobalAvgPool, Linear<10>> net{
        {.initialisation = Initialisation::he_fan_out}};
    const auto& weight = net.layer<"0">().parameters.weight;
    const double variance = std::inner_product(weight.data(), weight.data() + weight.size(), weight.data(), 0.0) /
                            static_cast<double>(weight.size());
    CHECK_THAT(variance, WithinRel(2.0 / (9 * 64), 0.15));  // uniform ones have 1 / 81
    check_uniform(net.layer<"4">().parameters.weight, 1 / 8.0);
}

TEST_CASE("Linear starts uniform in ±1/sqrt(fan-in), the bias too") {
    const auto layer = made<Linear<100>, Image<9, 1, 1, double>>();
    check_uniform(layer.parameters.weight, 1 / 3.0);
    check_uniform(layer.parameters.bias, 1 / 3.0);
}

TEST_CASE("BatchNorm starts with weight 1, bias 0, mean 0 and variance 1") {
    const auto layer = made<BatchNorm, Image<5, 8, 8>>();
    CHECK(is_all(layer.parameters.weight, 1));
    CHECK(is_all(layer.parameters.bias, 0));
    CHECK(is_all(layer.statistics.mean, 0));
    CHECK(is_all(layer.statistics.variance, 1));
    CHECK(layer.statistics.batches == 0);
}

TEST_CASE("StaaLif starts with M at the leak, N at 1, no encoding and global context's value at 0") {
    Setup setup{.steps = 6};
    setup.neuron.leak = 0.5;
    const auto layer = made<StaaLif<>, Frames<64, 3, 3>>(1, setup);
    CHECK(is_all(layer.adaptive.leak, 0.5));
    CHECK(is_all(layer.adaptive.gain, 1));
    CHECK(layer.encoding.parameters.pe.dimension(0) == 6);
    CHECK(is_all(layer.encoding.parameters.pe, 0));
    CHECK(is_all(layer.context.parameters.value_weight, 0));
    CHECK(is_all(layer.context.parameters.value_bias, 0));
    CHECK(is_all(layer.context.parameters.norm_weight, 1));
    CHECK(is_all(layer.context.parameters.norm_bias, 0));
    check_uniform(layer.context.parameters.key_weight, 1 / 8.0);
    check_uniform(layer.context.parameters.query_weight, 1 / 8.0);
    check_uniform(layer.attention.parameters.reduce, 1 / 8.0);
    check_uniform(layer.attention.parameters.expand, 1 / 4.0);
}

TEST_CASE("the same seed gives the same parameters, another seed others") {
    const auto weights = [](std::uint64_t seed) {
        const auto layer = made<Conv2d<4>, Image<3, 8, 8>>(seed);
        const auto& w = layer.parameters.weight;
        return std::vector<float>(w.data(), w.data() + w.size());
    };
    CHECK(weights(5) == weights(5));
    CHECK(weights(5) != weights(6));
}
