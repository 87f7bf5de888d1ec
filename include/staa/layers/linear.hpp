// SPDX-License-Identifier: MIT
// The linear layer that ends a network: from features to logits.
#pragma once

#include "staa/kernels/maps/matrix_product.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// y = x · weight + bias for every step and image. Analog [T, N, 1, 1, C] -> [T, N, 1, 1, Outputs].
template <int Outputs>
struct Linear {
    static constexpr const char* kind = "linear";

    static_assert(Outputs > 0, "staa::Linear: give it at least one output");

    template <class In>
    class at : public LayerDefaults<In> {
        static_assert(In::height == 1 && In::width == 1,
                      "staa::Linear: its input is a map of several pixels; place GlobalAvgPool before it");
        static_assert(!In::is_spikes, "staa::Linear: its input is spikes; place GlobalAvgPool before it");

     public:
        using Output = Reshaped<In, Outputs, 1, 1>;
        using Scalar = typename In::Scalar;
        static constexpr bool reads_input = true;
        static constexpr Operations operations{.multiply_accumulates = Index{In::channels} * Outputs};
        static constexpr Index parameter_count(Index) { return Index{In::channels} * Outputs + Outputs; }

        struct Parameters {
            Tensor<Scalar, 2> weight;  ///< [in, out]
            Tensor<Scalar, 1> bias;    ///< [out]
        };

        at(const Setup&, Random& random) {
            parameters.weight.resize(In::channels, Outputs);
            parameters.bias.resize(Outputs);
            initialise_uniform(parameters.weight, In::channels, random);
            initialise_uniform(parameters.bias, In::channels, random);
        }

        void forward(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            const Index rows = In::stored_steps(call.steps) * call.batch;
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            PackedMatrix<Scalar>::forward(call.arena, In::channels, Outputs, parameters.weight.data())
                .multiply(rows, x.data(), y.data(), parameters.bias.data());
        }

        void infer(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing& nothing, const Call& call) const {
            forward(x, y, nothing, call);
        }

        /// dx = dy · weight transposed; d_weight = x transposed · dy; d_bias = the sum of dy over steps and images.
        void backward(const Analog<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Nothing&, const Call& call) const {
            const Index rows = In::stored_steps(call.steps) * call.batch;
            add_matrix_gradient<Scalar>(call.arena, rows, In::channels, Outputs, x.data(), dy.data(),
                                        gradients.weight.data());
            add_row_sums(rows, Outputs, dy.data(), gradients.bias.data());
            if (dx != nullptr) {
                dx->resize(call.arena, In::extents(call.steps, call.batch));
                PackedMatrix<Scalar>::transposed(call.arena, In::channels, Outputs, parameters.weight.data())
                    .multiply(rows, dy.data(), dx->data());
            }
        }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            visitor(ParameterName{prefix + "weight", Layout::matrix, {Outputs, In::channels}}, self.parameters.weight,
                    trees.weight...);
            visitor(ParameterName{prefix + "bias", Layout::same, {Outputs}}, self.parameters.bias, trees.bias...);
        }

        Parameters parameters;
    };
};

}  // namespace STAA_ABI
}  // namespace staa
