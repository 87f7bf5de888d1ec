// SPDX-License-Identifier: MIT
// Max pooling and dropout against PyTorch (make_layer_cases.py): output and gradient.
#include "golden/blocks.hpp"
#include "staa/layers/dropout.hpp"
#include "staa/layers/max_pool.hpp"

namespace staa_tests {
namespace {

/// Prepares nothing: the layer and its tape as they are built.
struct AsBuilt {
    template <class Layer>
    void operator()(const GoldenCase&, Layer&, typename Layer::Tape&, const Call&) const {}
};

/// A layer without parameters on input.x, after `prepare`, to a relative tolerance.
template <class Layer, class Prepare>
void check_layer(const GoldenCase& c, double tolerance, const Prepare& prepare) {
    const std::vector<Index>& shape = c.at("input.x").shape;
    REQUIRE(shape ==
            std::vector<Index>{shape[0], shape[1], Layer::Input::channels, Layer::Input::height, Layer::Input::width});
    Arena arena;
    const Call call{shape[0], shape[1], arena, nullptr};
    Layer layer;
    typename Layer::Tape tape;
    prepare(c, layer, tape, call);
    SignalOf<typename Layer::Input> x;
    x.resize(arena, Layer::Input::extents(shape[0], shape[1]));
    fill(x, c.at("input.x"));
    SignalOf<typename Layer::Output> y;
    layer.forward(x, y, tape, call);
    const std::vector<double> values = values_of(y);
    compare_maps("output.y", c.at("output.y"), values.data(), static_cast<Index>(values.size()), tolerance);

    using Scalar = typename Layer::Scalar;
    Analog<Scalar> dy, dx;
    dy.resize(arena, y.extents());
    fill(dy, c.at("cotangent.y"));
    Nothing gradients;
    layer.backward(x, dy, &dx, gradients, tape, call);
    compare_maps("grad.x", c.at("grad.x"), dx.data(), dx.extents().size(), tolerance);
}

/// In double and in float.
template <class Description, int Channels, int Height, int Width, Signal Kind = Signal::analog, class Prepare = AsBuilt>
void check_both(const GoldenCase& c, double) {
    check_layer<typename Description::template at<Map<Channels, Height, Width, Kind, double>>>(c, 1e-12, Prepare{});
    check_layer<typename Description::template at<Map<Channels, Height, Width, Kind, float>>>(c, 1e-6, Prepare{});
}

/// Sets the probability and the pattern of the case.
struct Drawn {
    template <class Layer>
    void operator()(const GoldenCase& c, Layer& layer, typename Layer::Tape& tape, const Call& call) const {
        layer.probability = c.config.at("probability");
        tape.kept.resize(call.arena,
                         {1, call.batch, Layer::Input::height, Layer::Input::width, Layer::Input::channels});
        fill(tape.kept, c.at("input.kept"));
        tape.scale = static_cast<typename Layer::Scalar>(1 / (1 - layer.probability));
    }
};

}  // namespace
}  // namespace staa_tests

TEST_CASE("max pooling and dropout compute what PyTorch computes") {
    using namespace staa_tests;
    constexpr Signal bits = Signal::spikes;
    const Checks checks{
        {"layer_max_pool_2", check_both<MaxPool<2>, 8, 6, 4>},
        {"layer_max_pool_2_odd", check_both<MaxPool<2>, 8, 5, 3>},
        {"layer_max_pool_3_2_1", check_both<MaxPool<3, 2, 1>, 8, 7, 5>},
        {"layer_max_pool_3_1_1", check_both<MaxPool<3, 1, 1>, 8, 5, 3>},
        {"layer_max_pool_ties", check_both<MaxPool<3, 2, 1>, 8, 7, 5>},
        {"layer_max_pool_ties_3_1_1", check_both<MaxPool<3, 1, 1>, 8, 5, 3>},
        {"layer_max_pool_2_spikes", check_both<MaxPool<2>, 8, 6, 4, bits>},
        {"layer_max_pool_3_2_1_spikes", check_both<MaxPool<3, 2, 1>, 72, 4, 3, bits>},
        {"layer_dropout", check_both<Dropout, 11, 3, 5, Signal::analog, Drawn>},
        {"layer_dropout_spikes", check_both<Dropout, 72, 3, 2, bits, Drawn>},
    };
    const auto is_layer = [](const std::string& name) { return name.starts_with("layer_"); };
    CHECK(check_cases(is_layer, checks, 0) == static_cast<int>(checks.size()));
}
