// SPDX-License-Identifier: MIT
// The blocks that golden cases are about, and how each is checked.
#pragma once

#include "staa/networks/resnet.hpp"
#include "support/parity.hpp"

namespace staa_tests {

using namespace staa;

template <class Scalar, int Channels = 8, int Height = 5, int Width = 3>
using Current = Map<Channels, Height, Width, Signal::analog, Scalar>;
template <class Scalar, int Channels, int Height, int Width>
using SpikeMap = Map<Channels, Height, Width, Signal::spikes, Scalar>;

/// Aggregators by the names of their cases.
constexpr Staa adaptive{.global_context = false, .position_encoding = Encoding::none, .step_attention = false};
constexpr Staa context{.position_encoding = Encoding::none, .step_attention = false};
constexpr Staa encoding{.global_context = false, .step_attention = false};
constexpr Staa fixed_encoding{.position_encoding = Encoding::sinusoidal, .step_attention = false};
constexpr Staa attention{.global_context = false, .position_encoding = Encoding::none};
constexpr Staa context_encoding{.step_attention = false};
constexpr Staa full_r2{.gc_ratio = 2, .sa_ratio = 2};

template <class Layer>
using Inside = Sequential<Named<"layer", Layer>>;

template <class Scalar>
struct Blocks {
    Checks checks;

    template <class Description, class In>
    void add(const std::string& name) {
        checks[name] = [](const GoldenCase& c, double tolerance) {
            check_block<typename Description::template at<In>>(c, tolerance);
        };
    }

    template <class Description>
    void add_neuron(const std::string& name) {
        add<Description, Current<Scalar>>(name);
    }

    template <int Kernel, int Stride>
    void add_convolutions() {
        const std::string name = "conv_k" + std::to_string(Kernel) + "_s" + std::to_string(Stride);
        add<Inside<Conv2d<6, Kernel, Stride>>, Current<Scalar, 8, 9, 7>>(name + "_analog");
        add<Inside<Conv2d<6, Kernel, Stride>>, SpikeMap<Scalar, 8, 9, 7>>(name + "_spikes");
    }

    Blocks() {
        for (const char* name : {"lif", "lif_tau05", "lif_detach", "lif_window2"})
            add_neuron<Lif<>>(name);
        add_neuron<StaaLif<adaptive>>("lif_adaptive");
        add_neuron<StaaLif<context>>("staa_gc");
        add_neuron<StaaLif<encoding>>("staa_pe");
        add_neuron<StaaLif<fixed_encoding>>("staa_pe_fixed");
        add_neuron<StaaLif<attention>>("staa_sa");
        add_neuron<StaaLif<context_encoding>>("staa_gc_pe");
        add_neuron<StaaLif<>>("staa_full");
        add_neuron<StaaLif<full_r2>>("staa_full_r2");
        add_neuron<StaaLif<>>("staa_full_detach");
        for (const char* name : {"staa_tsrd_kdkk", "staa_tsrd_dkkd", "staa_tsrd_dddd"})
            add_neuron<StaaLif<>>(name);

        add_convolutions<3, 1>();
        add_convolutions<3, 2>();
        add_convolutions<1, 1>();
        add_convolutions<1, 2>();
        add_convolutions<7, 2>();
        add<Inside<Conv2d<40>>, SpikeMap<Scalar, 72, 6, 6>>("conv_wide_spikes");
        add<Inside<BatchNorm>, Current<Scalar>>("batch_norm_train");
        checks["batch_norm_eval"] = [](const GoldenCase& c, double tolerance) {
            using Layer = typename Inside<BatchNorm>::template at<Current<Scalar>>;
            check_block<Layer>(c, tolerance,
                               [](Layer& layer) { Layer::template layer<"layer">(layer).is_frozen = true; });
        };
        add<AvgPool<2>, Current<Scalar, 8, 6, 4>>("avg_pool_2");
        add<AvgPool<2, 2, 0, Edge::average>, Current<Scalar, 8, 5, 3>>("avg_pool_2_ceil");
        add<AvgPool<3, 2, 1>, Current<Scalar, 8, 8, 6>>("avg_pool_3_2_1");
        add<Inside<GlobalContext<4>>, Current<Scalar>>("global_context");
        add<Inside<StepAttention<4>>, Current<Scalar>>("step_attention");
        add<BasicBlock<8, StaaLif<>>, SpikeMap<Scalar, 8, 6, 6>>("basic_block");
        add<PooledBlock<16, StaaLif<>>, SpikeMap<Scalar, 8, 6, 6>>("basic_block_down_pool");
        add<StridedBlock<16, StaaLif<>>, SpikeMap<Scalar, 8, 6, 6>>("basic_block_down_conv");
    }
};

template <class Scalar>
void check_blocks(double tolerance) {
    const Blocks<Scalar> blocks;
    const auto is_block = [](const std::string& name) {
        return !name.starts_with("net_") && !name.starts_with("option_") && !name.starts_with("layer_");
    };
    const int checked = check_cases(is_block, blocks.checks, tolerance);
    REQUIRE(checked > 30);
}

}  // namespace staa_tests
