// SPDX-License-Identifier: MIT
// Step attention, a layer and a part of StaaLif: the means of all channels decide how strong each channel is.
#pragma once

#include <algorithm>

#include "staa/layers/bottleneck.hpp"
#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Step attention (SA), Eq. 12. For the map A of one step,
///     gate = alpha · sigmoid(expand · relu(reduce · mean(A))),   U = gate · A
/// with the mean over the pixels, reduce [C, C/Ratio] and expand [C/Ratio, C] without bias, and alpha =
/// NeuronOptions::attention_scale. As a layer: analog [T, N, H, W, C] -> the same. StaaLif has it as a part, computes
/// the gates step by step, and folds them into the membrane (neurons/aggregator.hpp).
template <int Ratio = 4>
struct StepAttention {
    static constexpr const char* kind = "step attention";

    static_assert(Ratio > 0, "staa::StepAttention: the ratio must be at least 1");

    template <class In>
    class at : public LayerDefaults<In> {
        static_assert(!In::is_spikes, "staa::StepAttention: its input is spikes, but it scales analog values");
        using Gates = detail::Bottleneck<typename In::Scalar, In::channels, Ratio>;

     public:
        using Output = In;
        using Scalar = typename In::Scalar;
        static constexpr bool reads_input = true;
        static constexpr Index channels = In::channels;
        static constexpr Index pixels = Index{In::height} * In::width;
        static constexpr Index hidden = Gates::hidden;
        static constexpr Operations operations{.multiply_accumulates = 2 * channels * hidden};
        static constexpr Index parameter_count(Index) { return 2 * channels * hidden; }

        struct Parameters {
            Tensor<Scalar, 2> reduce;  ///< [C, C/Ratio]
            Tensor<Scalar, 2> expand;  ///< [C/Ratio, C]
        };
        /// Rows of all steps and images, row = step · batch + n.
        struct Tape {
            Rows<Scalar> pooled, hidden, gate;            ///< mean(A), relu(reduce · mean(A)), the gate
            Rows<Scalar> d_expanded, d_hidden, d_pooled;  ///< gradients; 0 where the step was dropped
        };

        at(const Setup& setup, Random& random) : scale(static_cast<Scalar>(setup.neuron.attention_scale)) {
            parameters.reduce.resize(channels, hidden);
            parameters.expand.resize(hidden, channels);
            initialise_uniform(parameters.reduce, channels, random);
            initialise_uniform(parameters.expand, hidden, random);
        }

        void forward(const Analog<Scalar>& x, Analog<Scalar>& y, Tape& tape, const Call& call) const {
            const Index images = x.extents().images();
            resize(tape, images, call.arena);
            parallel_for(images, pixels * channels, [&](Index image) {
                mean_pixels<Scalar>(pixels, channels, x.map(image), tape.pooled.row(image));
            });
            gates(packed(call.arena), 0, images, tape);
            y.resize(call.arena, x.extents());
            parallel_for(images, pixels * channels, [&](Index image) {
                scale_channels<Scalar>(pixels, channels, x.map(image), tape.gate.row(image), nullptr, y.map(image));
            });
        }

        void infer(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            Tape tape;
            forward(x, y, tape, call);
        }

        /// y = gate · x: d_gate = sum of dy · x over the pixels, dx = gate · dy + the path through the mean.
        void backward(const Analog<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Tape& tape, const Call& call) const {
            const Index images = x.extents().images();
            const Scratch<Scalar> d_gate(call.arena, images * channels);
            begin_backward(tape, images, call.arena);
            parallel_for(images, pixels * channels, [&](Index image) {
                channel_products<Scalar>(pixels, channels, x.map(image), dy.map(image),
                                         d_gate.data() + image * channels);
            });
            backward_gates(packed_transposed(call.arena), 0, images, d_gate.data(), tape);
            add_gradients(images, tape, gradients, call.arena);
            if (dx == nullptr) {
                return;
            }
            dx->resize(call.arena, x.extents());
            parallel_for(images, pixels * channels, [&](Index image) {
                Scalar* shift = tape.d_pooled.row(image);
                for (Index c = 0; c < channels; ++c) {
                    shift[c] /= static_cast<Scalar>(pixels);
                }
                scale_channels<Scalar>(pixels, channels, dy.map(image), tape.gate.row(image), shift, dx->map(image));
            });
        }

        /// Memory for the gates of `rows` steps and images.
        static void resize(Tape& tape, Index rows, Arena& arena) {
            tape.pooled.resize(arena, rows, channels);
            tape.hidden.resize(arena, rows, hidden);
            tape.gate.resize(arena, rows, channels);
        }

        using Packed = typename Gates::Packed;
        /// Both matrices, packed for `gates` and for `backward_gates`.
        Packed packed(Arena& arena) const { return Gates::packed(arena, parameters.reduce, parameters.expand); }
        Packed packed_transposed(Arena& arena) const {
            return Gates::packed_transposed(arena, parameters.reduce, parameters.expand);
        }

        /// Computes tape.gate from tape.pooled, for rows [first, first + count).
        void gates(const Packed& weights, Index first, Index count, Tape& tape) const {
            weights.reduce.multiply(count, tape.pooled.row(first), tape.hidden.row(first));
            for (Index i = 0; i < count * hidden; ++i) {
                tape.hidden.row(first)[i] = std::max(tape.hidden.row(first)[i], Scalar(0));
            }
            weights.expand.multiply(count, tape.hidden.row(first), tape.gate.row(first));
            Gates::make_gates(first, count, scale, tape.gate);
        }

        /// Writes zeros to rows [first, first + count), whose step is dropped: `add_gradients` multiplies all rows.
        static void skip(Index first, Index count, Tape& tape) {
            std::fill_n(tape.pooled.row(first), count * channels, Scalar(0));
            std::fill_n(tape.hidden.row(first), count * hidden, Scalar(0));
        }

        /// Zeros for the gradients of `rows` steps and images: the rows of dropped steps are not written later.
        static void begin_backward(Tape& tape, Index rows, Arena& arena) {
            tape.d_expanded.resize(arena, rows, channels);
            tape.d_hidden.resize(arena, rows, hidden);
            tape.d_pooled.resize(arena, rows, channels);
            tape.d_expanded.set_zero();
            tape.d_hidden.set_zero();
            tape.d_pooled.set_zero();
        }

        /// Writes tape.d_pooled, the gradient of mean(A), for rows [first, first + count). d_gate is [count, C].
        void backward_gates(const Packed& transposed, Index first, Index count, const Scalar* d_gate,
                            Tape& tape) const {
            Scalar* d_expanded = tape.d_expanded.row(first);
            Scalar* d_hidden = tape.d_hidden.row(first);
            sigmoid_gate_gradient<Scalar>(count * channels, scale, tape.gate.row(first), d_gate, d_expanded);
            transposed.expand.multiply(count, d_expanded, d_hidden);
            for (Index i = 0; i < count * hidden; ++i) {
                d_hidden[i] = tape.hidden.row(first)[i] > 0 ? d_hidden[i] : Scalar(0);
            }
            transposed.reduce.multiply(count, d_hidden, tape.d_pooled.row(first));
        }

        /// Adds the gradients of both matrices when all `rows` rows have gone through `backward_gates`.
        static void add_gradients(Index rows, const Tape& tape, Parameters& gradients, Arena& arena) {
            Gates::add_expand_gradient(arena, rows, tape.hidden, tape.d_expanded, gradients.expand);
            Gates::add_reduce_gradient(arena, rows, tape.pooled, tape.d_hidden, gradients.reduce);
        }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            visitor(ParameterName{prefix + "reduce.weight", Layout::matrix, {hidden, channels, 1, 1}},
                    self.parameters.reduce, trees.reduce...);
            visitor(ParameterName{prefix + "expand.weight", Layout::matrix, {channels, hidden, 1, 1}},
                    self.parameters.expand, trees.expand...);
        }

        Parameters parameters;
        Scalar scale;  ///< alpha
    };
};

}  // namespace STAA_ABI
}  // namespace staa
