// SPDX-License-Identifier: MIT
// Average pooling of analog maps and of spikes. The plain loops: plain/pooling.hpp.
#pragma once

#include <algorithm>
#include <cstdint>

#include "staa/core/bit_positions.hpp"
#include "staa/core/spikes.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Sizes of a pooling of [images, height, width, channels] by a square window.
struct PoolingShape {
    Index images, in_height, in_width, out_height, out_width, channels;
    Index window, stride, padding;
    bool count_padding;  ///< divide by window²; if not, by the number of pixels inside the image

    constexpr Index map_in() const { return in_height * in_width; }
    constexpr Index map_out() const { return out_height * out_width; }
};

namespace detail {

/// Calls body(input pixel, weight) for the pixels of a map whose average is output pixel (oy, ox).
template <class Scalar, class Body>
void for_window(const PoolingShape& s, Index oy, Index ox, Body&& body) {
    const Index top = oy * s.stride - s.padding, left = ox * s.stride - s.padding;
    const Index first_y = std::max<Index>(top, 0), last_y = std::min(top + s.window, s.in_height);
    const Index first_x = std::max<Index>(left, 0), last_x = std::min(left + s.window, s.in_width);
    const Index counted = s.count_padding ? s.window * s.window : (last_y - first_y) * (last_x - first_x);
    const Scalar weight = Scalar(1) / static_cast<Scalar>(counted);
    for (Index y = first_y; y < last_y; ++y) {
        for (Index x = first_x; x < last_x; ++x) {
            body(y * s.in_width + x, weight);
        }
    }
}

/// Calls body(image, output pixel of the map, oy, ox) for every output pixel, images in parallel.
template <class Body>
void for_each_output(const PoolingShape& s, Body&& body) {
    parallel_for(s.images, s.map_in() * s.channels, [&](Index image) {
        for (Index oy = 0; oy < s.out_height; ++oy) {
            for (Index ox = 0; ox < s.out_width; ++ox) {
                body(image, oy * s.out_width + ox, oy, ox);
            }
        }
    });
}

}  // namespace detail

/// y[n, oy, ox, c] = the mean of x[n, .., .., c] over the window; y overwritten.
template <class Scalar>
STAA_KERNEL void average_pool(const PoolingShape& s, const Scalar* x, Scalar* y) {
    detail::for_each_output(s, [&](Index image, Index out, Index oy, Index ox) {
        Scalar* to = y + (image * s.map_out() + out) * s.channels;
        std::fill(to, to + s.channels, Scalar(0));
        detail::for_window<Scalar>(s, oy, ox, [&](Index in, Scalar weight) {
            const Scalar* from = x + (image * s.map_in() + in) * s.channels;
            for (Index c = 0; c < s.channels; ++c) {
                to[c] += weight * from[c];
            }
        });
    });
}

/// The same for spikes, bits [pixels, words].
template <class Scalar>
STAA_KERNEL void average_pool(const PoolingShape& s, const std::uint64_t* x, Scalar* y) {
    const Index words = words_for(s.channels);
    detail::for_each_output(s, [&](Index image, Index out, Index oy, Index ox) {
        Scalar* to = y + (image * s.map_out() + out) * s.channels;
        std::fill(to, to + s.channels, Scalar(0));
        detail::for_window<Scalar>(s, oy, ox, [&](Index in, Scalar weight) {
            detail::add_bits(x + (image * s.map_in() + in) * words, s.channels, weight, to);
        });
    });
}

/// dx[n, iy, ix, c] = the sum of weight · dy over the windows that contain the pixel; dx overwritten.
template <class Scalar>
STAA_KERNEL void average_pool_gradient(const PoolingShape& s, const Scalar* dy, Scalar* dx) {
    parallel_for(s.images, s.map_in() * s.channels, [&](Index image) {
        Scalar* map = dx + image * s.map_in() * s.channels;
        std::fill(map, map + s.map_in() * s.channels, Scalar(0));
        for (Index oy = 0; oy < s.out_height; ++oy) {
            for (Index ox = 0; ox < s.out_width; ++ox) {
                const Scalar* from = dy + (image * s.map_out() + oy * s.out_width + ox) * s.channels;
                detail::for_window<Scalar>(s, oy, ox, [&](Index in, Scalar weight) {
                    Scalar* to = map + in * s.channels;
                    for (Index c = 0; c < s.channels; ++c) {
                        to[c] += weight * from[c];
                    }
                });
            }
        }
    });
}

}  // namespace STAA_ABI
}  // namespace staa
