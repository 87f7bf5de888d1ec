// SPDX-License-Identifier: MIT
// A convolution and the batch norm behind it.
#pragma once

#include "staa/networks/fusible.hpp"
#include "staa/networks/row.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Two layers in training, but for the way back: batch norm leaves the gradient of its input to the convolution, whose
/// kernels make it where they read it. In inference batch norm is part of the convolution's weights.
///     y = norm(conv(x));   inference: y = (scale · W) * x + shift
template <class Conv, class Norm>
class ConvNorm : public Row<Conv, Norm> {
    using Plain = Row<Conv, Norm>;
    static_assert(detail::check_takes_norm<Conv, Norm>());

 public:
    using Plain::Plain;
    using typename Plain::Input, typename Plain::Output, typename Plain::Scalar;
    using typename Plain::Parameters, typename Plain::Tape, typename Plain::State;
    static constexpr bool infers_maps = Conv::infers_maps;

    void backward(const SignalOf<Input>& x, Gradient<Scalar> dy, Analog<Scalar>* dx, Parameters& gradients, Tape& tape,
                  const Call& call) const {
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

    /// `infer` map by map.
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
