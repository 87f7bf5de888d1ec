// SPDX-License-Identifier: MIT
// Surrogates, resets and thresholds against subclasses of the PyTorch reference: output, gradients, and the weights after
// three steps of training.
#include "golden/options.hpp"

namespace {

using namespace staa_tests;

}  // namespace

TEST_CASE("a soft reset computes and trains as in PyTorch, in double to 1e-9") {
    check_options({
        {"option_soft", check_option<StaaLif<Staa{}, Rectangle, SoftReset>>},
        {"option_soft_detached", check_option<StaaLif<bare, Rectangle, SoftReset>>},
        {"option_lif_soft_sigmoid", check_option<Lif<Sigmoid, SoftReset, Exceeded>>},
    });
}

TEST_CASE("a threshold that must be exceeded computes and trains as in PyTorch, in double to 1e-9") {
    check_options({{"option_exceeded", check_option<StaaLif<bare, Rectangle, HardReset, Exceeded>>}});
}

TEST_CASE("every surrogate trains as in PyTorch, in double to 1e-9") {
    check_options({
        {"option_triangle", check_option<StaaLif<bare, Triangle>>},
        {"option_sigmoid", check_option<StaaLif<bare, Sigmoid>>},
        {"option_arctangent", check_option<StaaLif<Staa{}, Arctangent>>},
        {"option_tanh", check_option<StaaLif<Staa{}, Tanh, HardReset, Exceeded>>},
    });
}
