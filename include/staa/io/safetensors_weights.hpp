// SPDX-License-Identifier: MIT
// Collects the weights of a network in one list, with the order in which PyTorch stores their values.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "staa/io/safetensors_header.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

namespace detail {

/// The extents of a tensor that PyTorch stores as [lead, a, b, c] and this library as [lead, c, b, a].
struct AxisOrder {
    Index lead, a, b, c;
};

/// Calls visit(there, here) for every value: its position in PyTorch's order and in the order of this library.
template <class Visit>
void for_each_position(const AxisOrder& axes, Visit visit) {
    Index there = 0;
    for (Index lead = 0; lead < axes.lead; ++lead) {
        const Index first = there;
        for (Index a = 0; a < axes.a; ++a) {
            for (Index b = 0; b < axes.b; ++b) {
                for (Index c = 0; c < axes.c; ++c) {
                    visit(there++, first + (c * axes.b + b) * axes.a + a);
                }
            }
        }
    }
}

/// The extents of a tensor of `size` values for both orders. A shape in `name` that does not fit the size or the layout
/// is an `Error`.
inline AxisOrder axis_order(const ParameterName& name, Index size) {
    const std::vector<Index>& shape = name.shape;
    const std::size_t rank = shape.size(), least = name.layout == Layout::same ? 0 : name.layout == Layout::map ? 3 : 2;
    if (rank < least || element_count(shape) != size) {
        fail("the weights' tensor ", in_quotes(name.text), " has ", size, " values, but its layer gives it the shape ",
             shape_text(shape));
    }
    const auto product = [&](std::size_t first, std::size_t last) {
        return element_count({shape.begin() + static_cast<Index>(first), shape.begin() + static_cast<Index>(last)});
    };
    switch (name.layout) {
        case Layout::matrix:
        case Layout::convolution:
            return {1, shape[0], shape[1], product(2, rank)};
        case Layout::map:
            return {product(0, rank - 3), shape[rank - 3], 1, product(rank - 2, rank)};
        default:
            return {size, 1, 1, 1};
    }
}

/// A tensor of a network, with its name and the order of its values.
template <class Scalar>
struct NamedTensor {
    ParameterName name;
    Scalar* data;
    AxisOrder axes;
};

/// A counter of a network: the number of batches in a running average.
template <class Counter>
struct NamedCounter {
    ParameterName name;
    Counter* value;
};

/// Every tensor and counter of a network of `Scalar`, which is const if the network is const. As this is a list and not
/// the network, the functions that save and load are compiled once per scalar, not once per network.
template <class Scalar>
struct Weights {
    using Counter = std::conditional_t<std::is_const_v<Scalar>, const std::int64_t, std::int64_t>;
    using Double = std::conditional_t<std::is_const_v<Scalar>, const double, double>;
    std::vector<NamedTensor<Scalar>> tensors;
    std::vector<NamedTensor<Double>> doubles;  ///< of another type than Scalar: the sum of a stream; only written
    std::vector<NamedCounter<Counter>> counters;
    Metadata metadata;  ///< texts for the header of a file
};

/// A visitor that adds every tensor and counter that it gets to `weights`: pointers to them, no copies.
template <class Scalar>
auto adding_to(Weights<Scalar>& weights) {
    return [&weights](const ParameterName& name, auto& value) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::int64_t>) {
            weights.counters.push_back({name, &value});
        } else {
            weights.tensors.push_back({name, value.data(), axis_order(name, value.size())});
        }
    };
}

/// The list of all weights of a network.
template <class Net>
auto weights_of(Net& net) {
    using Scalar = std::conditional_t<std::is_const_v<Net>, const typename Net::Scalar, typename Net::Scalar>;
    Weights<Scalar> weights;
    const auto add = adding_to(weights);
    net.visit(add);
    net.visit_statistics(add);
    return weights;
}

}  // namespace detail

}  // namespace STAA_ABI
}  // namespace staa
