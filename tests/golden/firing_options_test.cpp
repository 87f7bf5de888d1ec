// SPDX-License-Identifier: MIT
// Surrogates, resets and thresholds against subclasses of the PyTorch reference: output, gradients, and the weights after
// three steps of training.
#include "golden/options.hpp"

namespace staa_tests {

Checks firing_options() {
    constexpr Staa bare{.global_context = false, .position_encoding = Encoding::none, .step_attention = false};
    return {
        {"option_soft", check_option<StaaLif<Staa{}, Rectangle, SoftReset>>},
        {"option_soft_detached", check_option<StaaLif<bare, Rectangle, SoftReset>>},
        {"option_lif_soft_sigmoid", check_option<Lif<Sigmoid, SoftReset, Exceeded>>},
        {"option_exceeded", check_option<StaaLif<bare, Rectangle, HardReset, Exceeded>>},
        {"option_triangle", check_option<StaaLif<bare, Triangle>>},
        {"option_sigmoid", check_option<StaaLif<bare, Sigmoid>>},
        {"option_arctangent", check_option<StaaLif<Staa{}, Arctangent>>},
        {"option_tanh", check_option<StaaLif<Staa{}, Tanh, HardReset, Exceeded>>},
    };
}

}  // namespace staa_tests

TEST_CASE("every surrogate, reset and threshold computes and trains as in PyTorch") {
    staa_tests::check_options(staa_tests::firing_options());
}

TEST_CASE("every option case that there is has a check") {
    using namespace staa_tests;
    Checks all;
    for (Checks some :
         {context_options(), encoding_options(), leak_and_gain_options(), dropped_step_options(), firing_options()}) {
        all.merge(some);
    }
    for (const auto& file : golden_files()) {
        const std::string name = file.stem().string();
        INFO(file.string());
        CHECK((!name.starts_with("option_") || all.contains(name)));
    }
}
