// SPDX-License-Identifier: MIT
// Arithmetic per channel on maps [pixels, channels]: scale, shift, combine, and sums over the pixels of one map. The
// plain loops: plain/channels.hpp.
#pragma once

#include <algorithm>

#include "staa/core/strips.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {
/// Rows of a task; a fixed number, so that the order of sums does not depend on the number of threads.
inline constexpr Index rows_per_part = 256;
}  // namespace detail

/// y[p, c] = scale[c] · x[p, c] + shift[c]. A null scale stands for 1, a null shift for 0. With `accumulate` the result
/// is added to y.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void scale_channels(Index pixels, Index channels, const Scalar* x, const Scalar* scale, const Scalar* shift,
                                Scalar* y, bool accumulate = false) {
    for_strips<Scalar, Arch, 4>(pixels, channels, [&](auto lanes, Index c, Index first, Index last) {
        using V = typename decltype(lanes)::type;
        const V factor = scale != nullptr ? V::load_unaligned(scale + c) : V(Scalar(1));
        const V offset = shift != nullptr ? V::load_unaligned(shift + c) : V(Scalar(0));
        for (Index pixel = first; pixel < last; ++pixel) {
            const Index i = pixel * channels + c;
            V value = fma(factor, V::load_unaligned(x + i), offset);
            if (accumulate) {
                value = V::load_unaligned(y + i) + value;
            }
            value.store_unaligned(y + i);
        }
    });
}

/// The maps x and z [rows, channels] with a factor per channel each, and a shift: a · x + b · z + shift.
template <class Scalar>
struct ChannelCombination {
    const Scalar *a, *x;  ///< [channels], [rows, channels]
    const Scalar *b, *z;  ///< the same; both null: without
    const Scalar* shift;  ///< [channels]
};

/// y[row, c] = a[c] · x[row, c] + b[c] · z[row, c] + shift[c], on all threads. y may be x.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void combine_channels(Index rows, Index channels, const ChannelCombination<Scalar>& maps, Scalar* y) {
    const Index parts = (rows + detail::rows_per_part - 1) / detail::rows_per_part;
    parallel_for(parts, detail::rows_per_part * channels, [&](Index part) {
        const ChannelCombination<Scalar> of = maps;  // a copy: no store to y can change it
        const Index first = part * detail::rows_per_part, last = std::min(rows, first + detail::rows_per_part);
        for_strips<Scalar, Arch, 4>(last - first, channels, [&](auto lanes, Index c, Index begin, Index end) {
            using V = typename decltype(lanes)::type;
            const V scale = V::load_unaligned(of.a + c), offset = V::load_unaligned(of.shift + c);
            const V other = of.z != nullptr ? V::load_unaligned(of.b + c) : V(Scalar(0));
            for (Index row = begin; row < end; ++row) {
                const Index i = (first + row) * channels + c;
                V value = fma(scale, V::load_unaligned(of.x + i), offset);
                if (of.z != nullptr) {
                    value = fma(other, V::load_unaligned(of.z + i), value);
                }
                value.store_unaligned(y + i);
            }
        });
    });
}

namespace detail {
/// Divides `count` values, by one multiplication each.
template <class Scalar>
void divide(Index count, Scalar divisor, Scalar* values) {
    for (Index i = 0; i < count; ++i) {
        values[i] *= 1 / divisor;
    }
}
}  // namespace detail

/// mean[c] = mean over pixels of x[pixel, c].
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void mean_pixels(Index pixels, Index channels, const Scalar* x, Scalar* mean) {
    std::fill_n(mean, channels, Scalar(0));
    for_strips<Scalar, Arch, 4>(pixels, channels, [&](auto lanes, Index c, Index first, Index last) {
        using V = typename decltype(lanes)::type;
        V total = V::load_unaligned(mean + c);
        for (Index pixel = first; pixel < last; ++pixel) {
            total += V::load_unaligned(x + pixel * channels + c);
        }
        total.store_unaligned(mean + c);
    });
    detail::divide(channels, static_cast<Scalar>(pixels), mean);
}

/// sums[c] = sum over pixels of a[p, c] · b[p, c].
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void channel_products(Index pixels, Index channels, const Scalar* a, const Scalar* b, Scalar* sums) {
    std::fill_n(sums, channels, Scalar(0));
    for_strips<Scalar, Arch, 4>(pixels, channels, [&](auto lanes, Index c, Index first, Index last) {
        using V = typename decltype(lanes)::type;
        V sum = V::load_unaligned(sums + c);
        for (Index pixel = first; pixel < last; ++pixel) {
            const Index i = pixel * channels + c;
            sum = fma(V::load_unaligned(a + i), V::load_unaligned(b + i), sum);
        }
        sum.store_unaligned(sums + c);
    });
}

}  // namespace STAA_ABI
}  // namespace staa
