// SPDX-License-Identifier: MIT
#include "staa/kernels/maps/attention.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/attention.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::CurrentGradient;

/// Random arrays of one map, as the kernel reads them and as its twin does.
template <class Machine>
struct Map {
    using Scalar = typename Machine::Scalar;

    Index pixels, channels;
    staa::Random random{5};
    Array<Scalar> x = random_values<Scalar>(random, pixels* channels);
    Array<Scalar> other = random_values<Scalar>(random, pixels* channels);
    Array<Scalar> a_pixel = random_values<Scalar>(random, pixels), b_pixel = random_values<Scalar>(random, pixels);
    Array<Scalar> a_channel = random_values<Scalar>(random, channels);
    Array<Scalar> b_channel = random_values<Scalar>(random, channels);
    Array<Scalar> c_channel = random_values<Scalar>(random, channels);
    Array<Scalar> d_channel = random_values<Scalar>(random, channels);
    Array<double> wide_x = as<double>(x), wide_other = as<double>(other);
    Array<double> wide_a_pixel = as<double>(a_pixel), wide_b_pixel = as<double>(b_pixel);
    Array<double> wide_a_channel = as<double>(a_channel), wide_b_channel = as<double>(b_channel);
    Array<double> wide_c_channel = as<double>(c_channel), wide_d_channel = as<double>(d_channel);
};

template <class Machine, class Check>
void for_each_map(const Check& check) {
    for (const Index pixels : odd_pixels) {
        for (const Index channels : odd_channels) {
            INFO(pixels << " pixels, " << channels << " channels");
            Map<Machine> map{pixels, channels};
            check(map);
        }
    }
}

TEMPLATE_TEST_CASE("Eq. 7: a pixel's score is its channels times the key's weights", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    for_each_map<TestType>([](auto& m) {
        auto scores = unwritten<Scalar>(m.pixels);
        staa::score_pixels<Scalar, typename TestType::Arch>(m.pixels, m.channels, m.x.data(), m.a_channel.data(),
                                                            scores.data());
        auto expected = zeros<double>(m.pixels);
        staa::plain::score_pixels(m.pixels, m.channels, m.wide_x.data(), m.wide_a_channel.data(), expected.data());
        CHECK(sum_mismatch(scores, expected) == "");
    });
}

template <class Machine>
void check_softmax(const Array<typename Machine::Scalar>& scores) {
    using Scalar = typename Machine::Scalar;
    auto attention = unwritten<Scalar>(scores.size());
    std::copy(scores.begin(), scores.end(), attention.begin());
    staa::softmax<Scalar, typename Machine::Arch>(attention.size(), attention.data());
    auto expected = as<double>(scores);
    staa::plain::softmax(expected.size(), expected.data());
    CHECK(mismatch(attention, expected) == "");
}

TEMPLATE_TEST_CASE("Softmax is the share of each exponential in their sum", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    staa::Random random(6);
    for (const Index count : {1, 3, 15, 49, 130}) {
        INFO(count << " scores");
        check_softmax<TestType>(random_values<typename TestType::Scalar>(random, count, -5, 5));
    }
}

TEMPLATE_TEST_CASE("Softmax of huge scores is 1 at the largest, or the same everywhere", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    for (const double huge : {1e4, -1e4, 1e30, -1e30}) {
        INFO("scores of " << huge);
        Array<Scalar> scores(49, static_cast<Scalar>(huge), poison<Scalar>());
        check_softmax<TestType>(scores);
        scores[17] = static_cast<Scalar>(huge + 0.01 * std::abs(huge));
        check_softmax<TestType>(scores);
    }
}

TEMPLATE_TEST_CASE("Pixels are pooled by their weights, and by their mean", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    using Arch = typename TestType::Arch;
    for_each_map<TestType>([](auto& m) {
        auto weighted = unwritten<Scalar>(m.channels), mean = unwritten<Scalar>(m.channels);
        staa::pool_pixels<Scalar, Arch>(m.pixels, m.channels, m.x.data(), m.a_pixel.data(), weighted.data(),
                                        mean.data());
        auto expected_weighted = zeros<double>(m.channels), expected_mean = zeros<double>(m.channels);
        staa::plain::pool_pixels(m.pixels, m.channels, m.wide_x.data(), m.wide_a_pixel.data(), expected_weighted.data(),
                                 expected_mean.data());
        CHECK(sum_mismatch(weighted, expected_weighted) == "");
        CHECK(sum_mismatch(mean, expected_mean) == "");
    });
}

TEMPLATE_TEST_CASE("Eq. 10: a gate is a scaled sigmoid, and its derivative follows from its value", "[kernels]",
                   FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    staa::Random random(7);
    for (const Index count : odd_channels) {
        INFO(count << " gates");
        const auto v = random_values<Scalar>(random, count, -6, 6), d_gate = random_values<Scalar>(random, count);
        auto gate = unwritten<Scalar>(count), dv = unwritten<Scalar>(count);
        staa::sigmoid_gate<Scalar, typename TestType::Arch>(count, Scalar(2), v.data(), gate.data());
        staa::sigmoid_gate_gradient(count, Scalar(2), gate.data(), d_gate.data(), dv.data());

        auto expected_gate = zeros<double>(count), expected_dv = zeros<double>(count);
        staa::plain::sigmoid_gate(count, 2.0, as<double>(v).data(), expected_gate.data());
        staa::plain::sigmoid_gate_gradient(count, 2.0, expected_gate.data(), as<double>(d_gate).data(),
                                           expected_dv.data());
        CHECK(mismatch(gate, expected_gate) == "");
        CHECK(mismatch(dv, expected_dv) == "");
    }
}

TEMPLATE_TEST_CASE("A gate saturates at 0 and at its scale, where its derivative is 0", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    for (const bool is_open : {false, true}) {
        const Array<Scalar> v(65, is_open ? Scalar(1e4) : Scalar(-1e4), poison<Scalar>());
        const Array<Scalar> d_gate(65, Scalar(1), poison<Scalar>());
        auto gate = unwritten<Scalar>(65), dv = unwritten<Scalar>(65);
        staa::sigmoid_gate<Scalar, typename TestType::Arch>(65, Scalar(2), v.data(), gate.data());
        staa::sigmoid_gate_gradient(Index{65}, Scalar(2), gate.data(), d_gate.data(), dv.data());
        for (Index i = 0; i < 65; ++i) {
            CHECK_THAT(static_cast<double>(gate[i]), WithinAbs(is_open ? 2 : 0, 1e-30));
            CHECK_THAT(static_cast<double>(dv[i]), WithinAbs(0, 1e-30));
        }
    }
}

/// An attention over the pixels and the context that it gives.
template <class Machine>
struct Attended {
    using Scalar = typename Machine::Scalar;

    explicit Attended(Map<Machine>& m) : attention(m.a_pixel), context(unwritten<Scalar>(m.channels)) {
        auto mean = unwritten<Scalar>(m.channels);
        staa::softmax<Scalar, typename Machine::Arch>(m.pixels, attention.data());
        staa::pool_pixels<Scalar, typename Machine::Arch>(m.pixels, m.channels, m.x.data(), attention.data(),
                                                          context.data(), mean.data());
    }
    Array<Scalar> attention, context;
};

TEMPLATE_TEST_CASE("Eq. 7, 8: the gradient of the scores goes through softmax and weighted sum", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    for_each_map<TestType>([](auto& m) {
        const Attended<TestType> attended(m);
        auto d_scores = unwritten<Scalar>(m.pixels);
        staa::score_gradient<Scalar, typename TestType::Arch>(m.pixels, m.channels, m.x.data(),
                                                              attended.attention.data(), attended.context.data(),
                                                              m.a_channel.data(), d_scores.data());
        auto expected = zeros<double>(m.pixels);
        staa::plain::score_gradient(m.pixels, m.channels, m.wide_x.data(), as<double>(attended.attention).data(),
                                    m.wide_a_channel.data(), expected.data());
        CHECK(sum_mismatch(d_scores, expected) == "");
    });
}

TEST_CASE("The gradient of the scores is the derivative of the context", "[kernels]") {
    Map<DoublePlain> m{15, 3};
    const Attended<DoublePlain> attended(m);
    auto d_scores = unwritten<double>(m.pixels), expected = zeros<double>(m.pixels);
    staa::score_gradient<double>(m.pixels, m.channels, m.x.data(), attended.attention.data(), attended.context.data(),
                                 m.a_channel.data(), d_scores.data());
    const auto loss = [&](Index pixel, double change) {
        Map<DoublePlain> moved = m;
        moved.a_pixel[pixel] += change;
        const Attended<DoublePlain> after(moved);
        double sum = 0;
        for (Index c = 0; c < m.channels; ++c) {
            sum += after.context[c] * m.a_channel[c];
        }
        return sum;
    };
    for (Index pixel = 0; pixel < m.pixels; ++pixel) {
        expected[pixel] = (loss(pixel, 1e-5) - loss(pixel, -1e-5)) / 2e-5;
    }
    CHECK(mismatch(d_scores, expected, 1e-8) == "");
}

/// Whether the gradient has a path through global context, and whether it is added to what is there.
struct Paths {
    bool has_context, accumulate;
};

/// The gradient of the current into `dx` and `d_key`, by all paths or only by the one through the neuron.
template <class Scalar>
CurrentGradient<Scalar> gradient_of(const Array<Scalar>& x, const Array<Scalar>& du, const Array<Scalar>* pixels[2],
                                    const Array<Scalar>* channels[4], Paths paths, Array<Scalar>& d_key,
                                    Array<Scalar>& dx) {
    return {.scale = channels[0]->data(),
            .shift = channels[1]->data(),
            .du = du.data(),
            .attention = paths.has_context ? pixels[0]->data() : nullptr,
            .d_scores = paths.has_context ? pixels[1]->data() : nullptr,
            .d_context = paths.has_context ? channels[2]->data() : nullptr,
            .key = paths.has_context ? channels[3]->data() : nullptr,
            .x = paths.has_context ? x.data() : nullptr,
            .d_key = paths.has_context ? d_key.data() : nullptr,
            .dx = dx.data(),
            .accumulate = paths.accumulate};
}

TEMPLATE_TEST_CASE("The gradient of the current has the path of the neuron, and that of global context if there is one",
                   "[kernels]", FloatSimd, DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    const bool has_context = GENERATE(false, true), accumulate = GENERATE(false, true);
    INFO("context " << has_context << ", accumulate " << accumulate);
    for_each_map<TestType>([&](auto& m) {
        const Array<Scalar>* pixels[] = {&m.a_pixel, &m.b_pixel};
        const Array<Scalar>* channels[] = {&m.a_channel, &m.b_channel, &m.c_channel, &m.d_channel};
        const Array<double>* wide_pixels[] = {&m.wide_a_pixel, &m.wide_b_pixel};
        const Array<double>* wide_channels[] = {&m.wide_a_channel, &m.wide_b_channel, &m.wide_c_channel,
                                                &m.wide_d_channel};
        auto dx = accumulate ? random_values<Scalar>(m.random, m.x.size()) : unwritten<Scalar>(m.x.size());
        auto d_key = unwritten<Scalar>(m.channels);
        auto expected_dx = as<double>(dx), expected_d_key = zeros<double>(m.channels);
        staa::current_gradient<Scalar, typename TestType::Arch>(
            m.pixels, m.channels, gradient_of(m.x, m.other, pixels, channels, {has_context, accumulate}, d_key, dx));
        staa::plain::current_gradient(m.pixels, m.channels,
                                      gradient_of(m.wide_x, m.wide_other, wide_pixels, wide_channels,
                                                  {has_context, accumulate}, expected_d_key, expected_dx));
        CHECK(mismatch(dx, expected_dx) == "");
        if (has_context)
            CHECK(sum_mismatch(d_key, expected_d_key) == "");
    });
}

}  // namespace
