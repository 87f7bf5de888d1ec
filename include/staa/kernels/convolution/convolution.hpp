// SPDX-License-Identifier: MIT
// Every convolution kernel, and which one runs.
//
// In each part of the table the first line whose condition holds is taken. The name in brackets is the condition in the
// code: it is below or in the file that is named; "layers:" means layers/convolution/. Of two limits, the first is for
// fewer than 32 output channels, the second for 32 or more (sparse_limits, layers: convolution_choice.hpp). A rate is
// the share of the input that is not 0. Rates and tables count where ConvolutionChoice is by_rate: `sparse` takes
// kernels over lists at any rate, `dense` takes none of them, and both take no tables.
// Measured: K is the section "The kernels" of docs/performance.md. D, F and G are the sections "Dense convolutions",
// "Convolutions of spikes, forward" and "Gradients of convolutions of spikes" of bench/NOTES.md.
//
// input     condition                                                      kernel, file                       measured
// --- Forward, chosen by layers: conv2d.hpp (Source) ---
// spikes    out <= 32 and tables <= 256 KB (tables_are_fastest, layers:    table_convolution                  K F
//           convolution_choice.hpp), lines fit (fits_tables,               table_convolution.hpp
//           table_convolution.hpp)
// spikes    rate < 0.2 | 0.6, an entry can name every pixel and channel    spike_convolution                  K F
//           of a line (holds, active_channels.hpp)                         spike_convolution.hpp
// image,    rate < 0.15 | 0.5, entries as above                            spike_convolution                  K
// analog,                                                                  spike_convolution.hpp
// pooled
// any       else; spikes as numbers                                        dense_convolution
// --- Weights' gradient, chosen by layers: convolution_gradient.hpp ---
// spikes    rate < 0.5 | 0.6, stride 1, kernel <= 3, map of more than 4    spike_weight_gradient              K G
//           pixels or without entries (is_over_tiles)                      spike_gradients.hpp
// spikes    rate < 0.5 | 0.6, entries as above (fits_channel_lists)        spike_convolution_weight_gradient  K G
//                                                                          channel_list_gradient.hpp
// image,    rate < (0.4 | 0.6) · share of taps inside the map              spike_weight_gradient              K G
// analog,   (taps_inside, layers: convolution_choice.hpp), stride 1,       spike_gradients.hpp
// pooled    kernel <= 3 (fits_tiles)
// any       else; spikes as numbers                                        dense_convolution_weight_gradient
// --- Input gradient, chosen by layers: convolution_gradient.hpp ---
// spikes    share inside the window < (0.4 | 0.5) · taps_inside, stride    windowed_input_gradient            K G
// with      1, kernel <= 3 (fits_tiles)                                    spike_gradients.hpp
// window
// any       else                                                           dense_convolution_input_gradient
// --- Both gradients at once ---
// spikes    both over lists of pixels, few sums (fits_both_gradients,      spike_gradients                    K G
//           spike_gradients.hpp)                                           spike_gradients.hpp
// --- dense_convolution ---
// numbers   kernel > 1, in <= 64, map >= 64 pixels, a block's weights <=   narrow_convolution                 D
//           24 KB, lines fit (is_narrow)                                   narrow_convolution.hpp
// numbers   kernel 1, padding 0, out fills vectors (is_pointwise)          pointwise_convolution              D
//                                                                          pointwise_convolution.hpp
// numbers   else                                                           general_convolution                K
//                                                                          general_convolution.hpp
// --- dense_convolution_weight_gradient ---
// numbers   kernel > 1, kernel · in <= 96, map >= 64 pixels, lines fit     narrow_weight_gradient             D
//           (has_narrow_weight_gradient)                                   narrow_weight_gradient.hpp
// numbers   else                                                           general_weight_gradient            K D
//                                                                          general_weight_gradient.hpp
// --- dense_convolution_input_gradient ---
// dy        kernel > 1, 2 · in <= lanes, map >= 64 pixels, lines and       narrow_input_gradient              D
//           products fit (has_narrow_input_gradient)                       narrow_input_gradient.hpp
// dy        stride 1, and the convolution of dy is narrow (is_narrow of    narrow_convolution                 D
//           turned_round)                                                  narrow_convolution.hpp
// dy        kernel 1, padding 0, in fills vectors (is_pointwise)           pointwise_convolution              D
//                                                                          pointwise_convolution.hpp
// dy        else                                                           general_input_gradient             K
//                                                                          general_convolution.hpp
#pragma once

#include <algorithm>
#include <type_traits>

#include "staa/kernels/convolution/channel_list_gradient.hpp"
#include "staa/kernels/convolution/general_convolution.hpp"
#include "staa/kernels/convolution/general_weight_gradient.hpp"
#include "staa/kernels/convolution/narrow_convolution.hpp"
#include "staa/kernels/convolution/narrow_input_gradient.hpp"
#include "staa/kernels/convolution/narrow_weight_gradient.hpp"
#include "staa/kernels/convolution/packed_weights.hpp"
#include "staa/kernels/convolution/pointwise_convolution.hpp"
#include "staa/kernels/convolution/spike_convolution.hpp"
#include "staa/kernels/convolution/spike_gradients.hpp"
#include "staa/kernels/convolution/table_convolution.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// Whether a map has so many pixels that the narrow kernels pay: on smaller ones too many of their taps read the
/// border.
constexpr bool is_large_map(Index height, Index width) { return height * width >= 64; }

/// Whether the weights of every block are few, and the lines that one output line reads fit. A kernel of one pixel is
/// left out: its only tap keeps the sums in registers anyway.
template <class Scalar, class Arch>
constexpr bool is_narrow(const ConvolutionShape& s) {
    using B = Blocking<Scalar, Arch>;
    const Index width = std::min(B::width, B::vectors(0, s.out_channels) * B::lanes);
    return s.kernel > 1 && s.in_channels <= 64 && is_large_map(s.out_height, s.out_width) &&
           s.taps() * s.in_channels * width * static_cast<Index>(sizeof(Scalar)) <= 24 * 1024 &&
           lines_read(s, 1) * padded_width(s) * s.in_channels <= narrow_capacity;
}

/// Whether the convolution, or its input gradient, is a matrix product with `columns` columns that fill whole vectors.
template <class Scalar, class Arch>
constexpr bool is_pointwise(const ConvolutionShape& s, Index columns) {
    return s.kernel == 1 && s.padding == 0 && columns % Blocking<Scalar, Arch>::lanes == 0;
}

/// Whether the columns of one tap fill half a vector at most, and the lines and products of a task fit.
template <class Scalar, class Arch>
constexpr bool has_narrow_input_gradient(const ConvolutionShape& s) {
    return s.kernel > 1 && 2 * s.in_channels <= Blocking<Scalar, Arch>::lanes &&
           is_large_map(s.in_height, s.in_width) && s.in_width <= narrow_line &&
           s.kernel * s.out_width * product_columns<Scalar, Arch>(s) <= narrow_products;
}

/// Whether an output pixel reads little of a line, and the lines that one output line reads fit.
constexpr bool has_narrow_weight_gradient(const ConvolutionShape& s) {
    return s.kernel > 1 && s.kernel * s.in_channels <= 96 && is_large_map(s.out_height, s.out_width) &&
           s.out_width <= narrow_gradient_pixels &&
           lines_read(s, 1) * padded_width(s) * s.in_channels <= narrow_capacity;
}

/// The convolution of dy with the taps in reverse order that an input gradient of stride 1 is. Its padding may be
/// negative.
constexpr ConvolutionShape turned_round(const ConvolutionShape& s) {
    return {.images = s.images,
            .in_height = s.out_height,
            .in_width = s.out_width,
            .in_channels = s.out_channels,
            .out_height = s.in_height,
            .out_width = s.in_width,
            .out_channels = s.in_channels,
            .kernel = s.kernel,
            .stride = 1,
            .padding = s.kernel - 1 - s.padding};
}

}  // namespace detail

/// y[n, oy, ox, o] = sum over ky, kx, i of x[n, oy·stride + ky - padding, ox·stride + kx - padding, i] · w[ky, kx, i,
/// o] + bias[o]. x [images, in_height, in_width, in]; packed by `pack_convolution_weights`, aligned to 64 bytes; bias
/// [out], or null; y overwritten. The order of the sum is that of `spike_convolution`: of spikes both give the same
/// bits.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void dense_convolution(const ConvolutionShape& s, const Scalar* x, const Scalar* packed,
                                   const std::type_identity_t<Scalar>* bias, Scalar* y) {
    if (detail::is_narrow<Scalar, Arch>(s)) {
        detail::narrow_convolution<Arch>(s, x, packed, false, bias, y);
    } else if (detail::is_pointwise<Scalar, Arch>(s, s.out_channels)) {
        detail::pointwise_convolution<Arch, Scalar>(
            {x, s.in_channels, s.in_channels, detail::prefetches(s)}, {s.out_pixels(), s.out_channels, bias, y}, packed,
            [&](Index first, Index last, auto& pairs) { pairs_of_outputs(s, 0, first, last, pairs); });
    } else {
        detail::general_convolution<Arch>(s, x, packed, bias, y);
    }
}

/// Packs weights [kernel, kernel, in, out] for `dense_convolution_input_gradient` of the same sizes and architecture,
/// into at most as many scalars as `pack_transposed_weights` takes.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void pack_input_gradient_weights(const ConvolutionShape& s, const Scalar* weight, Scalar* packed) {
    const Index taps = detail::has_narrow_input_gradient<Scalar, Arch>(s) ? 1 : s.taps();
    pack_transposed_weights<Scalar, Arch>(taps, s.taps() / taps * s.in_channels, s.out_channels, weight, packed);
}

/// The transpose: dx[n, iy, ix, i] = sum over the outputs that read the pixel, and o, of dy[.., o] · w[ky, kx, i, o].
/// packed by `pack_input_gradient_weights`, aligned to 64 bytes; dx [images, in_height, in_width, in] overwritten.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void dense_convolution_input_gradient(const ConvolutionShape& s, const Scalar* dy, const Scalar* packed,
                                                  Scalar* dx) {
    const ConvolutionShape turned = detail::turned_round(s);
    if (detail::has_narrow_input_gradient<Scalar, Arch>(s)) {
        detail::narrow_input_gradient<Arch>(s, dy, packed, dx);
    } else if (s.stride == 1 && turned.padding >= 0 && detail::is_narrow<Scalar, Arch>(turned)) {
        detail::narrow_convolution<Arch, Scalar>(turned, dy, packed, true, nullptr, dx);
    } else if (detail::is_pointwise<Scalar, Arch>(s, s.in_channels)) {
        detail::pointwise_convolution<Arch, Scalar>(
            {dy, s.out_channels, s.out_channels, detail::prefetches(s)}, {s.in_pixels(), s.in_channels, nullptr, dx},
            packed, [&](Index first, Index last, auto& pairs) { pairs_of_inputs(s, 0, first, last, pairs); });
    } else {
        detail::general_input_gradient<Arch>(s, dy, packed, dx);
    }
}

/// dw[ky, kx, i, o] = sum over n, oy, ox of x[n, oy·stride + ky - padding, .., i] · dy[n, oy, ox, o]
/// packed: overwritten, laid out as by `pack_weights`, aligned to 64 bytes; `add_packed_weights` adds it to a gradient.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void dense_convolution_weight_gradient(const ConvolutionShape& s, const Scalar* x, const Scalar* dy,
                                                   Scalar* packed) {
    if (detail::has_narrow_weight_gradient(s)) {
        detail::narrow_weight_gradient<Arch>(s, x, dy, packed);
    } else {
        detail::general_weight_gradient<Arch>(s, x, dy, packed);
    }
}

}  // namespace STAA_ABI
}  // namespace staa
