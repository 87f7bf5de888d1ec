// SPDX-License-Identifier: MIT
// Gradients of a whole network: whether they are finite, their norm, and their clipping.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "staa/core/finite.hpp"
#include "staa/core/parallel.hpp"
#include "staa/core/tensor.hpp"
#include "staa/networks/finite_pass.hpp"
#include "staa/training/parameter_group.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Sums value(i) over [0, size), in at most 64 blocks whose limits follow from `size`: the same bits for any number of
/// threads.
template <class Value>
double blockwise_sum(Index size, const Value& value) {
    constexpr Index most = 64, least_block = 4096;
    const Index block = std::max(least_block, (size + most - 1) / most);
    const Index blocks = (size + block - 1) / block;
    std::array<double, most> sums{};
    parallel_for(blocks, block, [&](Index b) {
        double sum = 0;
        for (Index i = b * block; i < std::min(size, (b + 1) * block); ++i) {
            sum += value(i);
        }
        sums[static_cast<std::size_t>(b)] = sum;
    });
    return std::accumulate(sums.begin(), sums.end(), 0.0);
}

template <class Scalar>
double sum_of_squares(const Scalar* values, Index size) {
    return blockwise_sum(size,
                         [values](Index i) { return static_cast<double>(values[i]) * static_cast<double>(values[i]); });
}

}  // namespace detail

/// Throws an `Error` if a gradient of the network is NaN or infinite. It names `caller`, the last such parameter in the
/// order of the network, whose gradient `backward` computes first, and the position in it.
template <class Net>
void check_gradients_are_finite(const Net& net, const char* caller) {
    const std::string fault = detail::gradient_fault(net);
    if (!fault.empty()) {
        fail(caller, ": ", fault, "; nothing was changed. Look for values in the images that are not ",
             "finite, or take a smaller learning rate");
    }
}

/// The norm of all gradients of a network together: the square root of the sum of their squares, which is added up in
/// double and in an order that does not depend on the number of threads. Parameters that `groups` freeze do not count,
/// as in PyTorch. The norm of gradients that are not finite is not finite either.
template <class Net>
double gradient_norm(const Net& net, const std::vector<ParameterGroup>& groups = {}) {
    double sum = 0;
    net.visit(
        [&](const ParameterName& name, const auto&, const auto& gradient) {
            if (!scales_of(groups, name).is_frozen()) {
                sum += detail::sum_of_squares(gradient.data(), gradient.size());
            }
        },
        net.gradients);
    return std::sqrt(sum);
}

namespace detail {

/// The norm of the gradients. Throws an `Error` if it is not finite.
template <class Net>
double finite_norm(const Net& net, const std::vector<ParameterGroup>& groups, const char* caller) {
    const double norm = gradient_norm(net, groups);
    if (!is_finite(norm)) {
        check_gradients_are_finite(net, caller);
        fail(caller, ": the squares of the gradients are too large for a double; nothing was changed. Take a smaller ",
             "learning rate");
    }
    return norm;
}

}  // namespace detail

/// Multiplies all gradients of a network. `backward` adds to the gradients: where n batches share a step, the factor 1/n
/// makes their mean of them, if the batches have the same size. A factor that is not finite is an `Error`.
template <class Net>
void scale_gradients(Net& net, double factor) {
    if (!detail::is_finite(factor)) {
        fail("staa::scale_gradients: the factor is ", factor, "; expected a finite number");
    }
    std::as_const(net).visit(
        [&](const ParameterName&, const auto&, auto& gradient) {
            auto* g = gradient.data();
            const auto by = static_cast<typename Net::Scalar>(factor);
            for_parts(gradient.size(), [&](Index first, Index last) {
                for (Index i = first; i < last; ++i) {
                    g[i] *= by;
                }
            });
        },
        net.gradients);
}

/// Makes the gradients smaller if their norm is above `largest_norm`, so that it becomes `largest_norm`; as
/// torch.nn.utils.clip_grad_norm_, which divides by norm + 1e-6. Returns the norm before. Give the groups of the
/// optimiser if they freeze parameters: the gradients of those do not count. A `largest_norm` that is not above 0, and
/// gradients or a norm that are not finite, are an `Error`; then nothing has changed.
template <class Net>
double clip_gradients(Net& net, double largest_norm, const std::vector<ParameterGroup>& groups = {}) {
    if (detail::is_nan(largest_norm) || !(largest_norm > 0)) {
        fail("staa::clip_gradients: the largest norm is ", largest_norm, "; expected a number above 0");
    }
    const double norm = detail::finite_norm(net, groups, "staa::clip_gradients");
    const double factor = largest_norm / (norm + 1e-6);
    if (factor < 1) {
        scale_gradients(net, factor);
    }
    return norm;
}

}  // namespace STAA_ABI
}  // namespace staa
