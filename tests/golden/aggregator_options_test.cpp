// SPDX-License-Identifier: MIT
// The options of the aggregator against subclasses of the PyTorch reference: output, gradients, and the weights after three
// steps of training.
#include "golden/options.hpp"
#include "staa/networks/encoded_convolution.hpp"

namespace {

using namespace staa_tests;

constexpr ContextForm additive = ContextForm::additive;
constexpr EncodingShape per_step = EncodingShape::per_step, per_position = EncodingShape::per_position;
constexpr EncodingPlace after = EncodingPlace::after_aggregation;

}  // namespace

TEST_CASE("global context in GCNet's additive form computes and trains as in PyTorch, in double to 1e-9") {
    constexpr Staa alone{.context_form = additive, .position_encoding = Encoding::none, .step_attention = false};
    check_options({
        {"option_additive", check_option<StaaLif<Staa{.context_form = additive}>>},
        {"option_additive_alone", check_option<StaaLif<alone>>},
        {"option_additive_context", check_option<Inside<GlobalContext<4, additive>>>},
    });
}

TEST_CASE("position encoding of every shape and in every place computes and trains as in PyTorch, in double to 1e-9") {
    constexpr Staa alone{.global_context = false, .encoding_shape = per_position, .step_attention = false};
    constexpr Encoding fixed = Encoding::sinusoidal;
    check_options({
        {"option_pe_step", check_option<StaaLif<Staa{.encoding_shape = per_step}>>},
        {"option_pe_position", check_option<StaaLif<Staa{.encoding_shape = per_position}>>},
        {"option_pe_position_alone", check_option<StaaLif<alone>>},
        {"option_pe_fixed_step", check_option<StaaLif<Staa{.position_encoding = fixed, .encoding_shape = per_step}>>},
        {"option_pe_fixed_position",
         check_option<StaaLif<Staa{.position_encoding = fixed, .encoding_shape = per_position}>>},
        {"option_pe_after", check_option<StaaLif<Staa{.encoding_place = after}>>},
        {"option_pe_after_additive", check_option<StaaLif<Staa{.context_form = additive, .encoding_place = after}>>},
        {"option_pe_after_position",
         check_option<StaaLif<Staa{.encoding_shape = per_position, .encoding_place = after}>>},
        {"option_pe_before_convolution", check_option<EncodingConvBn<8>, SmallSpikeMap>},
        {"option_pe_after_convolution", check_option<ConvEncodingBn<8>, SmallSpikeMap>},
    });
}

TEST_CASE("M and N constant, one a layer and one a neuron compute and train as in PyTorch, in double to 1e-9") {
    constexpr Staa alone{.global_context = false,
                         .position_encoding = Encoding::none,
                         .step_attention = false,
                         .adaptive = Adaptive::per_neuron};
    constexpr Staa all_maps{.context_form = additive, .encoding_shape = per_position, .adaptive = Adaptive::per_neuron};
    check_options({
        {"option_constant", check_option<StaaLif<Staa{.adaptive = Adaptive::constant}>>},
        {"option_layer", check_option<StaaLif<Staa{.adaptive = Adaptive::per_layer}>>},
        {"option_neuron", check_option<StaaLif<Staa{.adaptive = Adaptive::per_neuron}>>},
        {"option_neuron_alone", check_option<StaaLif<alone>>},
        {"option_neuron_position_additive", check_option<StaaLif<all_maps>>},
    });
}

TEST_CASE("dropped steps skip what an option makes a map of, too, as in PyTorch, in double to 1e-9") {
    constexpr Staa maps{.encoding_shape = per_position, .adaptive = Adaptive::per_neuron};
    check_options({
        {"option_dropped_position", check_option<StaaLif<maps>>},
        {"option_dropped_after", check_option<StaaLif<Staa{.context_form = additive, .encoding_place = after}>>},
    });
}
