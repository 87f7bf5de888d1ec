// SPDX-License-Identifier: MIT
#include "staa/kernels/neuron/membrane.hpp"

#include "kernels/cases.hpp"
#include "staa/kernels/plain/membrane.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa_tests;
using staa::Membrane;

/// The kinds of neurons that the library has, and those that can be differentiated.
using Spiking = staa::Firing<>;
using SpikingSoftly = staa::Firing<staa::Sigmoid, staa::SoftReset, staa::Exceeded>;
using Ramping = staa::Firing<staa::Ramp>;
using RampingSoftly = staa::Firing<staa::Ramp, staa::SoftReset>;

/// Neurons, and the arrays that every step reads. Values are multiples of 1/8, so that float and double fire alike.
struct Neurons {
    Index pixels, channels;
    double surrogate_width = 2;
    bool detach_reset = false;
    staa::Random random{11};
    Index size = pixels * channels, words = (channels + 63) / 64;
    Array<double> decay = random_eighths(random, channels), weight = random_eighths(random, channels);
    Array<double> shift = random_eighths(random, channels), next_scale = random_eighths(random, channels);
    Array<double> current = random_eighths(random, size), previous = random_eighths(random, size);
    Array<double> potential = random_eighths(random, size), d_spikes = random_eighths(random, size);
    Array<double> d_next = random_eighths(random, size), leak = random_eighths(random, size);

    /// `leaks` holds a leak per neuron, or is empty.
    template <class Scalar>
    Membrane<Scalar> membrane(const Array<Scalar>& leaks) const {
        return {pixels,
                channels,
                {Scalar(1), static_cast<Scalar>(surrogate_width), Scalar(3)},
                detach_reset,
                leaks.size() > 0 ? leaks.data() : nullptr};
    }
};

/// Which of the optional arrays a step has.
struct Step {
    bool has_neighbour;  ///< a step before it (forward), after it (backward)
    bool in_place;       ///< U[t] is written over U[t-1], dU[t] over dU[t+1]
    bool takes_sums;
    bool has_leak_map = false;
};

constexpr Step steps[] = {{false, false, false},     {false, false, true},      {true, false, false},
                          {true, false, true},       {true, true, true},        {true, true, false},
                          {true, false, true, true}, {false, false, true, true}};

/// Calls check(neurons, step) for every size and kind of step.
template <class Check>
void for_each_step(const Check& check) {
    for (const Index channels : odd_channels) {
        for (const Index pixels : odd_pixels) {
            for (const Step& step : steps) {
                INFO(pixels << " pixels, " << channels << " channels; neighbour " << step.has_neighbour << ", in place "
                            << step.in_place << ", sums " << step.takes_sums << ", leak map " << step.has_leak_map);
                check(Neurons{pixels, channels}, step);
            }
        }
    }
}

/// What a forward step writes.
template <class Scalar>
struct Forward {
    explicit Forward(const Neurons& n)
        : potential(unwritten<Scalar>(n.size)),
          values(unwritten<Scalar>(n.size)),
          carried_sum(unwritten<Scalar>(n.channels)),
          spikes(n.pixels * n.words, 0, 113),
          window(n.pixels * n.words, 0, 113) {}
    Array<Scalar> potential, values, carried_sum;
    Array<std::uint64_t> spikes, window;
};

template <class Fire, class Scalar, class Kernel>
Forward<Scalar> forward(const Neurons& n, const Step& step, const Kernel& kernel) {
    constexpr bool is_analog = Fire::output == staa::Signal::analog;
    const auto decay = as<Scalar>(n.decay), weight = as<Scalar>(n.weight), shift = as<Scalar>(n.shift);
    const auto current = as<Scalar>(n.current), previous = as<Scalar>(n.previous);
    const auto leak = step.has_leak_map ? as<Scalar>(n.leak) : zeros<Scalar>(0);
    Forward<Scalar> result(n);
    if (step.in_place)
        std::copy(previous.begin(), previous.end(), result.potential.begin());
    kernel(n.membrane<Scalar>(leak),
           staa::MembraneForward<Scalar>{.decay = decay.data(),
                                         .weight = weight.data(),
                                         .shift = shift.data(),
                                         .current = current.data(),
                                         .previous = !step.has_neighbour ? nullptr
                                                     : step.in_place     ? result.potential.data()
                                                                         : previous.data(),
                                         .potential = result.potential.data(),
                                         .spikes = is_analog ? nullptr : result.spikes.data(),
                                         .window = Fire::has_window ? result.window.data() : nullptr,
                                         .values = is_analog ? result.values.data() : nullptr,
                                         .carried_sum = step.takes_sums ? result.carried_sum.data() : nullptr});
    return result;
}

template <class Fire, class Machine>
void check_forward(const Neurons& n, const Step& step) {
    using Scalar = typename Machine::Scalar;
    auto found = forward<Fire, Scalar>(n, step, [](const auto& m, const auto& f) {
        staa::membrane_forward<Fire, Scalar, typename Machine::Arch>(m, f);
    });
    const auto potential_alone = forward<Fire, Scalar>(n, step, [](const auto& m, const auto& f) {
        staa::membrane_potential<Fire, Scalar, typename Machine::Arch>(m, f);
    });
    CHECK(std::equal(found.potential.begin(), found.potential.end(), potential_alone.potential.begin()));
    const auto expected =
        forward<Fire, double>(n, {step.has_neighbour, false, step.takes_sums, step.has_leak_map},
                              [](const auto& m, const auto& f) { staa::plain::membrane_forward<Fire>(m, f); });
    CHECK(mismatch(found.potential, expected.potential) == "");
    if (Fire::output == staa::Signal::analog)
        CHECK(mismatch(found.values, expected.values) == "");
    if (step.takes_sums)
        CHECK(sum_mismatch(found.carried_sum, expected.carried_sum) == "");
    CHECK(std::equal(found.spikes.begin(), found.spikes.end(), expected.spikes.begin()));
    CHECK(std::equal(found.window.begin(), found.window.end(), expected.window.begin()));
    CHECK((found.window.guards_survived() && found.spikes.guards_survived() && found.values.guards_survived() &&
           found.carried_sum.guards_survived()));
}

TEMPLATE_TEST_CASE("A forward step leaks, charges, fires and resets every neuron", "[kernels]", FloatSimd, DoubleSimd,
                   FloatPlain, DoublePlain) {
    for_each_step([](const Neurons& n, const Step& step) {
        check_forward<Spiking, TestType>(n, step);
        check_forward<SpikingSoftly, TestType>(n, step);
        check_forward<Ramping, TestType>(n, step);
    });
}

/// What a backward step writes.
template <class Scalar>
struct Backward {
    explicit Backward(const Neurons& n)
        : d_potential(unwritten<Scalar>(n.size)),
          d_sum(unwritten<Scalar>(n.channels)),
          d_carried(unwritten<Scalar>(n.channels)),
          d_current(unwritten<Scalar>(n.channels)) {}
    Array<Scalar> d_potential, d_sum, d_carried, d_current;
};

template <class Scalar, class Kernel>
Backward<Scalar> backward(const Neurons& n, const Step& step, bool is_first, const Kernel& kernel) {
    const auto potential = as<Scalar>(n.potential), d_spikes = as<Scalar>(n.d_spikes), d_next = as<Scalar>(n.d_next);
    const auto next_scale = as<Scalar>(n.next_scale), next_shift = as<Scalar>(n.shift);
    const auto previous = as<Scalar>(n.previous), current = as<Scalar>(n.current);
    const auto leak = step.has_leak_map ? as<Scalar>(n.leak) : zeros<Scalar>(0);
    Backward<Scalar> result(n);
    if (step.in_place)
        std::copy(d_next.begin(), d_next.end(), result.d_potential.begin());
    kernel(n.membrane<Scalar>(leak),
           staa::MembraneBackward<Scalar>{.potential = potential.data(),
                                          .d_spikes = d_spikes.data(),
                                          .d_next = !step.has_neighbour ? nullptr
                                                    : step.in_place     ? result.d_potential.data()
                                                                        : d_next.data(),
                                          .next_scale = step.has_neighbour ? next_scale.data() : nullptr,
                                          .next_shift = step.has_neighbour ? next_shift.data() : nullptr,
                                          .d_potential = result.d_potential.data(),
                                          .previous = is_first || !step.takes_sums ? nullptr : previous.data(),
                                          .current = step.takes_sums ? current.data() : nullptr,
                                          .d_sum = step.takes_sums ? result.d_sum.data() : nullptr,
                                          .d_carried = step.takes_sums ? result.d_carried.data() : nullptr,
                                          .d_current = step.takes_sums ? result.d_current.data() : nullptr});
    return result;
}

template <class Fire, class Machine>
void check_backward(const Neurons& n, const Step& step, bool is_first) {
    using Scalar = typename Machine::Scalar;
    auto found = backward<Scalar>(n, step, is_first, [](const auto& m, const auto& b) {
        staa::membrane_backward<Fire, Scalar, typename Machine::Arch>(m, b);
    });
    const auto expected =
        backward<double>(n, {step.has_neighbour, false, step.takes_sums, step.has_leak_map}, is_first,
                         [](const auto& m, const auto& b) { staa::plain::membrane_backward<Fire>(m, b); });
    CHECK(mismatch(found.d_potential, expected.d_potential) == "");
    if (step.takes_sums) {
        CHECK(sum_mismatch(found.d_sum, expected.d_sum) == "");
        CHECK(sum_mismatch(found.d_carried, expected.d_carried) == "");
        CHECK(sum_mismatch(found.d_current, expected.d_current) == "");
    }
}

TEMPLATE_TEST_CASE("A backward step takes the paths through the spike, the leak and the reset", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    for_each_step([](const Neurons& n, const Step& step) {
        for (const bool is_first : {true, false}) {
            check_backward<Spiking, TestType>(n, step, is_first);
            check_backward<RampingSoftly, TestType>(n, step, is_first);
        }
    });
}

TEMPLATE_TEST_CASE("Backward treats a detached reset as a constant", "[kernels]", FloatSimd, DoubleSimd, FloatPlain,
                   DoublePlain) {
    Neurons n{15, 65};
    n.detach_reset = true;
    check_backward<Spiking, TestType>(n, {true, false, true}, false);
    check_backward<RampingSoftly, TestType>(n, {true, false, true}, false);
}

TEMPLATE_TEST_CASE("The surrogate's window has the width of the option", "[kernels]", FloatSimd, DoubleSimd, FloatPlain,
                   DoublePlain) {
    Neurons n{15, 65};
    n.surrogate_width = 0.5;
    check_forward<Ramping, TestType>(n, {true, false, true});
    check_backward<Spiking, TestType>(n, {true, false, true}, false);
    check_backward<RampingSoftly, TestType>(n, {true, false, true}, false);
}

TEST_CASE("By hand: a neuron that charges to its threshold fires, and starts again from 0", "[kernels]") {
    const Membrane<double> m{1, 1, {1.0, 1.0, 3.0}, false};
    const double decay = 0.25, weight = 1, shift = 0, currents[] = {0.8, 0.8, 0.1};
    double potential = 0;
    const double potentials[] = {0.8, 1.0, 0.1};  // 0.25 · 0.8 + 0.8 is the threshold
    for (int t = 0; t < 3; ++t) {
        std::uint64_t spikes = 0;
        staa::membrane_forward<Spiking, double>(m, {.decay = &decay,
                                                    .weight = &weight,
                                                    .shift = &shift,
                                                    .current = &currents[t],
                                                    .previous = t == 0 ? nullptr : &potential,
                                                    .potential = &potential,
                                                    .spikes = &spikes,
                                                    .window = nullptr,
                                                    .values = nullptr,
                                                    .carried_sum = nullptr});
        INFO("step " << t);
        CHECK_THAT(potential, WithinAbs(potentials[t], 1e-15));
        CHECK(spikes == (t == 1 ? 1u : 0u));
    }
}

/// Loss = S[t] · d_spikes + H[t] · carry, of one neuron, by a central difference.
template <class Fire>
void check_derivative() {
    const Membrane<double> m{1, 1, {1.0, 1.0, 3.0}, false};
    const double d_spikes = 0.7, carry = -1.3, zero = 0;
    const auto loss = [&](double potential) {
        return d_spikes * staa::plain::spike<Fire>(m, potential) + carry * staa::plain::carried<Fire>(m, potential);
    };
    for (const double potential : {0.2, 0.6, 0.9, 1.1, 1.4, 1.9}) {
        double found = 0;
        staa::membrane_backward<Fire, double>(m, {.potential = &potential,
                                                  .d_spikes = &d_spikes,
                                                  .d_next = &zero,
                                                  .next_scale = &zero,
                                                  .next_shift = &carry,
                                                  .d_potential = &found,
                                                  .previous = nullptr,
                                                  .current = nullptr,
                                                  .d_sum = nullptr,
                                                  .d_carried = nullptr,
                                                  .d_current = nullptr});
        INFO("potential " << potential);
        CHECK_THAT(found, WithinAbs((loss(potential + 1e-5) - loss(potential - 1e-5)) / 2e-5, 1e-9));
    }
}

TEST_CASE("The backward step is the derivative of the forward step, with a hard reset and with a soft one",
          "[kernels]") {
    check_derivative<Ramping>();
    check_derivative<RampingSoftly>();
}

TEMPLATE_TEST_CASE("The gradient of a leak per neuron is the gradient of the aggregate times H", "[kernels]", FloatSimd,
                   DoubleSimd, FloatPlain, DoublePlain) {
    using Scalar = typename TestType::Scalar;
    for (const Index channels : odd_channels) {
        const Neurons n{15, channels};
        const auto scale = as<Scalar>(n.next_scale), shift = as<Scalar>(n.shift), du = as<Scalar>(n.d_next);
        const auto previous = as<Scalar>(n.previous);
        auto found = as<Scalar>(n.current), expected = as<Scalar>(n.current);
        const auto leak = as<Scalar>(n.leak);
        const Membrane<Scalar> m = n.membrane<Scalar>(leak);
        staa::leak_gradient<Spiking, Scalar, typename TestType::Arch>(m, scale.data(), shift.data(), du.data(),
                                                                      previous.data(), found.data());
        staa::plain::leak_gradient<Spiking>(m, scale.data(), shift.data(), du.data(), previous.data(), expected.data());
        INFO(channels << " channels");
        CHECK(mismatch(found, as<double>(expected)) == "");
        CHECK(found.guards_survived());
    }
}

}  // namespace
