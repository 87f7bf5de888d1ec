// SPDX-License-Identifier: MIT
// Position encoding, a layer and a part of StaaLif: adds values to a map that tell the steps apart.
#pragma once

#include <cmath>

#include "staa/kernels/maps/elementwise.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Where the values of position encoding (PE) come from.
enum class Encoding {
    none,        ///< nothing is added
    learnable,   ///< trained, 0 at the start (the paper's choice)
    sinusoidal,  ///< fixed, after Vaswani et al. (2017)
};

/// Which positions have a value of their own.
enum class EncodingShape {
    per_step,              ///< [T]: one value per step, added to the whole map
    per_step_and_channel,  ///< [T, C]: one value per step and channel
    per_position,          ///< [T, H, W, C]: one value per step and neuron
};

/// Writes the fixed encoding of positions 0, 1, .. to `encoding` [positions, channels]. The angle is position /
/// 10000^(2·floor(c/2)/channels); even channels take its sine, odd ones its cosine. Angles are rounded to float, as in
/// the reference.
template <class Scalar>
void set_sinusoidal_encoding(Index positions, Index channels, Scalar* encoding) {
    for (Index position = 0; position < positions; ++position) {
        for (Index c = 0; c < channels; ++c) {
            const float exponent = static_cast<float>(c / 2 * 2) / static_cast<float>(channels);
            const float angle = static_cast<float>(position) / std::pow(10000.0f, exponent);
            encoding[position * channels + c] = static_cast<Scalar>(c % 2 == 0 ? std::sin(angle) : std::cos(angle));
        }
    }
}

/// Position encoding, Eq. 11: X[t] + P[t]. The position of a fixed encoding is t, or (t·H + y)·W + x for
/// `per_position`. As a layer: analog or spikes [T, N, H, W, C] -> analog, different at every step. StaaLif has it as a
/// part, and folds P into the membrane (neurons/aggregator.hpp).
template <Encoding Kind = Encoding::learnable, EncodingShape Shape = EncodingShape::per_step_and_channel>
struct PositionEncoding {
    static constexpr const char* kind = "position encoding";

    template <class In>
    class at : public LayerDefaults<In> {
     public:
        using Output = Map<In::channels, In::height, In::width, Signal::analog, typename In::Scalar, Over::time>;
        static constexpr bool reads_input = false;
        static constexpr bool is_present = Kind != Encoding::none;         ///< whether there is an encoding
        static constexpr bool is_learnable = Kind == Encoding::learnable;  ///< whether it is trained
        using Scalar = typename In::Scalar;
        /// P has `columns` columns, and `rows` rows per step.
        static constexpr Index columns = Shape == EncodingShape::per_step ? 1 : In::channels;
        /// Pixels of a step that have values of their own.
        static constexpr Index rows =
            is_present && Shape == EncodingShape::per_position ? Index{In::height} * In::width : 1;
        static constexpr Index parameter_count(Index steps) { return is_learnable ? steps * rows * columns : 0; }

        /// The values, trained or fixed.
        struct Parameters {
            Tensor<Scalar, 3> pe;  ///< P [T, rows, columns]: rows is H·W or 1, columns is C or 1
        };
        /// Counts the steps of the stream.
        struct State {
            Index step = 0;  ///< the steps so far
            void restart() { step = 0; }
        };

        at(const Setup& setup, Random&) {
            if constexpr (is_present) {
                parameters.pe = filled<Scalar>(0, setup.steps, rows, columns);
            }
            if constexpr (Kind == Encoding::sinusoidal) {
                set_sinusoidal_encoding(setup.steps * rows, columns, parameters.pe.data());
            }
        }

        void forward(const SignalOf<In>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            State begin;
            infer(x, y, begin, call);
        }

        void infer(const SignalOf<In>& x, Analog<Scalar>& y, State& state, const Call& call) const {
            check_step(state.step + call.steps - 1);
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            parallel_for(call.steps * call.batch, pixels * In::channels,
                         [&](Index image) { spread(state.step + image / call.batch, y.map(image)); });
            for (Index t = 0; t < call.steps; ++t) {
                const Index first = t * call.batch;
                add_step(x, In::is_constant ? 0 : first, call.batch, y.map(first));
            }
            state.step += call.steps;
        }

        /// dP[t] = the sum of dy[t] over all neurons that share a value. dx = dy, summed over the steps where x is the
        /// same at every step.
        void backward(const SignalOf<In>&, const Analog<Scalar>& dy, Analog<Scalar>* dx,
                      [[maybe_unused]] Parameters& gradients, Nothing&, const Call& call) const {
            if constexpr (is_learnable) {
                for (Index image = 0; image < call.steps * call.batch; ++image) {
                    add_gradient(image / call.batch, dy.map(image), gradients);
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

        /// Throws an Error if P has no values for `step`.
        void check_step(Index step) const {
            if (is_present && step >= parameters.pe.dimension(0)) {
                fail("staa::PositionEncoding: step ", step + 1, " was asked for, but the network was built with ",
                     parameters.pe.dimension(0), " steps; build it with more, or begin a new stream with start()");
            }
        }

        template <class AnyState, class Visitor, class StepVisitor>
        static void visit_state(AnyState& state, Index, const std::string&, Visitor&, StepVisitor& visit_step) {
            visit_step(state.step);
        }

        /// P of channel c at `step`; 0 for Encoding::none. Not for EncodingShape::per_position.
        Scalar value(Index step, Index c) const {
            static_assert(rows == 1,
                          "staa::PositionEncoding: an encoding per position has no single value per channel");
            if constexpr (is_present) {
                return parameters.pe(step, 0, columns == 1 ? 0 : c);
            } else {
                return 0;
            }
        }
        /// Adds to the gradient of `value(step, c)`.
        static void add_gradient(Index step, Index c, Scalar gradient, Parameters& gradients) {
            gradients.pe(step, 0, columns == 1 ? 0 : c) += gradient;
        }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            if constexpr (is_learnable) {
                visitor(name(self, prefix), self.parameters.pe, trees.pe...);
            }
        }
        template <class Self, class Visitor>
        static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
            if constexpr (Kind == Encoding::sinusoidal) {
                visitor(name(self, prefix), self.parameters.pe);
            }
        }

        Parameters parameters;

     private:
        static constexpr Index pixels = Index{In::height} * In::width;

        static ParameterName name(const at& self, const std::string& prefix) {
            const Index steps = self.parameters.pe.dimension(0);
            if constexpr (Shape == EncodingShape::per_position) {
                return {prefix + "pe", Layout::map, {steps, In::channels, In::height, In::width}};
            } else {
                return {prefix + "pe", Layout::same, {steps, columns, 1, 1}};
            }
        }

        /// y [H, W, C] = P[step].
        void spread(Index step, Scalar* y) const {
            for (Index pixel = 0; pixel < pixels; ++pixel, y += In::channels) {
                for (Index c = 0; c < In::channels; ++c) {
                    y[c] = is_present ? parameters.pe(step, rows == 1 ? 0 : pixel, columns == 1 ? 0 : c) : Scalar(0);
                }
            }
        }

        /// Adds the images of one step, `first` and on, to y.
        static void add_step(const Analog<Scalar>& x, Index first, Index batch, Scalar* y) {
            add_values(batch * pixels * In::channels, x.map(first), y);
        }
        static void add_step(const Spikes& x, Index first, Index batch, Scalar* y) {
            add_spikes<Scalar>(batch, pixels, In::channels, x.map(first), y);
        }

        /// Adds dy [H, W, C] of step t to the gradient of P.
        static void add_gradient(Index t, const Scalar* dy, Parameters& gradients) {
            for (Index pixel = 0; pixel < pixels; ++pixel, dy += In::channels) {
                for (Index c = 0; c < In::channels; ++c) {
                    gradients.pe(t, rows == 1 ? 0 : pixel, columns == 1 ? 0 : c) += dy[c];
                }
            }
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
