// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "staa/layers/lif.hpp"
#include "staa/layers/staa.hpp"
#include "staa/layers/step_attention.hpp"

namespace staa::inline STAA_ABI {

namespace detail {
/// A part that a neuron does not have.
struct AbsentPart {
    using Parameters = Nothing;
    using Tape = Nothing;
    static constexpr Operations operations{};
    static constexpr Index parameter_count(Index) { return 0; }
    AbsentPart(const Setup&, Random&) {}
};
}  // namespace detail

/// `StaaLif` whose parts treat all pixels of a channel alike. With the gate g of GC, or its additive V, the encoding P
/// before it or Q after it, and the gate s of SA, the aggregate of one image and step is, channel by channel,
///     A = leak · H[t-1] + gain · (g · (X[t] + P) + V + Q),     U[t] = s · A
/// so all of it is one pass over the map, the same kernel as plain LIF:
///     U[t] = decay · H[t-1] + weight · X[t] + shift
///     decay = s·leak,   weight = s·gain·g,   shift = s·gain·(g·P + V + Q)
/// A leak that is one a neuron goes to the kernel as it is, and is 1 here; the gain is then 1 too (`PixelwiseStaaLif`).
template <Staa Parts, class Fire>
struct ChannelwiseStaaLif {
    template <class In>
    class at {
        static_assert(
            !In::is_spikes,
            "staa::StaaLif: its input is spikes, but it needs a current; place a Conv2d and a BatchNorm before "
            "it");
        static constexpr bool has_gc = Parts.global_context;
        static constexpr bool has_sa = Parts.step_attention;
        static constexpr bool gates_context = has_gc && Parts.context_form == ContextForm::gate;
        static constexpr bool encodes_before = Parts.encoding_place == EncodingPlace::before_aggregation;
        static constexpr bool leak_is_map = Parts.adaptive == Adaptive::per_neuron;
        static constexpr bool is_trained = Parts.adaptive != Adaptive::constant;
        using Encoder = typename PositionEncoding<Parts.position_encoding, Parts.encoding_shape>::template at<In>;
        using Context =
            std::conditional_t<has_gc, typename GlobalContext<Parts.gc_ratio, Parts.context_form>::template at<In>,
                               detail::AbsentPart>;
        using Attention =
            std::conditional_t<has_sa, typename StepAttention<Parts.sa_ratio>::template at<In>, detail::AbsentPart>;

     public:
        using Input = In;
        using Scalar = typename In::Scalar;
        using Output = Map<In::channels, In::height, In::width, Fire::output, Scalar, Over::time>;
        using State = NeuronState<Scalar>;
        static constexpr bool reads_input = true;
        static constexpr Operations operations = Context::operations + Attention::operations;
        static constexpr Index parameter_count(Index steps) {
            return leaks * (is_trained ? 1 : 0) + gains * (is_trained ? 1 : 0) + Encoder::parameter_count(steps) +
                   Context::parameter_count(steps) + Attention::parameter_count(steps);
        }

        struct Parameters {
            Tensor<Scalar, leak_is_map ? 3 : 1> leak;  ///< M: [C], [1] or [H, W, C], as Parts.adaptive says
            Tensor<Scalar, 1> gain;                    ///< N: [C] or [1]; empty where the leak is [H, W, C]
            typename Encoder::Parameters encoding;
            typename Context::Parameters context;
            typename Attention::Parameters attention;
        };
        struct Tape {
            std::vector<char> dropped;  ///< [T] which steps skip the aggregator
            Analog<Scalar> potential;   ///< U [T, N, H, W, C]
            Rows<Scalar> mean;          ///< mean of X over the pixels where GC, which knows it, is absent
            Rows<Scalar> carried_mean;  ///< mean of H[t-1] over the pixels, for SA; one step more, for the next call
            typename Context::Tape context;
            typename Attention::Tape attention;
        };

        at(const Setup& setup, Random& random)
            : neuron(setup.neuron), encoding(setup, random), context(setup, random), attention(setup, random) {
            const auto first = static_cast<Scalar>(setup.neuron.leak);
            if constexpr (leak_is_map) {
                leak = filled<Scalar>(first, In::height, In::width, In::channels);
            } else {
                leak = filled<Scalar>(first, leaks);
                gain = filled<Scalar>(1, gains);
            }
        }

        void forward(const Analog<Scalar>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
            draw_dropped(tape, call);
            tape.potential.resize(call.arena, Output::extents(call.steps, call.batch));
            tape.carried_mean.resize(call.arena, (call.steps + 1) * call.batch, channels);
            std::fill(tape.carried_mean.row(0), tape.carried_mean.row(call.batch), Scalar(0));
            run(x, y, tape, call, 0, [&](Index t, Index n) {
                const Index image = t * call.batch + n;
                return Potentials{t == 0 ? nullptr : tape.potential.map(image - call.batch), tape.potential.map(image)};
            });
        }

        void infer(const Analog<Scalar>& x, SignalOf<Output>& y, State& state, const Call& call) const {
            Tape tape;
            tape.dropped.assign(static_cast<std::size_t>(call.steps), 0);
            detail::begin_state<In>(state, call.batch);
            if constexpr (has_sa) {
                begin_carried_mean(state, tape, call);
            }
            run(x, y, tape, call, state.step, [&](Index, Index n) {
                Scalar* potential = state.potential.data() + n * map_size;
                return Potentials{potential, potential};
            });
            if constexpr (has_sa) {
                std::copy_n(tape.carried_mean.row(call.steps * call.batch), state.carried_mean.size(),
                            state.carried_mean.data());
            }
            state.step += call.steps;
        }

        /// Step by step from the last to the first. With dA = s·dU + e, where e = d_mean(A) / (H·W) is SA's path through
        /// its mean:
        ///     dH[t-1] = leak · dA,    dX = g·gain·dA + GC's path through its context
        /// Every gradient but dX is made of the sums of dU, dU·H[t-1] and dU·X over the pixels, image by image.
        void backward(const Analog<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Tape& tape, const Call& call) const {
            const Index rows = call.steps * call.batch;
            Analog<Scalar> unwanted;
            Analog<Scalar>& d_current = dx != nullptr ? *dx : unwanted;
            d_current.resize(call.arena, In::extents(call.steps, call.batch));
            begin_backward(tape, rows, call.arena);
            const auto weights = packed_transposed(call.arena);
            BackwardMemory memory(call);
            for (Index t = call.steps - 1; t >= 0; --t) {
                potential_gradients(t, x, dy, tape, memory, call);
                const bool dropped = tape.dropped[static_cast<std::size_t>(t)] != 0;
                gate_gradients(weights, t, dropped, tape, memory, gradients, call);
                current_gradients(t, dropped, x, tape, memory, gradients, d_current, call);
            }
            if constexpr (has_gc) {
                Context::add_gradients(rows, tape.context, gradients.context, call.arena);
            }
            if constexpr (has_sa) {
                Attention::add_gradients(rows, tape.attention, gradients.attention, call.arena);
            }
        }

        void absorb(const Tape&, const Call&) {}

        /// Draws which steps skip the aggregator; without a generator the pattern that the tape holds stands.
        void draw_dropped(Tape& tape, const Call& call) const {
            if (call.random != nullptr || tape.dropped.size() != static_cast<std::size_t>(call.steps)) {
                tape.dropped.assign(static_cast<std::size_t>(call.steps), 0);
            }
            if (call.random != nullptr && neuron.step_dropout > 0) {
                for (char& dropped : tape.dropped) {
                    dropped = call.random->uniform() < neuron.step_dropout ? 1 : 0;
                }
            }
        }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            if constexpr (is_trained) {
                visitor(leak_name(prefix), self.leak, trees.leak...);
                if constexpr (!leak_is_map) {
                    visitor(gain_name(prefix), self.gain, trees.gain...);
                }
            }
            Encoder::visit(self.encoding, prefix, visitor, trees.encoding...);
            if constexpr (has_gc) {
                Context::visit(self.context, prefix + "gc.", visitor, trees.context...);
            }
            if constexpr (has_sa) {
                Attention::visit(self.attention, prefix + "sa.", visitor, trees.attention...);
            }
        }
        template <class Self, class Visitor>
        static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
            if constexpr (!is_trained) {
                visitor(leak_name(prefix), self.leak);
                visitor(gain_name(prefix), self.gain);
            }
            Encoder::visit_statistics(self.encoding, prefix, visitor);
        }

        NeuronOptions neuron;
        Tensor<Scalar, leak_is_map ? 3 : 1> leak;  ///< M, as in Parameters
        Tensor<Scalar, 1> gain;                    ///< N
        Encoder encoding;
        Context context;
        Attention attention;

     private:
        static constexpr Index channels = In::channels;
        static constexpr Index map_size = Index{In::height} * In::width * In::channels;
        static constexpr Scalar per_pixel = Scalar(1) / (Scalar(In::height) * Scalar(In::width));
        static constexpr Index shared = Parts.adaptive == Adaptive::per_layer ? 1 : channels;  // values of M a pixel
        static constexpr Index leaks = leak_is_map ? map_size : shared;
        static constexpr Index gains = leak_is_map ? 0 : shared;

        static ParameterName leak_name(const std::string& prefix) {
            if constexpr (leak_is_map) {
                return {prefix + "M", Layout::map, {channels, In::height, In::width}};
            } else {
                return {prefix + "M", Layout::same, {leaks, 1, 1}};
            }
        }
        static ParameterName gain_name(const std::string& prefix) {
            return {prefix + "N", Layout::same, {gains, 1, 1}};
        }

        Scalar leak_of(Index c) const {
            if constexpr (leak_is_map) {
                return 1;
            } else {
                return leak(shared == 1 ? 0 : c);
            }
        }
        Scalar gain_of(Index c) const { return leak_is_map ? Scalar(1) : gain(shared == 1 ? 0 : c); }

        Membrane<Scalar> membrane() const {
            Membrane<Scalar> m = detail::membrane_of<In>(neuron);
            m.leak = leak_is_map ? leak.data() : nullptr;
            return m;
        }

        struct Potentials {
            const Scalar* previous;
            Scalar* current;
        };
        /// The aggregator of one image and step, channel by channel; what is absent or dropped changes nothing.
        struct Gates {
            const Encoder* encoder;             ///< null where the step is dropped
            const Scalar *context, *attention;  ///< [C]; null where absent or dropped
            Index step;
            Scalar g(Index c) const { return gates_context && context != nullptr ? context[c] : Scalar(1); }
            Scalar s(Index c) const { return attention != nullptr ? attention[c] : Scalar(1); }
            /// P, what is added to X before GC.
            Scalar p(Index c) const { return encodes_before ? encoded(c) : Scalar(0); }
            /// V + Q, what is added after it.
            Scalar offset(Index c) const {
                const Scalar v = !gates_context && context != nullptr ? context[c] : Scalar(0);
                return v + (encodes_before ? Scalar(0) : encoded(c));
            }
            Scalar encoded(Index c) const { return encoder != nullptr ? encoder->value(step, c) : Scalar(0); }
        };
        Gates gates(Index row, Index step, bool dropped, const Tape& tape) const {
            Gates gate{dropped ? nullptr : &encoding, nullptr, nullptr, step};
            if constexpr (has_gc) {
                gate.context = dropped ? nullptr : tape.context.gate.row(row);
            }
            if constexpr (has_sa) {
                gate.attention = dropped ? nullptr : tape.attention.gate.row(row);
            }
            return gate;
        }

        /// The first row of tape.carried_mean from the state; zeros where a stream begins.
        static void begin_carried_mean(State& state, Tape& tape, const Call& call) {
            if (state.step == 0) {
                state.carried_mean.resize(call.batch, channels);
                state.carried_mean.setZero();
            }
            tape.carried_mean.resize(call.arena, (call.steps + 1) * call.batch, channels);
            std::copy_n(state.carried_mean.data(), state.carried_mean.size(), tape.carried_mean.data());
        }

        static const Rows<Scalar>& means(const Tape& tape) {
            if constexpr (has_gc) {
                return tape.context.mean;
            } else {
                return tape.mean;
            }
        }

        /// All steps of a call; `potentials(t, n)` says where U[t-1] is and U[t] goes. `first_step` is the stream's.
        template <class PotentialsOf>
        void run(const Analog<Scalar>& x, SignalOf<Output>& y, Tape& tape, const Call& call, Index first_step,
                 const PotentialsOf& potentials) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            encoding.check_step(first_step + call.steps - 1);
            summarise(x, tape, call, first_step);
            const auto weights = packed_attention(tape, call);
            const Scratch<Scalar> coefficients(call.arena, 3 * call.batch * channels);
            for (Index t = 0; t < call.steps; ++t) {
                const bool dropped = tape.dropped[static_cast<std::size_t>(t)] != 0;
                if constexpr (has_sa) {
                    if (!dropped) {
                        attend(weights, t, first_step + t, tape, call);
                    }
                }
                parallel_for(call.batch, map_size, [&](Index n) {
                    const Index row = t * call.batch + n;
                    const Potentials u = potentials(t, n);
                    MembraneForward<Scalar> f{};
                    fold(gates(row, first_step + t, dropped, tape), coefficients.data() + 3 * n * channels, f);
                    f.current = x.map(In::is_constant ? n : row);
                    f.previous = u.previous;
                    f.potential = u.current;
                    f.carried_sum = has_sa ? tape.carried_mean.row(row + call.batch) : nullptr;
                    detail::set_output(f, y, row);
                    membrane_forward<Fire>(membrane(), f);
                    for (Index c = 0; has_sa && c < channels; ++c) {
                        f.carried_sum[c] *= per_pixel;
                    }
                });
            }
        }

        /// The aggregator as the kernel's coefficients, in `memory` [3, C].
        void fold(const Gates& gate, Scalar* memory, MembraneForward<Scalar>& f) const {
            for (Index c = 0; c < channels; ++c) {
                const Scalar scale = gate.s(c) * gain_of(c);
                memory[c] = gate.s(c) * leak_of(c);
                memory[channels + c] = scale * gate.g(c);
                memory[2 * channels + c] = memory[channels + c] * gate.p(c) + scale * gate.offset(c);
            }
            f.decay = memory;
            f.gain = memory + channels;
            f.shift = memory + 2 * channels;
        }

        /// What the gates need to know of X: GC's gates for all steps at once, or only the means for SA.
        void summarise(const Analog<Scalar>& x, Tape& tape, const Call& call, Index first_step) const {
            if constexpr (has_gc) {
                context.gates(
                    x, [&](Index t, Index c) { return encodes_before ? encoding.value(first_step + t, c) : Scalar(0); },
                    tape.context, call);
            } else if constexpr (has_sa) {
                tape.mean.resize(call.arena, x.extents().images(), channels);
                parallel_for(x.extents().images(), map_size, [&](Index image) {
                    mean_pixels<Scalar>(map_size / channels, channels, x.map(image), tape.mean.row(image));
                });
            }
        }

        auto packed_attention(Tape& tape, const Call& call) const {
            if constexpr (has_sa) {
                Attention::resize(tape.attention, call.steps * call.batch, call.arena);
                return attention.packed(call.arena);
            } else {
                return Nothing{};
            }
        }

        /// SA's gates of step t, from mean(A) = leak · mean(H) + gain · (g · (mean(X) + P) + V + Q): no pass over the map.
        template <class Weights>
        void attend(const Weights& weights, Index t, Index step, Tape& tape, const Call& call) const {
            for (Index n = 0; n < call.batch; ++n) {
                const Index row = t * call.batch + n;
                const Gates gate = gates(row, step, false, tape);
                const Scalar* carried = tape.carried_mean.row(row);
                const Scalar* mean = means(tape).row(In::is_constant ? n : row);
                for (Index c = 0; c < channels; ++c) {
                    const Scalar current = gate.g(c) * (mean[c] + gate.p(c)) + gate.offset(c);
                    tape.attention.pooled.row(row)[c] = leak_of(c) * carried[c] + gain_of(c) * current;
                }
            }
            attention.gates(weights, t * call.batch, call.batch, tape.attention);
        }

        /// What one backward call works with; everything but du and sums is one row [C] an image.
        struct BackwardMemory {
            explicit BackwardMemory(const Call& call)
                : du(call.arena, call.batch * map_size),
                  d_scores(call.arena, call.batch * map_size / channels),
                  rows(call.arena, 9 * call.batch * channels),
                  batch(call.batch) {
                std::fill(rows.data(), rows.data() + 9 * batch * channels, Scalar(0));
            }
            Scalar* row(Index which, Index n) const { return rows.data() + (which * batch + n) * channels; }
            Scalar* d_sum(Index n) const { return row(0, n); }      ///< sum of dU over the pixels
            Scalar* d_carried(Index n) const { return row(1, n); }  ///< sum of dU · H[t-1]
            Scalar* d_current(Index n) const { return row(2, n); }  ///< sum of dU · X
            Scalar* next_scale(Index n) const { return row(3, n); }
            Scalar* next_shift(Index n) const { return row(4, n); }
            Scalar* d_gate(Index n) const { return row(5, n); }
            Scalar* scale(Index n) const { return row(6, n); }
            Scalar* shift(Index n) const { return row(7, n); }
            Scalar* d_key(Index n) const { return row(8, n); }

            Scratch<Scalar> du, d_scores, rows;
            Index batch;
        };

        static void begin_backward(Tape& tape, Index rows, Arena& arena) {
            if constexpr (has_gc) {
                Context::begin_backward(tape.context, rows, arena);
            }
            if constexpr (has_sa) {
                Attention::begin_backward(tape.attention, rows, arena);
            }
        }

        /// The matrices of GC and SA for backward.
        auto packed_transposed(Arena& arena) const {
            const auto pack = [&](const auto& part) {
                if constexpr (requires { part.packed_transposed(arena); }) {
                    return part.packed_transposed(arena);
                } else {
                    return Nothing{};
                }
            };
            return std::pair(pack(context), pack(attention));
        }

        /// dU[t] from dS[t] and dU[t+1], and its sums.
        void potential_gradients(Index t, const Analog<Scalar>& x, const Analog<Scalar>& dy, const Tape& tape,
                                 const BackwardMemory& memory, const Call& call) const {
            parallel_for(call.batch, 2 * map_size, [&](Index n) {
                const Index image = t * call.batch + n;
                MembraneBackward<Scalar> b{};
                b.potential = tape.potential.map(image);
                b.d_spikes = dy.map(image);
                b.d_potential = memory.du.data() + n * map_size;
                b.d_next = t + 1 < call.steps ? b.d_potential : nullptr;
                b.next_scale = memory.next_scale(n);
                b.next_shift = memory.next_shift(n);
                b.previous = t > 0 ? tape.potential.map(image - call.batch) : nullptr;
                b.current = x.map(In::is_constant ? n : image);
                b.d_sum = memory.d_sum(n);
                b.d_carried = memory.d_carried(n);
                b.d_current = memory.d_current(n);
                membrane_backward<Fire>(membrane(), b);
            });
        }

        /// From the sums of dU to the gradients of SA, leak, gain, GC and PE.
        template <class Weights>
        void gate_gradients(const Weights& weights, Index t, bool dropped, Tape& tape, const BackwardMemory& memory,
                            Parameters& gradients, const Call& call) const {
            const Index first = t * call.batch;
            if constexpr (has_sa) {
                if (!dropped) {
                    for (Index n = 0; n < call.batch; ++n) {
                        attention_gate_gradient(gates(first + n, t, false, tape), memory, n);
                    }
                    attention.backward_gates(weights.second, first, call.batch, memory.d_gate(0), tape.attention);
                }
            }
            for (Index n = 0; n < call.batch; ++n) {
                const Gates gate = gates(first + n, t, dropped, tape);
                aggregate_gradient(first + n, In::is_constant ? n : first + n, gate, tape, memory, n, gradients);
                if constexpr (leak_is_map) {
                    if (t > 0) {
                        add_leak_gradient(tape.potential.map(first + n - call.batch), memory, n, gradients);
                    }
                }
            }
            if constexpr (has_gc) {
                if (!dropped) {
                    context.backward_gates(weights.first, first, call.batch, memory.d_gate(0), tape.context,
                                           gradients.context);
                }
            }
            if constexpr (Encoder::is_learnable) {
                for (Index n = 0; n < call.batch && !dropped; ++n) {
                    encoding_gradient(first + n, t, tape, memory, n, gradients);
                }
            }
        }

        /// U = s·A, so d_s = the sum of dU · A.
        void attention_gate_gradient(const Gates& gate, const BackwardMemory& memory, Index n) const {
            for (Index c = 0; c < channels; ++c) {
                const Scalar d_sum = memory.d_sum(n)[c];
                const Scalar of_encoded = memory.d_current(n)[c] + gate.p(c) * d_sum;
                memory.d_gate(n)[c] = leak_of(c) * memory.d_carried(n)[c] +
                                      gain_of(c) * (gate.g(c) * of_encoded + gate.offset(c) * d_sum);
            }
        }

        /// Turns the sums of dU into those of dA = s·dU + e (e summed over the pixels is d_mean(A)), and takes
        ///     d_leak = sum dA·H,   d_gain = sum dA·Xh,   d_g = gain · sum dA·(X + P),   d_V = gain · sum dA
        /// and the coefficients that make dX[t] and dH[t-1] of dU[t].
        void aggregate_gradient(Index row, Index image, const Gates& gate, const Tape& tape,
                                const BackwardMemory& memory, Index n, Parameters& gradients) const {
            for (Index c = 0; c < channels; ++c) {
                const Scalar s = gate.s(c), weight = gain_of(c) * gate.g(c);
                Scalar d_sum = s * memory.d_sum(n)[c];
                Scalar of_carried = s * memory.d_carried(n)[c], of_current = s * memory.d_current(n)[c];
                Scalar e = 0;
                if constexpr (has_sa) {
                    if (gate.attention != nullptr) {
                        const Scalar d_mean = tape.attention.d_pooled.row(row)[c];
                        of_carried += d_mean * tape.carried_mean.row(row)[c];
                        of_current += d_mean * means(tape).row(image)[c];
                        d_sum += d_mean;
                        e = d_mean * per_pixel;
                    }
                }
                const Scalar of_encoded = of_current + gate.p(c) * d_sum;
                if constexpr (is_trained && !leak_is_map) {
                    gradients.leak(shared == 1 ? 0 : c) += of_carried;
                    gradients.gain(shared == 1 ? 0 : c) += gate.g(c) * of_encoded + gate.offset(c) * d_sum;
                }
                memory.d_gate(n)[c] = gain_of(c) * (gates_context ? of_encoded : d_sum);
                memory.scale(n)[c] = weight * s;
                memory.shift(n)[c] = weight * e;
                memory.next_scale(n)[c] = leak_of(c) * s;
                memory.next_shift(n)[c] = leak_of(c) * e;
                memory.d_sum(n)[c] = (encodes_before ? weight : gain_of(c)) * d_sum;  // of P or Q, without GC's path
            }
        }

        /// d_leak = dA · H[t-1], neuron by neuron; `previous` is U[t-1].
        void add_leak_gradient(const Scalar* previous, const BackwardMemory& memory, Index n,
                               Parameters& gradients) const {
            leak_gradient<Fire, Scalar>(membrane(), memory.next_scale(n), memory.next_shift(n),
                                        memory.du.data() + n * map_size, previous, gradients.leak.data());
        }

        /// dP[t] = the sum of d(X + P) over the pixels; attention sums to 1, so GC's path adds d_context once. dQ[t] has
        /// no such path.
        void encoding_gradient(Index row, Index t, const Tape& tape, const BackwardMemory& memory, Index n,
                               Parameters& gradients) const {
            for (Index c = 0; c < channels; ++c) {
                Scalar gradient = memory.d_sum(n)[c];
                if constexpr (has_gc && encodes_before) {
                    gradient += tape.context.d_context.row(row)[c];
                }
                Encoder::add_gradient(t, c, gradient, gradients.encoding);
            }
        }

        /// dX[t], and the key's gradient on the way.
        void current_gradients(Index t, bool dropped, const Analog<Scalar>& x, const Tape& tape,
                               const BackwardMemory& memory, Parameters& gradients, Analog<Scalar>& dx,
                               const Call& call) const {
            parallel_for(call.batch, 2 * map_size, [&](Index n) {
                const Index row = t * call.batch + n, image = In::is_constant ? n : row;
                CurrentGradient<Scalar> g{};
                g.scale = memory.scale(n);
                g.shift = memory.shift(n);
                g.du = memory.du.data() + n * map_size;
                g.dx = dx.map(image);
                g.accumulate = In::is_constant && t + 1 < call.steps;
                if constexpr (has_gc) {
                    if (!dropped) {
                        g.d_key = memory.d_key(n);
                        context.set_context_path(x.map(image), image, row, tape.context,
                                                 memory.d_scores.data() + n * (map_size / channels), g);
                    }
                }
                current_gradient<Scalar>(map_size / channels, channels, g);
            });
            if constexpr (has_gc) {
                if (!dropped) {
                    add_row_sums(call.batch, channels, memory.d_key(0), gradients.context.key_weight.data());
                }
            }
        }
    };
};

}  // namespace staa::inline STAA_ABI
