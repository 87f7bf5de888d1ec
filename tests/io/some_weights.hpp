// SPDX-License-Identifier: MIT
// Weights of every layout and kind, with the visit functions of a network but without layers, so that tests compile
// quickly.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "staa/layers/contract.hpp"

namespace staa_tests {

template <class Real>
struct SomeWeights {
    using Scalar = Real;

    staa::Tensor<Real, 4> kernel{2, 2, 3, 4};    ///< [kernel, kernel, in, out]
    staa::Tensor<Real, 2> matrix{3, 5};          ///< [in, out]
    staa::Tensor<Real, 1> bias{5};               ///< [out]
    staa::Tensor<Real, 4> encoding{2, 2, 3, 4};  ///< [T, H, W, C]
    staa::Tensor<Real, 1> mean{3};
    std::int64_t batches = 0;

    template <class Visitor>
    void visit(Visitor&& visitor) {
        visit_of(*this, visitor);
    }
    template <class Visitor>
    void visit(Visitor&& visitor) const {
        visit_of(*this, visitor);
    }
    template <class Visitor>
    void visit_statistics(Visitor&& visitor) {
        visit_statistics_of(*this, visitor);
    }
    template <class Visitor>
    void visit_statistics(Visitor&& visitor) const {
        visit_statistics_of(*this, visitor);
    }

    /// The value at `i` of tensor `tensor`, in the order of the visits.
    static Real value(int tensor, staa::Index i) { return static_cast<Real>(100 * tensor) + static_cast<Real>(i) / 4; }

    /// Weights with all values different; each is exact in float16.
    static SomeWeights counted() {
        SomeWeights weights;
        int tensor = 0;
        weights.for_each_tensor([&](auto& values) {
            for (staa::Index i = 0; i < values.size(); ++i) {
                values.data()[i] = value(tensor, i);
            }
            ++tensor;
        });
        weights.batches = 1'000'000'007'000;
        return weights;
    }

    static SomeWeights zeros() {
        SomeWeights weights;
        weights.for_each_tensor([](auto& values) { values.setZero(); });
        return weights;
    }

    template <class Visit>
    void for_each_tensor(Visit&& visit) {
        visit(kernel), visit(matrix), visit(bias), visit(encoding), visit(mean);
    }

    /// Whether all weights are the same bit by bit.
    bool operator==(const SomeWeights& other) const {
        const auto same = [](const auto& a, const auto& b) {
            using Bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
            for (staa::Index i = 0; i < a.size(); ++i) {
                if (std::bit_cast<Bits>(a.data()[i]) != std::bit_cast<Bits>(b.data()[i])) {
                    return false;
                }
            }
            return true;
        };
        return same(kernel, other.kernel) && same(matrix, other.matrix) && same(bias, other.bias) &&
               same(encoding, other.encoding) && same(mean, other.mean) && batches == other.batches;
    }

 private:
    template <class Self, class Visitor>
    static void visit_of(Self& self, Visitor& visitor) {
        using staa::Layout;
        visitor(staa::ParameterName{"conv.weight", Layout::convolution, {4, 3, 2, 2}}, self.kernel);
        visitor(staa::ParameterName{"fc.weight", Layout::matrix, {5, 3, 1, 1}}, self.matrix);
        visitor(staa::ParameterName{"fc.bias", Layout::same, {5}}, self.bias);
    }
    template <class Self, class Visitor>
    static void visit_statistics_of(Self& self, Visitor& visitor) {
        using staa::Layout;
        visitor(staa::ParameterName{"encoding", Layout::map, {2, 4, 2, 3}}, self.encoding);
        visitor(staa::ParameterName{"norm.running_mean", Layout::same, {3, 1, 1}}, self.mean);
        visitor(staa::ParameterName{"norm.num_batches_tracked", Layout::same, {}}, self.batches);
    }
};

}  // namespace staa_tests
