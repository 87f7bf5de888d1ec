// SPDX-License-Identifier: MIT
// A neuron with a surrogate, a reset and a threshold of one's own, written outside the library.
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

// ---- from here to the next line is all that a user writes
struct Trapezoid {  // 1 at the threshold, falling to 0 from a distance of a/2 to one of a
    template <class V, class Constants>
    static V slope(V distance, const Constants& neuron) {
        return smaller_of(V(1), larger_of(V(0), V(2) - abs(distance) * V(2 / neuron.surrogate_width)));
    }
};
struct HalvingReset {  // H = U (1 - S/2): a neuron that fired keeps half of its potential
    template <class V, class Constants>
    static V carried(V potential, V spike, const Constants&) {
        return potential * (V(1) - spike / V(2));
    }
    template <class V, class Constants>
    static V by_potential(V, V spike, const Constants&) {
        return V(1) - spike / V(2);
    }
    template <class V, class Constants>
    static V by_spike(V potential, V, const Constants&) {
        return V(0) - potential / V(2);
    }
};
struct Below {  // fires where the potential falls below minus the threshold it is given
    template <class V>
    static auto fires(V distance) {
        return distance < V(0);
    }
};
// ---- 28 lines

using OwnLif = Lif<Trapezoid, HalvingReset, Below>;
using OwnStaaLif = StaaLif<Staa{}, Trapezoid, HalvingReset, Below>;

}  // namespace

TEST_CASE("a neuron of one's own fires, resets and learns by its own rules") {
    Setup setup{.steps = 3};
    setup.neuron = {.threshold = -1, .leak = 0.5, .surrogate_width = 1};
    OneLayer<OwnLif::at<Frames<1, 1, 1, double>>> one(setup, 1);
    const double currents[] = {-2.0, -0.25, 0.75};
    std::copy_n(currents, 3, one.x.data());
    std::fill_n(one.dy.data(), 3, 1.0);
    one.forward();
    // U = -2 fires and leaves -1; U = -0.5 - 0.25 does not; U = -0.375 + 0.75.
    CHECK((one.y.test(0, 0) && !one.y.test(1, 0) && !one.y.test(2, 0)));
    CHECK(potentials_of(one) == std::vector<double>{-2.0, -0.75, 0.375});
    one.backward();
    // Distances from the threshold: -1, 0.25, 1.375; slopes 0, 1, 0.
    CHECK(one.dx.data()[2] == 0);
    CHECK(one.dx.data()[1] == 1);
    CHECK(one.dx.data()[0] == 0.5 * 1 * 0.5);  // leak · dU[1] · (1 - S/2)
}

TEST_CASE("a network takes a neuron of one's own like any other, and learns through it") {
    using Net = Network<Image<2, 4, 4>, Conv2d<4>, BatchNorm, OwnLif, Conv2d<4>, BatchNorm, OwnStaaLif, GlobalAvgPool,
                        Linear<3>>;
    Net net(NetworkOptions{.steps = 2, .neuron = {.threshold = -0.5}});
    Net::Images images(3, 4, 4, 2);
    Random random(1);
    fill_uniform(images.data(), images.size(), -1, 1, random);
    Tape<Net> tape;
    Net::Logits d_logits = net.forward(images, tape);
    net.backward(d_logits, tape);
    bool every_gradient = true;
    net.visit(
        [&](const ParameterName& name, const auto&, const auto& gradient) {
            const bool is_felt = name.text.ends_with("weight") && !name.text.starts_with("5.gc.");
            every_gradient = every_gradient && (!is_felt || largest_of(gradient.data(), gradient.size()) > 0);
        },
        net.gradients);
    CHECK(every_gradient);
}
