// SPDX-License-Identifier: MIT
// The statistics of batch norm over the batches of several processes.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "staa/core/process_group.hpp"
#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {
/// Replaces the mean and the biased variance [channels] of `count` values of this process by those of all processes, and
/// returns the number of values of all. Squares are taken of the distance to `near`, a number per channel that is equal in
/// all processes, such as the running mean: thus little is lost to rounding where the mean is large.
template <class Scalar>
double share_moments(ProcessGroup& group, Index channels, double count, const Scalar* near, Scalar* mean,
                     Scalar* variance) {
    std::vector<double> sums(static_cast<std::size_t>(2 * channels + 1));
    double* first = sums.data();
    double* second = first + channels;
    for (Index c = 0; c < channels; ++c) {
        const double distance = static_cast<double>(mean[c]) - static_cast<double>(near[c]);
        first[c] = count * distance;
        second[c] = count * (static_cast<double>(variance[c]) + distance * distance);
    }
    sums.back() = count;
    group.sum(sums.data(), static_cast<std::ptrdiff_t>(sums.size()));
    const double all = sums.back();
    for (Index c = 0; c < channels; ++c) {
        const double distance = first[c] / all;
        mean[c] = static_cast<Scalar>(static_cast<double>(near[c]) + distance);
        variance[c] = static_cast<Scalar>(std::fmax(second[c] / all - distance * distance, 0.0));
    }
    return all;
}

/// Replaces `count` values by their sums over all processes.
template <class Scalar>
void share_sums(ProcessGroup& group, Index count, Scalar* values) {
    std::vector<double> sums(values, values + count);
    group.sum(sums.data(), count);
    for (Index i = 0; i < count; ++i) {
        values[i] = static_cast<Scalar>(sums[static_cast<std::size_t>(i)]);
    }
}

/// Running averages [count] take in the statistic of every process, in the order of the ranks: the same as
///     for each rank: average += rate · (statistic of the rank - average)
template <class Scalar>
void absorb_of_all(ProcessGroup& group, Index count, double rate, const Scalar* statistic, Scalar* average) {
    const double weight = rate * std::pow(1 - rate, group.size() - 1 - group.rank());
    const double kept = std::pow(1 - rate, group.size());
    std::vector<double> sums(static_cast<std::size_t>(count));
    for (Index i = 0; i < count; ++i) {
        sums[static_cast<std::size_t>(i)] = weight * static_cast<double>(statistic[i]);
    }
    group.sum(sums.data(), count);
    for (Index i = 0; i < count; ++i) {
        average[i] = static_cast<Scalar>(kept * static_cast<double>(average[i]) + sums[static_cast<std::size_t>(i)]);
    }
}

}  // namespace STAA_ABI
}  // namespace staa
