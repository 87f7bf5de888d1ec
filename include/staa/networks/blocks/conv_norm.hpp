// SPDX-License-Identifier: MIT
// The block of a convolution and a batch norm, without neurons behind them.
#pragma once

#include "staa/networks/fusible.hpp"
#include "staa/networks/row.hpp"

namespace staa {
inline namespace STAA_ABI {

///     y = norm(conv(x));   inference: y = (scale · W) * x + shift
/// Forward runs the two layers for themselves. In backward the convolution takes the gradient of batch norm's input in
/// parts. Kernels that read it tile by tile compute each tile. For other kernels it is computed first. In inference
/// batch norm is multiplied into the convolution's weights.
template <class Conv, class Norm>
class ConvNorm : public Row<Conv, Norm> {
    using Plain = Row<Conv, Norm>;
    static_assert(detail::check_takes_norm<Conv, Norm>());

 public:
    using Plain::Plain;
    using typename Plain::Input, typename Plain::Output, typename Plain::Scalar;
    using typename Plain::Parameters, typename Plain::Tape, typename Plain::State;
    static constexpr bool infers_maps = Conv::infers_maps;

    void backward(const SignalOf<Input>& x, PassedGradient<Scalar> dy, Analog<Scalar>* dx, Parameters& gradients,
                  Tape& tape, const Call& call) const {
        if (!call.fuse) {
            Plain::backward(x, dy, dx, gradients, tape, call);
            return;
        }
        const auto& [conv, norm] = this->parts;
        auto& [conv_tape, norm_tape] = tape.parts;
        auto& [conv_gradients, norm_gradients] = gradients;
        const auto& current = std::get<0>(tape.between);
        conv.backward(x, norm.input_gradient(current, dy, norm_gradients, norm_tape, call), dx, conv_gradients,
                      conv_tape, call);
    }

    void infer(const SignalOf<Input>& x, Analog<Scalar>& y, State& state, const Call& call) const {
        if (!call.fuse) {
            Plain::infer(x, y, state, call);
            return;
        }
        const auto& [conv, norm] = this->parts;
        conv.infer(x, y, std::get<0>(state), call, norm);
    }

    /// `infer` map by map. Returns a function f; f(image, y) writes the map of an image to y.
    auto maps(const SignalOf<Input>& x, State& state, const Call& call) const requires infers_maps {
        const auto& [conv, norm] = this->parts;
        return conv.maps(x, std::get<0>(state), call, norm);
    }

    static void describe(Plan& plan, const LayerName* names) {
        plan.add(names, 2, "training keeps 1 map between the two; inference is one convolution");
    }
};

}  // namespace STAA_ABI
}  // namespace staa
