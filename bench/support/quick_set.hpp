// SPDX-License-Identifier: MIT
// What `staa_bench --quick` measures: the kernels of one block of ResNet-20 at the shapes of the networks, and one network.
// docs/performance.md explains each line.
#pragma once

#include <string>

namespace staa_bench {

/// One line of the table.
struct QuickBenchmark {
    const char* group;  ///< heading above the line
    const char* title;  ///< what a reader sees
    const char* name;   ///< of the registered benchmark, up to "/min_time"
};

// One benchmark per line, so that the list is read as a table.
// clang-format off
/// In the order of the table. Of spikes 12.5 % fire; of the neurons of an input gradient 25 % are inside the window.
inline constexpr QuickBenchmark quick_set[] = {
    {"machine", "multiply-adds in registers: the peak", "machine/fma_peak/threads:1"},
    {"machine", "a = b + s c in memory: the triad", "machine/triad/threads:1"},
    {"convolution, forward", "3x3, image 32x32, 3 to 64", "convolution/dense/forward/side:32/in:3/out:64/kernel:3/stride:1"},
    {"convolution, forward", "3x3, spikes 16x16, 64 to 64", "convolution/spikes/forward/side:16/in:64/out:64/kernel:3/stride:1/permille:125"},
    {"convolution, forward", "3x3, spikes 4x4, 256 to 256", "convolution/spikes/forward/side:4/in:256/out:256/kernel:3/stride:1/permille:125"},
    {"convolution, forward", "3x3, spikes 16x16, 16 to 16, by tables", "convolution/tables/forward/side:16/in:16/out:16/kernel:3/stride:1"},
    {"convolution, forward", "3x3, values 16x16, 64 to 128, dense", "convolution/dense/forward/side:16/in:64/out:128/kernel:3/stride:1"},
    {"convolution, forward", "1x1, values 8x8, 64 to 128, dense", "convolution/dense/forward/side:8/in:64/out:128/kernel:1/stride:1"},
    {"convolution, weight gradient", "3x3, image 32x32, 3 to 64", "convolution/dense/weight_gradient/side:32/in:3/out:64/kernel:3/stride:1"},
    {"convolution, weight gradient", "3x3, spikes 16x16, 64 to 64", "convolution/pixels/weight_gradient/side:16/in:64/out:64/kernel:3/stride:1/permille:125"},
    {"convolution, weight gradient", "1x1, values 8x8, 64 to 128, dense", "convolution/dense/weight_gradient/side:8/in:64/out:128/kernel:1/stride:1"},
    {"convolution, input gradient", "3x3, spikes 16x16, 64 to 64", "convolution/pixels/input_gradient/side:16/in:64/out:64/kernel:3/stride:1/permille:250"},
    {"convolution, input gradient", "3x3, values 16x16, 64 to 128, dense", "convolution/dense/input_gradient/side:16/in:64/out:128/kernel:3/stride:1"},
    {"convolution, input gradient", "1x1, values 8x8, 64 to 128, dense", "convolution/dense/input_gradient/side:8/in:64/out:128/kernel:1/stride:1"},
    {"neurons, 16x16, 64 channels", "membrane forward, plain LIF", "membrane/forward/side:16/channels:64/images:16"},
    {"neurons, 16x16, 64 channels", "membrane forward, attention's coefficients", "membrane/forward_with_attention/side:16/channels:64/images:16"},
    {"neurons, 16x16, 64 channels", "membrane backward, plain LIF", "membrane/backward/side:16/channels:64/images:16"},
    {"neurons, 16x16, 64 channels", "membrane backward, attention's sums", "membrane/backward_with_sums/side:16/channels:64/images:16"},
    {"neurons, 16x16, 64 channels", "attention pools the pixels", "attention/pool_pixels/side:16/channels:64/images:16"},
    {"neurons, 16x16, 64 channels", "gradient of the currents", "attention/current_gradient/side:16/channels:64/images:16"},
    {"maps, 16x16, 64 channels", "batch norm, moments", "batch_norm/moments/side:16/channels:64/images:64"},
    {"maps, 16x16, 64 channels", "batch norm, sums of the gradients", "batch_norm/gradients/side:16/channels:64/images:64"},
    {"maps, 16x16, 64 channels", "2x2 pooling of spikes", "pooling/spikes/forward/side:16/channels:64/permille:125"},
    {"maps, 16x16, 64 channels", "2x2 pooling, gradient", "pooling/gradient/side:16/channels:64"},
    {"maps, 16x16, 64 channels", "spikes added to a map", "maps/add_spikes/side:16/channels:64/permille:125"},
    {"ResNet-20, width 16, STAA", "inference, T 4, 16 images", "network/inference/resnet20/width:16/staa/threads:1/T:4/N:16"},
    {"ResNet-20, width 16, STAA", "training step, T 4, 16 images", "network/training/resnet20/width:16/staa/threads:1/T:4/N:16"},
};
// clang-format on

/// The value of --benchmark_filter that selects these benchmarks and no others.
inline std::string quick_filter() {
    std::string names;
    for (const QuickBenchmark& benchmark : quick_set) {
        names.append(names.empty() ? "" : "|").append(benchmark.name);
    }
    return "^(" + names + ")(/|$)";
}

}  // namespace staa_bench
