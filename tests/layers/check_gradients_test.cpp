// SPDX-License-Identifier: MIT
// The check of gradients itself: what is right passes, and each kind of mistake is reported.
#include "staa/testing/check_gradients.hpp"

#include <limits>
#include <sstream>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

/// What backward gets wrong.
enum class Fault { none, input, parameter, not_a_number, unused };

/// y = weight · x³ with one weight; its backward has a fault.
template <Fault Kind>
struct Cube {
    template <class In>
    struct at : LayerDefaults<In> {
        using Scalar = typename In::Scalar;
        using Output = In;
        static constexpr bool reads_input = true;
        struct Parameters {
            Tensor<Scalar, 1> weight;
        };
        static constexpr Index parameter_count(Index) { return 1; }

        void forward(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            y.resize(call.arena, x.extents());
            for (Index i = 0; i < x.extents().size(); ++i) {
                const Scalar v = x.data()[i];
                y.data()[i] = (Kind == Fault::unused ? Scalar(1) : parameters.weight(0)) * v * v * v;
            }
        }
        void infer(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing& state, const Call& call) const {
            forward(x, y, state, call);
        }
        void backward(const Analog<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Nothing&, const Call& call) const {
            const Scalar weight = Kind == Fault::unused ? Scalar(1) : parameters.weight(0);
            if (dx != nullptr) {
                dx->resize(call.arena, x.extents());
                for (Index i = 0; i < x.extents().size(); ++i) {
                    dx->data()[i] = dy.data()[i] * weight * 3 * x.data()[i] * x.data()[i];
                }
                if (Kind == Fault::input) {
                    dx->data()[5] *= Scalar(1.001);
                }
                if (Kind == Fault::not_a_number) {
                    dx->data()[dx->extents().size() - 1] = std::numeric_limits<Scalar>::quiet_NaN();
                }
            }
            for (Index i = 0; i < x.extents().size() && Kind != Fault::unused; ++i) {
                gradients.weight(0) += dy.data()[i] * x.data()[i] * x.data()[i] * x.data()[i];
            }
            if (Kind == Fault::parameter) {
                gradients.weight(0) = -gradients.weight(0);
            }
        }
        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor& visitor, Trees&... trees) {
            visitor(ParameterName{prefix + "weight", Layout::same, {1}}, self.parameters.weight, trees.weight...);
        }
        Parameters parameters{filled<Scalar>(1, 1)};
    };
};

using Maps = Frames<2, 3, 2, double>;

std::string text_of(const GradientReport& report) {
    std::ostringstream text;
    text << report;
    return text.str();
}

}  // namespace

TEST_CASE("check_gradients: a right layer passes, and each of its tensors is named") {
    const GradientReport report = check_gradients<Cube<Fault::none>, Maps>();
    INFO(text_of(report));
    CHECK(report.ok());
    CHECK(report.worst_error() < 1e-8);
    REQUIRE(report.tensors.size() == 2);
    CHECK(report.tensors[0].name == "weight");
    CHECK(report.tensors[1].name == "input");
    CHECK(report.tensors[1].compared == 60);  // of 72
    CHECK_THAT(text_of(report), StartsWith("gradients are right"));
}

TEST_CASE("check_gradients: a wrong gradient is reported with its tensor and its place") {
    const GradientReport of_input = check_gradients<Cube<Fault::input>, Maps>({.places = 72});
    CHECK(!of_input.ok());
    CHECK(of_input.tensors[1].position == std::vector<Index>{0, 0, 1, 0, 1});
    CHECK_THAT(text_of(of_input), StartsWith("gradients are WRONG"));
    CHECK_THAT(text_of(of_input), contains_text("WRONG  input") && contains_text("at [0, 0, 1, 0, 1]"));

    const GradientReport of_weight = check_gradients<Cube<Fault::parameter>, Maps>();
    CHECK(!of_weight.ok());
    CHECK_THAT(of_weight.tensors[0].error, WithinAbs(2, 1e-6));
}

TEST_CASE("check_gradients: NaN does not pass, at a place that is not compared either") {
    const GradientReport report = check_gradients<Cube<Fault::not_a_number>, Maps>({.places = 1});
    CHECK(!report.ok());
    CHECK(std::isnan(report.worst_error()));
    CHECK(report.tensors[1].position == std::vector<Index>{2, 1, 2, 1, 1});
}

TEST_CASE("check_gradients: a gradient that is 0 everywhere does not pass unless it is allowed") {
    const GradientReport report = check_gradients<Cube<Fault::unused>, Maps>();
    CHECK(!report.ok());
    CHECK(report.tensors[0].is_zero);
    CHECK_THAT(text_of(report), contains_text("weight: its gradient is 0 everywhere"));
    CHECK(check_gradients<Cube<Fault::unused>, Maps>({.may_be_zero = {"weight"}}).ok());
}

TEST_CASE("check_gradients: a layer that is already built keeps its values, but for the movement") {
    Cube<Fault::none>::at<Maps> layer;
    layer.parameters.weight(0) = 0;
    CHECK(!check_gradients(layer, {.movement = 0}).ok());  // the input's gradient is 0
    layer.parameters.weight(0) = 3;
    CHECK(check_gradients(layer, {.movement = 0}).ok());
    CHECK(layer.parameters.weight(0) == 3);
}

TEST_CASE("check_gradients: nothing to compare is no success") {
    CHECK(!GradientReport{}.ok());
    CHECK(std::isnan(GradientReport{}.worst_error()));
    CHECK_THAT(text_of(check_gradients<AvgPool<2>, Map<3, 4, 4, Signal::spikes, double>>()),
               contains_text("nothing was compared"));
}

TEST_CASE("check_gradients: a network with ramps passes, and so does a chain of layers") {
    const GradientCheck check{.may_be_zero = {"key.bias"}};
    NetworkOptions options{.steps = 3, .seed = 2};
    options.neuron.surrogate_width = 2;
    using Neuron = StaaLif<Staa{.gc_ratio = 1, .sa_ratio = 1}, Ramp>;
    const Network<Image<2, 4, 4, double>, Conv2d<3>, BatchNorm, Neuron, GlobalAvgPool, Linear<3>> net(options);
    const GradientReport report = check_gradients(net, check);
    INFO(text_of(report));
    CHECK(report.ok());
    CHECK(report.tensors.front().name == "0.weight");

    const GradientReport of_chain = check_gradients<Sequential<Conv2d<3>, BatchNorm, Lif<Ramp>>, Maps>();
    INFO(text_of(of_chain));
    CHECK(of_chain.ok());
}
