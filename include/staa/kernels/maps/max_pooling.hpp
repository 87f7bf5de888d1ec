// SPDX-License-Identifier: MIT
// Max pooling of analog maps and of spikes. Padding counts as minus infinity, so only pixels of the map are compared.
// Plain loops: plain/max_pooling.hpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "staa/core/simd.hpp"
#include "staa/kernels/maps/pooling.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Calls body(input pixel, position) for the pixels of the map in the window of output pixel (oy, ox), line by line.
/// The position is that in the window, ky · window + kx. The padding is at most half the window, so there is one pixel
/// at least.
template <class Body>
STAA_INLINE void for_positions(const PoolingShape& s, Index oy, Index ox, Body&& body) {
    const Index top = oy * s.stride - s.padding, left = ox * s.stride - s.padding;
    const Index last_y = std::min(top + s.window, s.in_height), last_x = std::min(left + s.window, s.in_width);
    for (Index y = std::max<Index>(top, 0); y < last_y; ++y) {
        for (Index x = std::max<Index>(left, 0); x < last_x; ++x) {
            body(y * s.in_width + x, (y - top) * s.window + (x - left));
        }
    }
}

/// The first pixel of the map in that window.
inline Index first_pixel(const PoolingShape& s, Index oy, Index ox) {
    return std::max<Index>(oy * s.stride - s.padding, 0) * s.in_width + std::max<Index>(ox * s.stride - s.padding, 0);
}

/// The first maximum of each lane over the window of one output pixel, and its position, as numbers. `map` [pixels,
/// channels] begins at the first of these channels.
template <class V, class Scalar>
STAA_INLINE void find_maxima(const PoolingShape& s, Index oy, Index ox, const Scalar* map, V& best, V& position) {
    const Index top = oy * s.stride - s.padding, left = ox * s.stride - s.padding;
    best = V(-std::numeric_limits<Scalar>::infinity());
    position = V(static_cast<Scalar>(std::max<Index>(-top, 0) * s.window + std::max<Index>(-left, 0)));
    for_positions(s, oy, ox, [&](Index in, Index k) STAA_INLINE_LAMBDA {
        const V value = V::load_unaligned(map + in * s.channels), here(static_cast<Scalar>(k));
        position = select(value > best, here, select(value == value, position, here));  // NaN wins too
        best = select(value > best, value, select(value == value, best, value));
    });
}

/// The bits of word `i` of a pixel that are channels.
inline std::uint64_t channel_bits(Index channels, Index i) {
    const Index rest = channels - 64 * i;
    return rest >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rest) - 1;
}

/// Calls take(input pixel, bits of word `i`) for the channels whose first maximum in the window is at that pixel: the
/// first spike, or the first pixel of the window where there is none. `x` is a map of bits. Every channel is taken
/// once.
template <class Take>
void for_first_maxima(const PoolingShape& s, Index oy, Index ox, const std::uint64_t* x, Index i, Take&& take) {
    const Index words = words_for(s.channels);
    std::uint64_t silent = channel_bits(s.channels, i);
    for_positions(s, oy, ox, [&](Index in, Index) {
        take(in, x[in * words + i] & silent);
        silent &= ~x[in * words + i];
    });
    take(first_pixel(s, oy, ox), silent);
}

}  // namespace detail

/// y[n, oy, ox, c] = the maximum of x[n, .., .., c] over the window, and positions[n, oy, ox, c] = where in the window
/// it is, ky · window + kx; both overwritten. Of equal values the first wins. NaN is larger than all, and of several
/// the last wins. That is what PyTorch's CPU kernel does. A null `positions` is not written: inference needs none.
template <class Scalar, class Position, class Arch = DefaultArch>
STAA_KERNEL void max_pool(const PoolingShape& s, const Scalar* x, Scalar* y, Position* positions) {
    detail::for_each_output(s, [&](Index image, Index out, Index oy, Index ox) {
        const Scalar* map = x + image * s.map_in() * s.channels;
        const Index to = (image * s.map_out() + out) * s.channels;
        for_lanes<Scalar, Arch>(s.channels, [&](auto lanes, Index c) STAA_INLINE_LAMBDA {
            using V = typename decltype(lanes)::type;
            V best, position;
            detail::find_maxima(s, oy, ox, map + c, best, position);
            best.store_unaligned(y + to + c);
            if (positions != nullptr) {
                Scalar numbers[V::size];
                position.store_unaligned(numbers);
                for (std::size_t i = 0; i < V::size; ++i) {
                    positions[to + c + static_cast<Index>(i)] = static_cast<Position>(numbers[i]);
                }
            }
        });
    });
}

/// dx[n, iy, ix, c] = the sum of dy[n, oy, ox, c] over the windows whose maximum is that pixel; dx overwritten.
template <class Scalar, class Position, class Arch = DefaultArch>
STAA_KERNEL void max_pool_gradient(const PoolingShape& s, const Position* positions, const Scalar* dy, Scalar* dx) {
    parallel_for(s.images, s.map_in() * s.channels, [&](Index image) {
        Scalar* map = dx + image * s.map_in() * s.channels;
        std::fill_n(map, s.map_in() * s.channels, Scalar(0));
        for (Index out = 0; out < s.map_out(); ++out) {
            const Index from = (image * s.map_out() + out) * s.channels;
            for_lanes<Scalar, Arch>(s.channels, [&](auto lanes, Index c) STAA_INLINE_LAMBDA {
                using V = typename decltype(lanes)::type;
                Scalar numbers[V::size];
                for (std::size_t i = 0; i < V::size; ++i) {
                    numbers[i] = static_cast<Scalar>(positions[from + c + static_cast<Index>(i)]);
                }
                const V position = V::load_unaligned(numbers), gradient = V::load_unaligned(dy + from + c);
                detail::for_positions(
                    s, out / s.out_width, out % s.out_width, [&](Index in, Index k) STAA_INLINE_LAMBDA {
                        Scalar* to = map + in * s.channels + c;
                        const V here(static_cast<Scalar>(k));
                        (V::load_unaligned(to) + select(position == here, gradient, V(Scalar(0)))).store_unaligned(to);
                    });
            });
        }
    });
}

/// Spikes [pixels, words]: a bit of y is set if any in its window is, for the maximum of zeros and ones is their OR. If
/// x_window is not null, a bit of y_window is that of x_window at the first maximum; y and y_window overwritten.
STAA_KERNEL inline void max_pool_spikes(const PoolingShape& s, const std::uint64_t* x, const std::uint64_t* x_window,
                                        std::uint64_t* y, std::uint64_t* y_window) {
    const Index words = words_for(s.channels);
    detail::for_each_output(s, [&](Index image, Index out, Index oy, Index ox) {
        const Index from = image * s.map_in() * words, to = (image * s.map_out() + out) * words;
        for (Index i = 0; i < words; ++i) {
            std::uint64_t fired = 0;
            detail::for_positions(s, oy, ox, [&](Index in, Index) { fired |= x[from + in * words + i]; });
            y[to + i] = fired;
        }
        for (Index i = 0; i < words && x_window != nullptr; ++i) {
            std::uint64_t inside = 0;
            detail::for_first_maxima(s, oy, ox, x + from, i, [&](Index in, std::uint64_t channels) {
                inside |= channels & x_window[from + in * words + i];
            });
            y_window[to + i] = inside;
        }
    });
}

/// The gradient of pooled spikes goes to the first maximum: the first neuron of the window that fired, or the first one
/// where none did; dx [pixels, channels] overwritten.
template <class Scalar>
STAA_KERNEL void max_pool_spikes_gradient(const PoolingShape& s, const std::uint64_t* x, const Scalar* dy, Scalar* dx) {
    const Index words = words_for(s.channels);
    parallel_for(s.images, s.map_in() * s.channels, [&](Index image) {
        Scalar* map = dx + image * s.map_in() * s.channels;
        std::fill_n(map, s.map_in() * s.channels, Scalar(0));
        for (Index out = 0; out < s.map_out(); ++out) {
            const Scalar* from = dy + (image * s.map_out() + out) * s.channels;
            for (Index i = 0; i < words; ++i) {
                detail::for_first_maxima(s, out / s.out_width, out % s.out_width, x + image * s.map_in() * words, i,
                                         [&](Index in, std::uint64_t channels) {
                                             for_active_channels(&channels, 1, [&](Index bit) {
                                                 map[in * s.channels + 64 * i + bit] += from[64 * i + bit];
                                             });
                                         });
            }
        }
    });
}

}  // namespace STAA_ABI
}  // namespace staa
