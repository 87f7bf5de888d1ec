// SPDX-License-Identifier: MIT
#include "staa/kernels/convolution/spike_gradients.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/convolution.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::ConvolutionShape;

/// Maps of one pixel, tiles of several maps, and maps of several tiles, with channels that fill no vector.
template <Index Kernel>
std::vector<ConvolutionShape> shapes() {
    std::vector<ConvolutionShape> all;
    for (const auto& [images, height, width] :
         {std::tuple<Index, Index, Index>{3, 1, 1}, {40, 2, 2}, {3, 7, 5}, {1, 15, 30}})
        for (const Index in : {3, 65})
            for (const Index out : {1, 32, 33, 130})
                all.push_back(convolution_of(images, {height, width}, {in, out}, Kernel, 1, Kernel / 2));
    return all;
}

/// Bits that choose neurons of the input, listed, and their convolution's arrays.
template <class Scalar>
struct Problem {
    Problem(const ConvolutionShape& shape, double rate)
        : s(shape),
          tiles(s.images, s.in_height, s.in_width, s.padding),
          room(staa::ActivePixels::room_of(tiles, s.in_channels)),
          bits(random_spikes(random, s.in_pixels(), s.in_channels, rate)),
          begin(unwritten<std::int32_t>(tiles.count() * (s.in_channels + 1))),
          positions(unwritten<std::uint16_t>(tiles.count() * room)),
          dy(random_values<Scalar>(random, s.out_pixels() * s.out_channels)),
          weight(random_values<Scalar>(random, s.taps() * s.in_channels * s.out_channels)) {
        staa::list_active_pixels(tiles, bits.data(), listed());
    }
    staa::ActivePixels listed() { return {s.in_channels, room, begin.data(), positions.data()}; }

    ConvolutionShape s;
    staa::MapTiles tiles;
    Index room;
    staa::Random random{7};
    Array<std::uint64_t> bits;
    Array<std::int32_t> begin;
    Array<std::uint16_t> positions;
    Array<Scalar> dy, weight;
    staa::Arena arena;
};

/// The weights' gradient over `listed`, which stands for the input x.
template <Index Kernel, class Machine, class Listed, class Values>
void check_sums(Problem<typename Machine::Scalar>& p, const Listed& listed, const Values& x) {
    using Scalar = typename Machine::Scalar;
    auto gradient = p.weight;
    auto expected = as<double>(p.weight);
    staa::spike_weight_gradient<Kernel, Scalar, typename Machine::Arch>(p.arena, p.tiles, listed, p.s.out_channels,
                                                                        {p.dy.data()}, gradient.data());
    staa::plain::convolution_weight_gradient(p.s, as<double>(x).data(), as<double>(p.dy).data(), expected.data());
    CHECK(sum_mismatch(gradient, expected) == "");
    CHECK(gradient.guards_survived());
}

template <Index Kernel, class Machine>
void check_weight_gradient(double rate) {
    using Scalar = typename Machine::Scalar;
    for (const ConvolutionShape& s : shapes<Kernel>()) {
        INFO(describe(s) << ", firing rate " << rate);
        Problem<Scalar> p(s, rate);
        check_sums<Kernel, Machine>(p, p.listed(), numbers_of(p.bits, s.in_pixels(), s.in_channels));
    }
}

TEMPLATE_TEST_CASE("The weight gradient over lists of pixels adds dy at every output that reads a spike", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    const double rate = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    check_weight_gradient<1, TestType>(rate);
    check_weight_gradient<3, TestType>(rate);
}

template <Index Kernel, class Machine>
void check_weight_gradient_of_values(double share) {
    using Scalar = typename Machine::Scalar;
    for (const ConvolutionShape& s : shapes<Kernel>()) {
        INFO(describe(s) << ", share of values " << share);
        Problem<Scalar> p(s, share);
        auto x = as<Scalar>(numbers_of(p.bits, s.in_pixels(), s.in_channels));
        for (Index i = 0; i < s.in_pixels() * s.in_channels; ++i)
            x[i] *= static_cast<Scalar>(p.random.uniform(-1.0, 1.0));
        auto values = unwritten<Scalar>(p.tiles.count() * p.room);
        const staa::ActivePixelValues<Scalar> listed{p.listed(), values.data()};
        staa::list_active_pixel_values<Scalar, typename Machine::Arch>(p.tiles, x.data(), listed);
        check_sums<Kernel, Machine>(p, listed, x);
        CHECK(values.guards_survived());
    }
}

TEMPLATE_TEST_CASE("The weight gradient over lists of pixels with values adds dy times the value", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    const double share = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    check_weight_gradient_of_values<1, TestType>(share);
    check_weight_gradient_of_values<3, TestType>(share);
}

template <Index Kernel, class Machine>
void check_input_gradient(double share) {
    using Scalar = typename Machine::Scalar;
    for (const ConvolutionShape& s : shapes<Kernel>()) {
        INFO(describe(s) << ", share " << share);
        Problem<Scalar> p(s, share);
        auto dx = unwritten<Scalar>(s.in_pixels() * s.in_channels);
        staa::windowed_input_gradient<Kernel, Scalar, typename Machine::Arch>(
            p.arena, p.tiles, p.listed(), s.out_channels, {p.dy.data()}, p.weight.data(), dx.data());
        auto expected = zeros<double>(s.in_pixels() * s.in_channels);
        staa::plain::convolution_input_gradient(s, as<double>(p.dy).data(), as<double>(p.weight).data(),
                                                expected.data());
        const auto wanted = numbers_of(p.bits, s.in_pixels(), s.in_channels);
        for (Index i = 0; i < s.in_pixels() * s.in_channels; ++i)
            expected.data()[i] *= wanted.data()[i];
        CHECK(sum_mismatch(dx, expected) == "");
        CHECK(dx.guards_survived());
    }
}

TEMPLATE_TEST_CASE("The windowed input gradient is the dense one inside the window and 0 outside", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    const double share = GENERATE(from_range(std::begin(firing_rates), std::end(firing_rates)));
    check_input_gradient<1, TestType>(share);
    check_input_gradient<3, TestType>(share);
}

/// The two maps of which batch norm makes dy, and dy itself.
template <class Scalar>
struct UnmadeGradient {
    UnmadeGradient(Problem<Scalar>& p)
        : a(random_values<Scalar>(p.random, p.s.out_channels)),
          b(random_values<Scalar>(p.random, p.s.out_channels)),
          shift(random_values<Scalar>(p.random, p.s.out_channels)),
          x(random_values<Scalar>(p.random, p.s.out_pixels() * p.s.out_channels)),
          made(p.dy),
          parts{p.dy.data(), a.data(), x.data(), b.data(), shift.data()} {
        for (Index i = 0; i < p.s.out_pixels() * p.s.out_channels; ++i) {
            const Index c = i % p.s.out_channels;
            made[i] = a[c] * p.dy[i] + b[c] * x[i] + shift[c];
        }
    }
    Array<Scalar> a, b, shift, x, made;
    staa::OutputGradient<Scalar> parts;
};

TEMPLATE_TEST_CASE("spike_gradients gives the same as the two kernels alone, with dy as one map or as two", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    for (const ConvolutionShape& s : shapes<3>()) {
        INFO(describe(s));
        Problem<Scalar> fired(s, 0.2), window(s, 0.4);
        UnmadeGradient<Scalar> dy(fired);
        auto alone = fired.weight, together = fired.weight;
        auto dx_alone = unwritten<Scalar>(s.in_pixels() * s.in_channels), dx_together = dx_alone;
        staa::spike_weight_gradient<3, Scalar, Arch>(fired.arena, fired.tiles, fired.listed(), s.out_channels,
                                                     {dy.made.data()}, alone.data());
        staa::windowed_input_gradient<3, Scalar, Arch>(fired.arena, fired.tiles, window.listed(), s.out_channels,
                                                       {dy.made.data()}, fired.weight.data(), dx_alone.data());
        staa::spike_gradients<3, Scalar, Arch>(fired.arena, fired.tiles, fired.listed(), window.listed(), dy.parts,
                                               {s.out_channels, fired.weight.data(), together.data()},
                                               dx_together.data());
        CHECK(sum_mismatch(together, as<double>(alone)) == "");
        CHECK(sum_mismatch(dx_together, as<double>(dx_alone)) == "");
        CHECK((together.guards_survived() && dx_together.guards_survived()));
    }
}

TEST_CASE("Both gradients over lists of pixels are the same to the bit with one and two threads", "[kernels]") {
    const ConvolutionShape s = convolution_of(5, {17, 17}, {65, 130}, 3, 1, 1);
    const int threads_before = staa::threads();
    const auto run = [&](int threads) {
        staa::set_threads(threads);
        Problem<float> p(s, 0.2);
        auto gradient = p.weight;
        std::vector<float> dx(static_cast<std::size_t>(s.in_pixels() * s.in_channels));
        staa::spike_weight_gradient<3, float>(p.arena, p.tiles, p.listed(), s.out_channels, {p.dy.data()},
                                              gradient.data());
        staa::windowed_input_gradient<3, float>(p.arena, p.tiles, p.listed(), s.out_channels, {p.dy.data()},
                                                p.weight.data(), dx.data());
        dx.insert(dx.end(), gradient.begin(), gradient.end());
        staa::spike_gradients<3, float>(p.arena, p.tiles, p.listed(), p.listed(), {p.dy.data()},
                                        {s.out_channels, p.weight.data(), gradient.data()}, dx.data());
        dx.insert(dx.end(), gradient.begin(), gradient.end());
        return dx;
    };
    const std::vector<float> alone = run(1), together = run(2);
    staa::set_threads(threads_before);
    CHECK(alone == together);
}

}  // namespace
