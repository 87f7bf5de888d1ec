// SPDX-License-Identifier: MIT
// Sums over all pixels, channel by channel: batch norm's statistics and gradients. Plain loops: plain/channel_sums.hpp.
#pragma once

#include <algorithm>

#include "staa/core/scratch.hpp"
#include "staa/core/strips.hpp"
#include "staa/kernels/maps/channels.hpp"

namespace staa {
inline namespace STAA_ABI {

/// mean[c] and variance[c] (biased) over `rows` rows of x [rows, channels]. The rows are cut into parts. Each part
/// computes its mean first, as the distance from its first row, then the squared distances from the mean; the parts are
/// joined as by Chan, Golub and LeVeque (1979). So nothing cancels if the mean is large, and a channel whose values are
/// all equal has exactly this mean, and variance 0.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void channel_moments(Arena& arena, Index rows, Index channels, const Scalar* x, Scalar* mean,
                                 Scalar* variance) {
    const Index parts = (rows + detail::rows_per_part - 1) / detail::rows_per_part;
    const Scratch<Scalar> moments(arena, 2 * parts * channels);
    parallel_for(parts, detail::rows_per_part * channels, [&](Index part) {
        const Index first = part * detail::rows_per_part, last = std::min(rows, first + detail::rows_per_part);
        const Scalar* part_x = x + first * channels;
        Scalar* part_mean = moments.data() + 2 * part * channels;
        Scalar* part_squares = part_mean + channels;
        std::fill_n(part_mean, 2 * channels, Scalar(0));
        for_strips<Scalar, Arch, 4>(last - first, channels, [&](auto lanes, Index c, Index begin, Index end) {
            using V = typename decltype(lanes)::type;
            const V origin = V::load_unaligned(part_x + c);
            V sum = V::load_unaligned(part_mean + c);
            for (Index row = begin; row < end; ++row) {
                sum += V::load_unaligned(part_x + row * channels + c) - origin;
            }
            sum.store_unaligned(part_mean + c);
        });
        for (Index c = 0; c < channels; ++c) {
            part_mean[c] = part_x[c] + part_mean[c] * (Scalar(1) / static_cast<Scalar>(last - first));
        }
        for_strips<Scalar, Arch, 4>(last - first, channels, [&](auto lanes, Index c, Index begin, Index end) {
            using V = typename decltype(lanes)::type;
            const V center = V::load_unaligned(part_mean + c);
            V squares = V::load_unaligned(part_squares + c);
            for (Index row = begin; row < end; ++row) {
                const V distance = V::load_unaligned(part_x + row * channels + c) - center;
                squares = fma(distance, distance, squares);
            }
            squares.store_unaligned(part_squares + c);
        });
    });
    std::copy_n(moments.data(), channels, mean);
    std::copy_n(moments.data() + channels, channels, variance);
    for (Index part = 1; part < parts; ++part) {
        const Scalar* part_mean = moments.data() + 2 * part * channels;
        const Scalar before = static_cast<Scalar>(part * detail::rows_per_part);
        const Scalar count = static_cast<Scalar>(std::min(rows - part * detail::rows_per_part, detail::rows_per_part));
        for (Index c = 0; c < channels; ++c) {
            const Scalar distance = part_mean[c] - mean[c];
            mean[c] += distance * (count / (before + count));
            variance[c] += part_mean[channels + c] + distance * distance * (before * (count / (before + count)));
        }
    }
    for (Index c = 0; c < channels; ++c) {
        variance[c] /= static_cast<Scalar>(rows);
    }
}

/// The sums from which batch norm computes its gradients, [channels] each.
template <class Scalar>
struct ChannelGradients {
    Scalar *sum, *product;
};

/// sum[c] = sum of dy[row, c], product[c] = sum of dy[row, c] · (x[row, c] - mean[c]), over `rows` rows.
template <class Scalar, class Arch = DefaultArch>
STAA_KERNEL void channel_gradients(Arena& arena, Index rows, Index channels, const Scalar* x, const Scalar* mean,
                                   const Scalar* dy, const ChannelGradients<Scalar>& to) {
    const Index parts = (rows + detail::rows_per_part - 1) / detail::rows_per_part;
    const Scratch<Scalar> sums(arena, 2 * parts * channels);
    parallel_for(parts, detail::rows_per_part * channels, [&](Index part) {
        const Index first = part * detail::rows_per_part, last = std::min(rows, first + detail::rows_per_part);
        const Scalar* part_x = x + first * channels;
        const Scalar* part_dy = dy + first * channels;
        Scalar* part_sum = sums.data() + 2 * part * channels;
        std::fill_n(part_sum, 2 * channels, Scalar(0));
        for_strips<Scalar, Arch, 4>(last - first, channels, [&](auto lanes, Index c, Index begin, Index end) {
            using V = typename decltype(lanes)::type;
            const V center = V::load_unaligned(mean + c);
            V total = V::load_unaligned(part_sum + c), products = V::load_unaligned(part_sum + channels + c);
            for (Index row = begin; row < end; ++row) {
                const V value = V::load_unaligned(part_dy + row * channels + c);
                total += value;
                products = fma(value, V::load_unaligned(part_x + row * channels + c) - center, products);
            }
            total.store_unaligned(part_sum + c);
            products.store_unaligned(part_sum + channels + c);
        });
    });
    std::fill_n(to.sum, channels, Scalar(0));
    std::fill_n(to.product, channels, Scalar(0));
    for (Index part = 0; part < parts; ++part) {
        const Scalar* part_sum = sums.data() + 2 * part * channels;
        for (Index c = 0; c < channels; ++c) {
            to.sum[c] += part_sum[c];
            to.product[c] += part_sum[channels + c];
        }
    }
}

}  // namespace STAA_ABI
}  // namespace staa
