// SPDX-License-Identifier: MIT
// The options of the aggregator against subclasses of the PyTorch reference: output, gradients, and the weights after three
// steps of training.
#include "golden/options.hpp"
#include "staa/networks/encoded_convolution.hpp"

namespace staa_tests {

constexpr ContextForm additive = ContextForm::additive;
constexpr EncodingShape per_step = EncodingShape::per_step, per_position = EncodingShape::per_position;
constexpr EncodingPlace after = EncodingPlace::after_aggregation;
constexpr Encoding fixed = Encoding::sinusoidal;

Checks context_options() {
    constexpr Staa alone{.context_form = additive, .position_encoding = Encoding::none, .step_attention = false};
    return {
        {"option_additive", check_option<StaaLif<Staa{.context_form = additive}>>},
        {"option_additive_alone", check_option<StaaLif<alone>>},
        {"option_additive_context", check_option<Inside<GlobalContext<4, additive>>>},
        {"option_scales", check_option<StaaLif<>>},
    };
}

Checks encoding_options() {
    constexpr Staa alone{.global_context = false, .encoding_shape = per_position, .step_attention = false};
    return {
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
        {"option_pe_after_fixed", check_option<StaaLif<Staa{.position_encoding = fixed, .encoding_place = after}>>},
        {"option_pe_before_convolution", check_option_on_spikes<EncodingConvBn<8>>},
        {"option_pe_after_convolution", check_option_on_spikes<ConvEncodingBn<8>>},
    };
}

Checks leak_and_gain_options() {
    constexpr Staa alone{.global_context = false,
                         .position_encoding = Encoding::none,
                         .step_attention = false,
                         .adaptive = Adaptive::per_neuron};
    constexpr Staa all_maps{.context_form = additive, .encoding_shape = per_position, .adaptive = Adaptive::per_neuron};
    return {
        {"option_constant", check_option<StaaLif<Staa{.adaptive = Adaptive::constant}>>},
        {"option_layer", check_option<StaaLif<Staa{.adaptive = Adaptive::per_layer}>>},
        {"option_neuron", check_option<StaaLif<Staa{.adaptive = Adaptive::per_neuron}>>},
        {"option_neuron_alone", check_option<StaaLif<alone>>},
        {"option_neuron_position_additive", check_option<StaaLif<all_maps>>},
    };
}

Checks dropped_step_options() {
    constexpr Staa maps{.encoding_shape = per_position, .adaptive = Adaptive::per_neuron};
    return {
        {"option_dropped_position", check_option<StaaLif<maps>>},
        {"option_dropped_after", check_option<StaaLif<Staa{.context_form = additive, .encoding_place = after}>>},
    };
}

}  // namespace staa_tests

TEST_CASE("global context in GCNet's additive form, and other scales of the gates, compute and train as in PyTorch") {
    staa_tests::check_options(staa_tests::context_options());
}

TEST_CASE("position encoding of every shape and in every place computes and trains as in PyTorch") {
    staa_tests::check_options(staa_tests::encoding_options());
}

TEST_CASE("M and N constant, one per layer and one per neuron, compute and train as in PyTorch") {
    staa_tests::check_options(staa_tests::leak_and_gain_options());
}

TEST_CASE("dropped steps skip what an option makes a map of, too, as in PyTorch") {
    staa_tests::check_options(staa_tests::dropped_step_options());
}
