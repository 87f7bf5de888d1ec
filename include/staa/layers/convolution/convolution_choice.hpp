// SPDX-License-Identifier: MIT
// Which kernels a convolution takes. A map with many zeros can be convolved over lists of its other values, or whole.
// Both give the same result up to rounding.
#pragma once

#include "staa/core/shape.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Which kernels convolutions take. Lists exist for spikes, for pooled spikes and for other analog maps; of the latter
/// two the input gradient is always dense.
enum class ConvolutionChoice {
    by_rate,  ///< the fastest ones, by the measured share of the input that is not 0; tables by the shape alone
    sparse,   ///< lists wherever they exist; they do not for the input gradient of spikes without a window
    dense,    ///< dense kernels, which read the zeros too
};

/// The kinds of kernels.
enum class ConvolutionKernel {
    dense,   ///< over numbers
    lists,   ///< over lists of the values that are not 0
    tables,  ///< forward, of spikes to few channels: looks up sums of weights
};

/// What a convolution measured and which kernels it took in one forward and backward. `for_each_convolution` shows it.
struct ConvolutionUse {
    double firing_rate = 0;  ///< share of its input that is not 0; of spikes, the neurons that fire
    double window = 1;       ///< share of the input's neurons inside the surrogate's window; 1 where it is unknown
    ConvolutionKernel forward = ConvolutionKernel::dense;
    ConvolutionKernel weight_gradient = ConvolutionKernel::dense;  ///< the kernel of the gradient of the weights
    ConvolutionKernel input_gradient = ConvolutionKernel::dense;   ///< the kernel of the gradient of the input
};

namespace detail {

/// Lists are faster below these shares. They depend on the number of channels that lie along the vectors. Measured:
/// docs/performance.md.
struct SparseLimits {
    double forward, weight_gradient, input_gradient;
    double analog_forward, analog_weight_gradient;  ///< of maps that are not spikes, by the share that is not 0
};
constexpr SparseLimits sparse_limits(Index channels) {
    return channels < 32 ? SparseLimits{0.2, 0.5, 0.4, 0.15, 0.4} : SparseLimits{0.6, 0.6, 0.5, 0.5, 0.6};
}

/// The share of the taps of a stride 1 convolution that lie inside a map of `size` pixels per side. Dense kernels skip
/// the taps outside; kernels over tiles with a border do not.
constexpr double taps_inside(Index kernel, Index size) {
    Index inside = 0;
    for (Index tap = 0; tap < kernel; ++tap) {
        const Index distance = tap < kernel / 2 ? kernel / 2 - tap : tap - kernel / 2;
        inside += distance < size ? size - distance : 0;
    }
    return static_cast<double>(inside) / static_cast<double>(kernel * size);
}

/// Lists if they exist and `choice` wants them: always, or where `share` is below `limit`.
inline ConvolutionKernel lists_or_dense(bool exist, ConvolutionChoice choice, double share, double limit) {
    const bool wanted = choice == ConvolutionChoice::sparse || (choice == ConvolutionChoice::by_rate && share < limit);
    return exist && wanted ? ConvolutionKernel::lists : ConvolutionKernel::dense;
}

/// Whether tables are faster than lists and dense kernels at any firing rate. Their time grows with the output
/// channels, and with tables larger than the caches. The rate does not decide: tables round otherwise than the other
/// kernels, and results must not depend on it.
constexpr bool tables_are_fastest(Index channels, Index bytes) { return channels <= 32 && bytes <= 256 * 1024; }

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
