// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <vector>

#include "staa/layers/neurons/channelwise_gradient.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/neurons/staa_parts.hpp"
#include "staa/layers/step_attention.hpp"

namespace staa {
inline namespace STAA_ABI {

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
/// A leak that is one a neuron goes to the kernel as a map and is 1 above; so is the gain, which PixelwiseStaaLif applies.
template <StaaParts Parts, class FiringRule>
struct ChannelwiseStaaLif {
    static constexpr Role role = Role::neurons;
    static constexpr const char* kind = "neurons";

    template <class In>
    class at {
        static_assert(
            !In::is_spikes,
            "staa::StaaLif: its input is spikes, but it needs a current; place a Conv2d and a BatchNorm before "
            "it");
        using Fire = FiringRule;
        static constexpr bool has_gc = Parts.global_context;
        static constexpr bool has_sa = Parts.step_attention;
        static constexpr bool gates_context = has_gc && Parts.context_form == ContextForm::gate;
        static constexpr bool encodes_before = Parts.encoding_place == EncodingPlace::before_aggregation;
        using LeakGain = typename LeakAndGain<Parts.adaptive>::template at<In>;
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
            return LeakGain::parameter_count(steps) + Encoder::parameter_count(steps) +
                   Context::parameter_count(steps) + Attention::parameter_count(steps);
        }

        struct Parameters {
            typename LeakGain::Parameters adaptive;
            typename Encoder::Parameters encoding;
            typename Context::Parameters context;
            typename Attention::Parameters attention;
        };
        struct Tape {
            std::vector<char> dropped;  ///< [T] which steps skip the aggregator; empty: none
            Rows<Scalar> mean;          ///< mean of X over the pixels where GC, which knows it, is absent
            Rows<Scalar> carried_mean;  ///< mean of H[t-1] over the pixels, for SA; one step more, for the next call
            typename Context::Tape context;
            typename Attention::Tape attention;
        };

        at(const Setup& setup, Random& random)
            : neuron(setup.neuron),
              adaptive(setup, random),
              encoding(setup, random),
              context(setup, random),
              attention(setup, random) {}

        void forward(const Currents<Scalar>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
            draw_dropped(tape, call);
            detail::make_output<Fire>(y, Output::extents(call.steps, call.batch), call.arena);
            tape.carried_mean.resize(call.arena, (call.steps + 1) * call.batch, channels);
            std::fill(tape.carried_mean.row(0), tape.carried_mean.row(call.batch), Scalar(0));
            run(x, y, tape, call, 0, nullptr);
        }

        void infer(const Currents<Scalar>& x, SignalOf<Output>& y, State& state, const Call& call) const {
            Tape tape;
            detail::begin_state<In>(state, call.batch);
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            if constexpr (has_sa) {
                begin_carried_mean(state, tape, call);
            }
            run(x, y, tape, call, state.step, state.potential.data());
            if constexpr (has_sa) {
                std::copy_n(tape.carried_mean.row(call.steps * call.batch), state.carried_mean.size(),
                            state.carried_mean.data());
            }
            state.step += call.steps;
        }

        /// Back through time: channelwise_gradient.hpp.
        void backward(const Currents<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Tape& tape, const Call& call) const {
            Analog<Scalar> unwanted;
            detail::ChannelwiseGradient<at>(*this, x, dy, gradients, tape, call).run(dx != nullptr ? *dx : unwanted);
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
        static bool is_dropped(const Tape& tape, Index t) {
            return !tape.dropped.empty() && tape.dropped[static_cast<std::size_t>(t)] != 0;
        }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            LeakGain::visit(self.adaptive, prefix, visitor, trees.adaptive...);
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
            LeakGain::visit_statistics(self.adaptive, prefix, visitor);
            Encoder::visit_statistics(self.encoding, prefix, visitor);
        }

        template <class AnyState, class Visitor, class StepVisitor>
        static void visit_state(AnyState& state, Index batch, const std::string& prefix, Visitor& visitor,
                                StepVisitor& visit_step) {
            detail::visit_neuron_state<In>(state, batch, has_sa, prefix, visitor, visit_step);
        }

        NeuronOptions neuron;
        LeakGain adaptive;  ///< M and N
        Encoder encoding;
        Context context;
        Attention attention;

     private:
        template <class Neuron>
        friend class detail::ChannelwiseGradient;
        static constexpr Index channels = In::channels;
        static constexpr Index map_size = Index{In::height} * In::width * In::channels;
        static constexpr Scalar per_pixel = Scalar(1) / (Scalar(In::height) * Scalar(In::width));

        Membrane<Scalar> membrane() const {
            Membrane<Scalar> m = detail::membrane_of<In>(neuron);
            m.leak = LeakGain::is_map ? adaptive.leak.data() : nullptr;
            return m;
        }

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

        template <class AnyTape>
        static auto& means(AnyTape& tape) {
            if constexpr (has_gc) {
                return tape.context.mean;
            } else {
                return tape.mean;
            }
        }

        /// The matrices of GC or SA packed for forward.
        template <class Part>
        static auto packed(const Part& part, Arena& arena) {
            if constexpr (requires { part.packed(arena); }) {
                return part.packed(arena);
            } else {
                return Nothing{};
            }
        }

        /// A task's images [first, first + count): of large maps one, which with its steps fills the cache, of small maps
        /// several, which share their reading of the gates' matrices, as long as every thread has a task.
        struct Images {
            static constexpr Index most = std::clamp<Index>(32768 / map_size, 1, 8);
            static Index groups(Index batch) {
                const Index together = std::clamp<Index>(batch / threads(), 1, most);
                return std::max<Index>(1, (batch + together - 1) / together);
            }
            static Images of_group(Index group, Index of_groups, Index batch) {
                const Index first = group * batch / of_groups;
                return {first, (group + 1) * batch / of_groups - first};
            }
            Index first, count;
        };

        /// All steps of a call, a few images at a time, so that what a step leaves for the next is still in the cache. U
        /// stays in `potentials` [N, H, W, C]; null: it is not kept. `first_step` is the stream's.
        void run(const Currents<Scalar>& x, SignalOf<Output>& y, Tape& tape, const Call& call, Index first_step,
                 Scalar* potentials) const {
            encoding.check_step(first_step + call.steps - 1);
            resize(tape, call);
            const auto context_weights = packed(context, call.arena);
            const auto attention_weights = packed(attention, call.arena);
            const Index maps = (potentials == nullptr ? 1 : 0) + (x.are_kept() ? 0 : 1);
            const Scratch<Scalar> key(call.arena, has_gc ? channels : 0);
            scale_key(x, key.data());
            const WorkerScratch<Scalar> memory(call.arena, 3 * channels + maps * Images::most * map_size);
            const Index groups = Images::groups(call.batch);
            parallel_for(groups, call.steps * call.batch / groups * map_size, [&](Index group, Index worker) {
                const Images images = Images::of_group(group, groups, call.batch);
                Scalar* coefficients = memory.of(worker);
                Scalar* maps_of_potential = coefficients + 3 * channels;
                Scalar* room = maps_of_potential + (potentials == nullptr ? Images::most * map_size : 0);
                maps_of_potential = potentials == nullptr ? maps_of_potential : potentials + images.first * map_size;
                const Scalar* currents[Images::most];
                for (Index t = 0; t < call.steps; ++t) {
                    const Index row = t * call.batch + images.first, step = first_step + t;
                    for (Index i = 0; i < images.count; ++i) {
                        if (t == 0 || !In::is_constant) {
                            const Index image = In::is_constant ? images.first + i : row + i;
                            currents[i] = x.unscaled_map(image, room + i * map_size);
                            summarise(x, key.data(), currents[i], image, tape);
                        }
                    }
                    gate_context(context_weights, x, In::is_constant ? images.first : row, row, images.count, step,
                                 tape);
                    attend(attention_weights, In::is_constant ? images.first : row, row, images.count, step,
                           is_dropped(tape, t), tape);
                    for (Index i = 0; i < images.count; ++i) {
                        MembraneForward<Scalar> f{};
                        fold(gates(row + i, step, is_dropped(tape, t), tape), x, coefficients, f);
                        f.current = currents[i];
                        f.potential = maps_of_potential + i * map_size;
                        f.previous = step == 0 ? nullptr : f.potential;
                        f.carried_sum = has_sa ? tape.carried_mean.row(row + i + call.batch) : nullptr;
                        detail::set_output(f, y, row + i);
                        membrane_forward<Fire>(membrane(), f);
                        for (Index c = 0; has_sa && c < channels; ++c) {
                            f.carried_sum[c] *= per_pixel;
                        }
                    }
                }
            });
        }

        /// Room for what the gates need and are, and all that backward reads of them.
        static void resize(Tape& tape, const Call& call) {
            const Index rows = call.steps * call.batch, images = In::stored_steps(call.steps) * call.batch;
            if constexpr (has_gc) {
                Context::resize(tape.context, images, rows, call.arena);
            } else if constexpr (has_sa) {
                tape.mean.resize(call.arena, images, channels);
            }
            if constexpr (has_sa) {
                Attention::resize(tape.attention, rows, call.arena);
            }
        }

        /// The aggregator as the kernel's coefficients for the unscaled maps of x, in `memory` [3, C].
        void fold(const Gates& gate, const Currents<Scalar>& x, Scalar* memory, MembraneForward<Scalar>& f) const {
            for (Index c = 0; c < channels; ++c) {
                const Scalar scale = gate.s(c) * adaptive.gain_of(c), weight = scale * gate.g(c);
                memory[c] = gate.s(c) * adaptive.leak_of(c);
                memory[channels + c] = weight * x.scale(c);
                memory[2 * channels + c] = weight * (x.shift(c) + gate.p(c)) + scale * gate.offset(c);
            }
            f.decay = memory;
            f.gain = memory + channels;
            f.shift = memory + 2 * channels;
        }

        /// GC's key for the unscaled maps of x, in `key` [C]; softmax does not feel their shift.
        void scale_key([[maybe_unused]] const Currents<Scalar>& x, [[maybe_unused]] Scalar* key) const {
            if constexpr (has_gc) {
                for (Index c = 0; c < channels; ++c) {
                    key[c] = x.scale(c) * context.parameters.key_weight(c);
                }
            }
        }

        /// What the gates need to know of X, from its unscaled map.
        void summarise([[maybe_unused]] const Currents<Scalar>& x, [[maybe_unused]] const Scalar* key,
                       [[maybe_unused]] const Scalar* map, [[maybe_unused]] Index image,
                       [[maybe_unused]] Tape& tape) const {
            if constexpr (has_gc) {
                context.pool(map, key, image, tape.context);
            } else if constexpr (has_sa) {
                mean_pixels<Scalar>(map_size / channels, channels, map, tape.mean.row(image));
            }
            if constexpr (has_gc || has_sa) {
                Scalar* mean = means(tape).row(image);
                for (Index c = 0; c < channels; ++c) {
                    mean[c] = x.scale(c) * mean[c] + x.shift(c);
                }
            }
        }

        /// GC's gates of rows [row, row + count), whose maps begin at `image`.
        template <class Weights>
        void gate_context([[maybe_unused]] const Weights& weights, [[maybe_unused]] const Currents<Scalar>& x,
                          [[maybe_unused]] Index image, [[maybe_unused]] Index row, [[maybe_unused]] Index count,
                          [[maybe_unused]] Index step, [[maybe_unused]] Tape& tape) const {
            if constexpr (has_gc) {
                context.make_gates(
                    weights, image, row, count,
                    [&](Index c, Scalar pooled) {
                        return x.scale(c) * pooled + x.shift(c) +
                               (encodes_before ? encoding.value(step, c) : Scalar(0));
                    },
                    tape.context);
            }
        }

        /// SA's gates, from mean(A) = leak · mean(H) + gain · (g · (mean(X) + P) + V + Q): no pass over the maps.
        template <class Weights>
        void attend([[maybe_unused]] const Weights& weights, [[maybe_unused]] Index image, [[maybe_unused]] Index row,
                    [[maybe_unused]] Index count, [[maybe_unused]] Index step, [[maybe_unused]] bool dropped,
                    [[maybe_unused]] Tape& tape) const {
            if constexpr (has_sa) {
                if (dropped) {
                    Attention::skip(row, count, tape.attention);
                    return;
                }
                for (Index i = 0; i < count; ++i) {
                    const Gates gate = gates(row + i, step, false, tape);
                    const Scalar* carried = tape.carried_mean.row(row + i);
                    const Scalar* mean = means(tape).row(image + i);
                    for (Index c = 0; c < channels; ++c) {
                        const Scalar current = gate.g(c) * (mean[c] + gate.p(c)) + gate.offset(c);
                        tape.attention.pooled.row(row + i)[c] =
                            adaptive.leak_of(c) * carried[c] + adaptive.gain_of(c) * current;
                    }
                }
                attention.gates(weights, row, count, tape.attention);
            }
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
