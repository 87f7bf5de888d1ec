// SPDX-License-Identifier: MIT
// How large weights and gradients are, and how far the weights moved.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "staa/layers/parameter_name.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Euclidean norms of one trainable tensor.
struct ParameterNorms {
    std::string name;     ///< "stem.0.weight"
    double weight = 0;    ///< of its values
    double gradient = 0;  ///< of its gradient, as it stands in the network
    double update = 0;    ///< of the change since the look before
    Index size = 0;       ///< number of values
};

/// Compares a network with what it was before:
///     UpdateWatch<Net> watch(net);   .. an epoch ..   watch.look(net)
/// The step of an optimiser sets the gradients to zero: to see their norms, look between backward and the step.
template <class Net>
class UpdateWatch {
 public:
    using Scalar = typename Net::Scalar;

    /// Keeps a copy of the parameters.
    explicit UpdateWatch(const Net& net) { look(net); }

    /// The norms of every trainable tensor, in the order of the network. Keeps a copy for the next call.
    std::vector<ParameterNorms> look(const Net& net) {
        std::vector<ParameterNorms> result;
        std::size_t next = 0;
        net.visit(
            [&](const ParameterName& name, const auto& weight, const auto& gradient) {
                if (next == before_.size()) {
                    before_.emplace_back(weight.data(), weight.data() + weight.size());
                }
                std::vector<Scalar>& before = before_[next++];
                double squares[3] = {};
                for (Index i = 0; i < weight.size(); ++i) {
                    const auto at = static_cast<std::size_t>(i);
                    add_square(static_cast<double>(weight.data()[i]), squares[0]);
                    add_square(static_cast<double>(gradient.data()[i]), squares[1]);
                    add_square(static_cast<double>(weight.data()[i]) - static_cast<double>(before[at]), squares[2]);
                    before[at] = weight.data()[i];
                }
                result.push_back(
                    {name.text, std::sqrt(squares[0]), std::sqrt(squares[1]), std::sqrt(squares[2]), weight.size()});
            },
            net.gradients);
        return result;
    }

 private:
    static void add_square(double value, double& sum) { sum += value * value; }

    std::vector<std::vector<Scalar>> before_;
};

}  // namespace STAA_ABI
}  // namespace staa
