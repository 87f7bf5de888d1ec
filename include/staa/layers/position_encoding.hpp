// SPDX-License-Identifier: MIT
#pragma once

#include "staa/kernels/attention.hpp"
#include "staa/kernels/matrix_product.hpp"
#include "staa/kernels/pooling.hpp"
#include "staa/layers/layer.hpp"

namespace staa::inline STAA_ABI {

/// Where position encoding (PE) comes from.
enum class Encoding {
    none,
    learnable,   ///< trained, 0 at the start (the paper's choice)
    sinusoidal,  ///< fixed, after Vaswani et al. (2017)
};

/// Fixed encoding of the steps, [T, C]: the angle is t / 10000^(2·floor(c/2)/C), its sine for even c, cosine for odd.
/// Angles are rounded to float as in the reference.
template <class Scalar>
Tensor<Scalar, 2> sinusoidal_encoding(Index steps, Index channels) {
    Tensor<Scalar, 2> encoding(steps, channels);
    for (Index t = 0; t < steps; ++t) {
        for (Index c = 0; c < channels; ++c) {
            const float exponent = static_cast<float>(c / 2 * 2) / static_cast<float>(channels);
            const float angle = static_cast<float>(t) / std::pow(10000.0f, exponent);
            encoding(t, c) = static_cast<Scalar>(c % 2 == 0 ? std::sin(angle) : std::cos(angle));
        }
    }
    return encoding;
}

/// Position encoding, Eq. 11: what is added to every pixel of step t, one value a step and channel: X[t] + P[t].
/// A layer, analog [T, N, H, W, C] -> the same, different at every step; and a part of StaaLif, which folds it into the
/// membrane.
template <Encoding Kind>
struct PositionEncoding {
    template <class In>
    class at {
        static_assert(!In::is_spikes, "staa::PositionEncoding: its input is spikes, but it shifts analog values");

     public:
        using Input = In;
        using Output = Map<In::channels, In::height, In::width, Signal::analog, typename In::Scalar, Over::time>;
        static constexpr bool reads_input = false;
        static constexpr bool is_present = Kind != Encoding::none;
        static constexpr bool is_learnable = Kind == Encoding::learnable;
        using Scalar = typename In::Scalar;
        struct Parameters {
            Tensor<Scalar, 2> pe;  ///< [T, C]
        };

        using Tape = Nothing;
        /// Steps of the stream so far.
        struct State {
            Index step = 0;
        };

        at(const Setup& setup, Random&) {
            if constexpr (Kind == Encoding::learnable) {
                parameters.pe = filled<Scalar>(0, setup.steps, In::channels);
            } else if constexpr (Kind == Encoding::sinusoidal) {
                fixed_ = sinusoidal_encoding<Scalar>(setup.steps, In::channels);
            }
        }

        void forward(const Analog<Scalar>& x, Analog<Scalar>& y, Tape&, const Call& call) const {
            State begin;
            infer(x, y, begin, call);
        }

        void infer(const Analog<Scalar>& x, Analog<Scalar>& y, State& state, const Call& call) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            const Tensor<Scalar, 1> one = filled<Scalar>(1, In::channels);
            for (Index t = 0; t < call.steps; ++t, ++state.step) {
                const Scalar* shift = row(state.step);
                parallel_for(call.batch, pixels * In::channels, [&](Index n) {
                    const Index image = t * call.batch + n;
                    scale_channels<Scalar>(pixels, In::channels, x.map(In::is_constant ? n : image), one.data(), shift,
                                           y.map(image));
                });
            }
        }

        /// dP[t] = the sum of dy[t] over images and pixels; dx = dy, summed over the steps if x is the same at each.
        void backward(const Analog<Scalar>&, const Analog<Scalar>& dy, Analog<Scalar>* dx,
                      [[maybe_unused]] Parameters& gradients, Tape&, const Call& call) const {
            if constexpr (is_learnable) {
                for (Index t = 0; t < call.steps; ++t) {
                    add_row_sums(call.batch * pixels, In::channels, dy.map(t * call.batch),
                                 gradients.pe.data() + t * In::channels);
                }
            }
            if (dx != nullptr) {
                dx->resize(call.arena, In::extents(call.steps, call.batch));
                dx->set_zero();
                for (Index t = 0; t < call.steps; ++t) {
                    const Index first = t * call.batch;
                    add_values(call.batch * dy.extents().map_size(), dy.map(first),
                               dx->map(In::is_constant ? 0 : first));
                }
            }
        }

        void absorb(const Tape&, const Call&) {}

        /// P[step] [C]; null without encoding. A step beyond the ones encoded is an Error.
        const Scalar* row(Index step) const {
            if constexpr (!is_present) {
                return nullptr;
            } else {
                const Tensor<Scalar, 2>& all = is_learnable ? parameters.pe : fixed_;
                if (step >= all.dimension(0)) {
                    fail("staa::PositionEncoding: step ", step + 1, " was asked for, but the network was built with ",
                         all.dimension(0), " steps; build it with more, or begin a new stream with start()");
                }
                return all.data() + step * In::channels;
            }
        }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            if constexpr (is_learnable) {
                visitor(ParameterName{prefix + "pe", Layout::same}, self.parameters.pe, trees.pe...);
            }
        }
        template <class Self, class Visitor>
        static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
            if constexpr (Kind == Encoding::sinusoidal) {
                visitor(ParameterName{prefix + "pe", Layout::same}, self.fixed_);
            }
        }

        Parameters parameters;

     private:
        static constexpr Index pixels = Index{In::height} * In::width;
        Tensor<Scalar, 2> fixed_;
    };
};

}  // namespace staa::inline STAA_ABI
