// SPDX-License-Identifier: MIT
// Global context, a layer and a part of StaaLif: attention over the pixels of a map decides how strong each channel is.
#pragma once

#include <algorithm>

#include "staa/layers/bottleneck.hpp"
#include "staa/layers/contract.hpp"
#include "staa/layers/layer_norm.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What global context does with V, its summary of a map.
enum class ContextForm {
    gate,      ///< s · sigmoid(V) · X, Eq. 10 in our reading; s = NeuronOptions::context_scale
    additive,  ///< X + V, as in GCNet
};

/// Global context (GC), Eq. 7-10, after GCNet (Cao et al., 2019). For the map X of one step,
///     attention = softmax over the pixels of key · X          [H·W]        Eq. 7
///     context   = sum over the pixels of attention · X        [C]
///     query     = relu(LayerNorm(query · context + bias))     [C/Ratio]    Eq. 8
///     V         = value · query + bias                        [C]          Eq. 9
///     gate      = s · sigmoid(V)                              [C]
/// and the result is gate · X, or X + V. The value matrix and its bias start at 0, and s is 2, so that both forms start
/// as the identity. As a layer: analog [T, N, H, W, C] -> the same. StaaLif has it as a part, and folds gate or V into
/// the membrane (neurons/aggregator.hpp).
template <int Ratio = 4, ContextForm Form = ContextForm::gate>
struct GlobalContext {
    static constexpr const char* kind = "global context";

    static_assert(Ratio > 0, "staa::GlobalContext: the ratio must be at least 1");

    template <class In>
    class at : public LayerDefaults<In> {
        static_assert(!In::is_spikes, "staa::GlobalContext: its input is spikes, but it scales analog values");
        using Gates = detail::Bottleneck<typename In::Scalar, In::channels, Ratio>;  // reduce is query, expand is value

     public:
        using Output = In;
        using Scalar = typename In::Scalar;
        static constexpr bool reads_input = true;
        static constexpr bool is_gate = Form == ContextForm::gate;  ///< whether the result is multiplied, not added
        static constexpr Index channels = In::channels;
        static constexpr Index pixels = Index{In::height} * In::width;
        static constexpr Index hidden = Gates::hidden;
        static constexpr Operations operations{.multiply_accumulates = 2 * channels * (pixels + hidden)};
        static constexpr Index parameter_count(Index) {
            return (channels + 1) + (channels * hidden + hidden) + 2 * hidden + (hidden * channels + channels);
        }

        struct Parameters {
            Tensor<Scalar, 1> key_weight, key_bias;    ///< [C], [1]; the bias has no effect: it shifts all scores alike
            Tensor<Scalar, 2> query_weight;            ///< [C, C/Ratio]
            Tensor<Scalar, 1> query_bias;              ///< [C/Ratio]
            Tensor<Scalar, 1> norm_weight, norm_bias;  ///< [C/Ratio]
            Tensor<Scalar, 2> value_weight;            ///< [C/Ratio, C]
            Tensor<Scalar, 1> value_bias;              ///< [C]
        };
        /// Rows of all steps and images, row = step · batch + n. The first three have one row per stored map of X.
        struct Tape {
            Rows<Scalar> attention;                            ///< [H·W]
            Rows<Scalar> pooled;                               ///< [C] sum of attention · map
            Rows<Scalar> mean;                                 ///< [C] mean over the pixels, for step attention
            Rows<Scalar> context;                              ///< [C]
            Rows<Scalar> normalised;                           ///< [C/Ratio] before LayerNorm's weight and bias
            Rows<Scalar> inverse_deviation;                    ///< [1] 1 / standard deviation of LayerNorm
            Rows<Scalar> query;                                ///< [C/Ratio]
            Rows<Scalar> gate;                                 ///< [C] the gate; V in the additive form
            Rows<Scalar> d_value, d_norm, d_query, d_context;  ///< gradients; 0 where the step was dropped
        };

        using Packed = typename Gates::Packed;

        at(const Setup& setup, Random& random) : scale(static_cast<Scalar>(setup.neuron.context_scale)) {
            Parameters& p = parameters;
            p.key_weight.resize(channels);
            p.key_bias.resize(1);
            p.query_weight.resize(channels, hidden);
            p.query_bias.resize(hidden);
            initialise_uniform(p.key_weight, channels, random);
            initialise_uniform(p.key_bias, channels, random);
            initialise_uniform(p.query_weight, channels, random);
            initialise_uniform(p.query_bias, channels, random);
            p.norm_weight = filled<Scalar>(1, hidden);
            p.norm_bias = filled<Scalar>(0, hidden);
            p.value_weight = filled<Scalar>(0, hidden, channels);
            p.value_bias = filled<Scalar>(0, channels);
        }

        void forward(const Analog<Scalar>& x, Analog<Scalar>& y, Tape& tape, const Call& call) const {
            const Index images = x.extents().images();
            const Packed weights = packed(call.arena);
            resize(tape, images, images, call.arena);
            y.resize(call.arena, x.extents());
            parallel_for(images, 3 * pixels * channels, [&](Index image) {
                pool(x.map(image), parameters.key_weight.data(), image, tape);
                make_gates(
                    weights, image, image, 1, [](Index, Scalar pooled) { return pooled; }, tape);
                const Scalar* summary = tape.gate.row(image);
                if constexpr (is_gate) {
                    scale_channels<Scalar>(pixels, channels, x.map(image), summary, nullptr, y.map(image));
                } else {
                    scale_channels<Scalar>(pixels, channels, x.map(image), nullptr, summary, y.map(image));
                }
            });
        }

        void infer(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            Tape tape;
            forward(x, y, tape, call);
        }

        /// y = gate · x: d_gate = sum of dy · x over the pixels, dx = gate · dy + the path through the context.
        /// y = x + V: d_V = sum of dy, dx = dy + that path.
        void backward(const Analog<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Tape& tape, const Call& call) const {
            const Index images = x.extents().images();
            Rows<Scalar> d_gate, d_key;
            d_gate.resize(call.arena, images, channels);
            d_key.resize(call.arena, images, channels);
            begin_backward(tape, images, call.arena);
            parallel_for(images, pixels * channels, [&](Index image) {
                if constexpr (is_gate) {
                    channel_products<Scalar>(pixels, channels, x.map(image), dy.map(image), d_gate.row(image));
                } else {
                    std::fill_n(d_gate.row(image), channels, Scalar(0));
                    add_row_sums(pixels, channels, dy.map(image), d_gate.row(image));
                }
            });
            backward_gates(packed_transposed(call.arena), 0, images, d_gate.data(), tape);
            add_gradients(images, tape, gradients, call.arena);
            Analog<Scalar> unwanted;
            Analog<Scalar>& to = dx != nullptr ? *dx : unwanted;
            to.resize(call.arena, x.extents());
            const Scratch<Scalar> d_scores(call.arena, images * pixels);
            parallel_for(images, 2 * pixels * channels, [&](Index image) {
                CurrentGradient<Scalar> g{};
                g.scale = is_gate ? tape.gate.row(image) : nullptr;
                g.du = dy.map(image);
                g.dx = to.map(image);
                g.d_key = d_key.row(image);
                set_context_path(x.map(image), tape.d_context.row(image), image, image, tape,
                                 d_scores.data() + image * pixels, g);
                current_gradient<Scalar>(pixels, channels, g);
            });
            add_row_sums(images, channels, d_key.data(), gradients.key_weight.data());
        }

        /// Prepares `g` for the path of the gradient through the context; writes d_scores [H·W]. `map` was pooled as
        /// row `image` of the tape; `row` is that of the step and image. d_pooled [C] is the gradient of the pooled
        /// map. It equals that of the context, unless X is a scaled map: then it is scaled too, and `g.d_key` is the
        /// gradient of the scaled key.
        void set_context_path(const Scalar* map, const Scalar* d_pooled, Index image, Index row, const Tape& tape,
                              Scalar* d_scores, CurrentGradient<Scalar>& g) const {
            score_gradient<Scalar>(pixels, channels, map, tape.attention.row(image), tape.pooled.row(image), d_pooled,
                                   d_scores);
            g.attention = tape.attention.row(image);
            g.d_scores = d_scores;
            g.d_context = tape.d_context.row(row);
            g.key = parameters.key_weight.data();
            g.x = map;
        }

        /// Query and value, packed for `make_gates` and for `backward_gates`.
        Packed packed(Arena& arena) const {
            return Gates::packed(arena, parameters.query_weight, parameters.value_weight);
        }
        Packed packed_transposed(Arena& arena) const {
            return Gates::packed_transposed(arena, parameters.query_weight, parameters.value_weight);
        }

        /// Memory for `images` stored maps of X and for the gates of `rows` steps and images.
        static void resize(Tape& tape, Index images, Index rows, Arena& arena) {
            tape.attention.resize(arena, images, pixels);
            tape.pooled.resize(arena, images, channels);
            tape.mean.resize(arena, images, channels);
            tape.context.resize(arena, rows, channels);
            tape.normalised.resize(arena, rows, hidden);
            tape.inverse_deviation.resize(arena, rows, 1);
            tape.query.resize(arena, rows, hidden);
            tape.gate.resize(arena, rows, channels);
        }

        /// Eq. 7 for a map [H, W, C] and a key [C]: the key of the layer, scaled if X is a scaled map.
        static void pool(const Scalar* map, const Scalar* key, Index image, Tape& tape) {
            Scalar* attention = tape.attention.row(image);
            score_pixels<Scalar>(pixels, channels, map, key, attention);
            softmax<Scalar>(pixels, attention);
            pool_pixels<Scalar>(pixels, channels, map, attention, tape.pooled.row(image), tape.mean.row(image));
        }

        /// Eq. 8-10 for rows [row, row + count), whose maps have been pooled as rows `image` and on.
        /// context_of(c, pooled) returns channel c of the context. StaaLif adds there what it adds to every pixel of X,
        /// such as a position encoding: the softmax stays the same, and the context moves by this much.
        template <class ContextOf>
        void make_gates(const Packed& weights, Index image, Index row, Index count, const ContextOf& context_of,
                        Tape& tape) const {
            for (Index i = 0; i < count; ++i) {
                for (Index c = 0; c < channels; ++c) {
                    tape.context.row(row + i)[c] = context_of(c, tape.pooled.row(image + i)[c]);
                }
            }
            weights.reduce.multiply(count, tape.context.row(row), tape.normalised.row(row));
            for (Index r = row; r < row + count; ++r) {
                detail::layer_norm_relu<hidden>(norm(), tape.normalised.row(r), tape.inverse_deviation.row(r),
                                                tape.query.row(r));
            }
            weights.expand.multiply(count, tape.query.row(row), tape.gate.row(row), parameters.value_bias.data());
            if constexpr (is_gate) {
                Gates::make_gates(row, count, scale, tape.gate);
            }
        }

        /// Zeros for the gradients of `rows` steps and images: the rows of dropped steps are not written later.
        static void begin_backward(Tape& tape, Index rows, Arena& arena) {
            tape.d_value.resize(arena, rows, channels);
            tape.d_norm.resize(arena, rows, hidden);
            tape.d_query.resize(arena, rows, hidden);
            tape.d_context.resize(arena, rows, channels);
            tape.d_value.set_zero();
            tape.d_norm.set_zero();
            tape.d_query.set_zero();
            tape.d_context.set_zero();
        }

        /// Writes tape.d_context for rows [first, first + count). d_gate [count, C] is the gradient of gate or V.
        void backward_gates(const Packed& transposed, Index first, Index count, const Scalar* d_gate,
                            Tape& tape) const {
            if constexpr (is_gate) {
                sigmoid_gate_gradient<Scalar>(count * channels, scale, tape.gate.row(first), d_gate,
                                              tape.d_value.row(first));
            } else {
                std::copy_n(d_gate, count * channels, tape.d_value.row(first));
            }
            transposed.expand.multiply(count, tape.d_value.row(first), tape.d_norm.row(first));
            for (Index row = first; row < first + count; ++row) {
                detail::layer_norm_relu_gradient<hidden>(norm(), tape.normalised.row(row),
                                                         *tape.inverse_deviation.row(row), tape.query.row(row),
                                                         tape.d_norm.row(row), tape.d_query.row(row));
            }
            transposed.reduce.multiply(count, tape.d_query.row(first), tape.d_context.row(first));
        }

        /// Adds the gradients of query, norm and value when all `rows` rows have gone through `backward_gates`. The
        /// gradient of the key comes from `current_gradient`, which reads the pixels.
        static void add_gradients(Index rows, const Tape& tape, Parameters& gradients, Arena& arena) {
            Gates::add_expand_gradient(arena, rows, tape.query, tape.d_value, gradients.value_weight);
            add_row_sums(rows, channels, tape.d_value.data(), gradients.value_bias.data());
            Gates::add_reduce_gradient(arena, rows, tape.context, tape.d_query, gradients.query_weight);
            add_row_sums(rows, hidden, tape.d_query.data(), gradients.query_bias.data());
            add_row_sums(rows, hidden, tape.d_norm.data(), gradients.norm_bias.data());
            for (Index row = 0; row < rows; ++row) {
                for (Index h = 0; h < hidden; ++h) {
                    gradients.norm_weight(h) += tape.d_norm.row(row)[h] * tape.normalised.row(row)[h];
                }
            }
        }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            auto& p = self.parameters;
            visitor(ParameterName{prefix + "key.weight", Layout::same, {1, channels, 1, 1}}, p.key_weight,
                    trees.key_weight...);
            visitor(ParameterName{prefix + "key.bias", Layout::same, {1}}, p.key_bias, trees.key_bias...);
            visitor(ParameterName{prefix + "query.weight", Layout::matrix, {hidden, channels, 1, 1}}, p.query_weight,
                    trees.query_weight...);
            visitor(ParameterName{prefix + "query.bias", Layout::same, {hidden}}, p.query_bias, trees.query_bias...);
            visitor(ParameterName{prefix + "norm.weight", Layout::same, {hidden, 1, 1}}, p.norm_weight,
                    trees.norm_weight...);
            visitor(ParameterName{prefix + "norm.bias", Layout::same, {hidden, 1, 1}}, p.norm_bias, trees.norm_bias...);
            visitor(ParameterName{prefix + "value.weight", Layout::matrix, {channels, hidden, 1, 1}}, p.value_weight,
                    trees.value_weight...);
            visitor(ParameterName{prefix + "value.bias", Layout::same, {channels}}, p.value_bias, trees.value_bias...);
        }

        Parameters parameters;
        Scalar scale;  ///< s

     private:
        detail::LayerNorm<Scalar> norm() const {
            return {parameters.query_bias.data(), parameters.norm_weight.data(), parameters.norm_bias.data()};
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
