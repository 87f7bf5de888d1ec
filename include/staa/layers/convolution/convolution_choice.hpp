// SPDX-License-Identifier: MIT
// Maps of which much is 0 can be convolved over lists of what is not, or whole. Both give the same up to rounding.
#pragma once

#include "staa/core/shape.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Which kernels convolutions take: of spikes, and, but for the input gradient, of pooled spikes and other analog maps too.
enum class ConvolutionChoice {
    by_rate,  ///< the fastest ones, by the measured share of the input that counts and, of spikes forward, by the shape
    sparse,   ///< always those over lists; where there are none (an input gradient without window), dense ones
    dense,    ///< always those over numbers
};

/// The kernels that there are.
enum class ConvolutionKernel {
    dense,   ///< over numbers
    lists,   ///< over lists of what counts
    tables,  ///< of spikes to few channels, forward: over tables of sums of weights
};

/// What a convolution measured and took in one forward and backward; `for_each_convolution` shows it.
struct ConvolutionUse {
    double firing_rate = 0;  ///< share of its input that is not 0: of spikes, of the neurons that fire
    double window = 1;       ///< share of them inside the surrogate's window; 1 where it is unknown
    ConvolutionKernel forward = ConvolutionKernel::dense;
    ConvolutionKernel weight_gradient = ConvolutionKernel::dense;
    ConvolutionKernel input_gradient = ConvolutionKernel::dense;
};

namespace detail {

/// Below which share of neurons the lists are faster, by the number of channels that lie along the vectors. Measured:
/// docs/performance.md.
struct SparseLimits {
    double forward, weight_gradient, input_gradient;
    double analog_forward, analog_weight_gradient;  ///< of maps that are not spikes, by the share that is not 0
};
constexpr SparseLimits sparse_limits(Index channels) {
    return channels < 32 ? SparseLimits{0.2, 0.5, 0.4, 0.15, 0.4} : SparseLimits{0.6, 0.6, 0.5, 0.5, 0.6};
}

/// Share of the taps of a stride 1 convolution that lie inside a map of `size` pixels a side: dense kernels leave out the
/// others, those over tiles with a border don't.
constexpr double taps_inside(Index kernel, Index size) {
    Index inside = 0;
    for (Index tap = 0; tap < kernel; ++tap) {
        const Index distance = tap < kernel / 2 ? kernel / 2 - tap : tap - kernel / 2;
        inside += distance < size ? size - distance : 0;
    }
    return static_cast<double>(inside) / static_cast<double>(kernel * size);
}

/// Lists where they exist and are wanted: always, or below the limit.
inline ConvolutionKernel lists_or_dense(bool exist, ConvolutionChoice choice, double share, double limit) {
    const bool wanted = choice == ConvolutionChoice::sparse || (choice == ConvolutionChoice::by_rate && share < limit);
    return exist && wanted ? ConvolutionKernel::lists : ConvolutionKernel::dense;
}

/// Whether tables are faster than lists and dense kernels at any firing rate: their time grows with the output channels, and
/// with tables beyond the caches. Not by the rate, for they round otherwise than the others.
constexpr bool tables_are_fastest(Index channels, Index bytes) { return channels <= 32 && bytes <= 256 * 1024; }

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
