// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "staa/kernels/maps/products.hpp"
#include "staa/layers/neurons/channelwise_staa_lif.hpp"

namespace staa {
inline namespace STAA_ABI {

/// `StaaLif` of which a part differs from pixel to pixel: a position encoding per position, or a leak and gain per neuron.
/// Xh is then made as a map, by PositionEncoding and GlobalContext as layers, and the rest is a `ChannelwiseStaaLif`
/// without them: one more pass over the map a part, and as much more memory.
template <StaaParts Parts, class Fire>
struct PixelwiseStaaLif {
    static constexpr const char* kind = "neurons, pixel by pixel";

    template <class In>
    class at {
        static_assert(
            !In::is_spikes,
            "staa::StaaLif: its input is spikes, but it needs a current; place a Conv2d and a BatchNorm before "
            "it");
        static constexpr bool has_gc = Parts.global_context;
        static constexpr bool encodes_first = Parts.encoding_place == EncodingPlace::before_aggregation || !has_gc;
        static constexpr bool gain_is_map = Parts.adaptive == Adaptive::per_neuron;
        static constexpr StaaParts without_encoding_and_context{.global_context = false,
                                                                .position_encoding = Encoding::none,
                                                                .step_attention = Parts.step_attention,
                                                                .sa_ratio = Parts.sa_ratio,
                                                                .adaptive = Parts.adaptive};
        using Moving = Map<In::channels, In::height, In::width, Signal::analog, typename In::Scalar, Over::time>;
        using Encoder = typename PositionEncoding<Parts.position_encoding, Parts.encoding_shape>::template at<In>;
        using Context = std::conditional_t<has_gc,
                                           typename GlobalContext<Parts.gc_ratio, Parts.context_form>::template at<
                                               std::conditional_t<encodes_first, Moving, In>>,
                                           detail::AbsentPart>;
        using Core = typename ChannelwiseStaaLif<without_encoding_and_context, Fire>::template at<Moving>;

     public:
        using Input = In;
        using Scalar = typename In::Scalar;
        using Output = typename Core::Output;
        using State = NeuronState<Scalar>;
        static constexpr bool reads_input = true;
        static constexpr Operations operations = Core::operations + Context::operations;
        static constexpr Index parameter_count(Index steps) {
            return Core::parameter_count(steps) + Encoder::parameter_count(steps) + Context::parameter_count(steps);
        }

        struct Parameters {
            typename Core::Parameters core;
            typename Encoder::Parameters encoding;
            typename Context::Parameters context;
        };
        struct Tape : Core::Tape {
            Analog<Scalar> between;             ///< of encoding and context, what the first of the two gives
            Analog<Scalar> aggregated;          ///< Xh; X at a step that is dropped
            Analog<Scalar> current;             ///< N · Xh, where the gain is one a neuron
            typename Context::Tape aggregator;  ///< GC's
        };

        at(const Setup& setup, Random& random) : core(setup, random), encoding(setup, random), context(setup, random) {}

        void forward(const Analog<Scalar>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
            core.draw_dropped(tape, call);
            aggregate(x, {}, tape, call);
            core.forward(input_of_core(tape), y, tape, pattern_stands(call));
        }

        void infer(const Analog<Scalar>& x, SignalOf<Output>& y, State& state, const Call& call) const {
            Tape tape;
            aggregate(x, {state.step}, tape, call);
            core.infer(input_of_core(tape), y, state, call);
        }

        /// d_gain = d_current · Xh, dXh = d_current · gain; dXh goes through encoding and context, or, at a step that is
        /// dropped, straight to dX.
        void backward(const Analog<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Tape& tape, const Call& call) const {
            Analog<Scalar> d_aggregated, straight;
            core.backward(input_of_core(tape), dy, &d_aggregated, gradients.core, tape, call);
            if constexpr (gain_is_map) {
                for (Index image = 0; image < d_aggregated.extents().images(); ++image) {
                    Scalar* d = d_aggregated.map(image);
                    add_products(map_size, d, tape.aggregated.map(image), gradients.core.adaptive.gain.data());
                    multiply_values(map_size, core.adaptive.gain.data(), d, d);
                }
            }
            take_dropped(d_aggregated, straight, tape, call);
            back_to_input(x, d_aggregated, dx, gradients, tape, call);
            for (Index t = 0; t < call.steps && dx != nullptr; ++t) {
                if (Core::is_dropped(tape, t)) {
                    const Index first = t * call.batch;
                    add_values(call.batch * map_size, straight.map(first), dx->map(In::is_constant ? 0 : first));
                }
            }
        }

        void absorb(const Tape&, const Call&) {}

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            Core::visit(self.core, prefix, visitor, trees.core...);
            Encoder::visit(self.encoding, prefix, visitor, trees.encoding...);
            if constexpr (has_gc) {
                Context::visit(self.context, prefix + "gc.", visitor, trees.context...);
            }
        }
        template <class Self, class Visitor>
        static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
            Core::visit_statistics(self.core, prefix, visitor);
            Encoder::visit_statistics(self.encoding, prefix, visitor);
        }

        template <class AnyState, class Visitor, class StepVisitor>
        static void visit_state(AnyState& state, Index batch, const std::string& prefix, Visitor& visitor,
                                StepVisitor& visit_step) {
            Core::visit_state(state, batch, prefix, visitor, visit_step);
        }

        Core core;
        Encoder encoding;
        Context context;

     private:
        static constexpr Index map_size = Index{In::height} * In::width * In::channels;

        static Call pattern_stands(const Call& call) { return {call.steps, call.batch, call.arena, nullptr}; }

        static const Analog<Scalar>& input_of_core(const Tape& tape) {
            return gain_is_map ? tape.current : tape.aggregated;
        }

        /// Xh of every step, and N · Xh where the gain is one a neuron. `begin` is where the stream stands.
        void aggregate(const Analog<Scalar>& x, typename Encoder::State begin, Tape& tape, const Call& call) const {
            if constexpr (!has_gc) {
                encoding.infer(x, tape.aggregated, begin, call);
            } else if constexpr (encodes_first) {
                encoding.infer(x, tape.between, begin, call);
                context.forward(tape.between, tape.aggregated, tape.aggregator, call);
            } else {
                context.forward(x, tape.between, tape.aggregator, call);
                encoding.infer(tape.between, tape.aggregated, begin, call);
            }
            for (Index t = 0; t < call.steps; ++t) {
                if (Core::is_dropped(tape, t)) {
                    const Index first = t * call.batch;
                    std::copy_n(x.map(In::is_constant ? 0 : first), call.batch * map_size, tape.aggregated.map(first));
                }
            }
            if constexpr (gain_is_map) {
                tape.current.resize(call.arena, tape.aggregated.extents());
                parallel_for(tape.aggregated.extents().images(), map_size, [&](Index image) {
                    multiply_values(map_size, core.adaptive.gain.data(), tape.aggregated.map(image),
                                    tape.current.map(image));
                });
            }
        }

        /// Moves the dropped steps' gradients to `straight`, and leaves zeros.
        static void take_dropped(Analog<Scalar>& d_aggregated, Analog<Scalar>& straight, const Tape& tape,
                                 const Call& call) {
            for (Index t = 0; t < call.steps; ++t) {
                if (Core::is_dropped(tape, t)) {
                    straight.resize(call.arena, d_aggregated.extents());
                    Scalar* step = d_aggregated.map(t * call.batch);
                    std::copy_n(step, call.batch * map_size, straight.map(t * call.batch));
                    std::fill_n(step, call.batch * map_size, Scalar(0));
                }
            }
        }

        /// dX from dXh, against the order of `aggregate`.
        void back_to_input(const Analog<Scalar>& x, const Analog<Scalar>& d_aggregated, Analog<Scalar>* dx,
                           Parameters& gradients, Tape& tape, const Call& call) const {
            Analog<Scalar> d_between;
            Nothing nothing;
            if constexpr (!has_gc) {
                encoding.backward(x, d_aggregated, dx, gradients.encoding, nothing, call);
            } else if constexpr (encodes_first) {
                context.backward(tape.between, d_aggregated, &d_between, gradients.context, tape.aggregator, call);
                encoding.backward(x, d_between, dx, gradients.encoding, nothing, call);
            } else {
                encoding.backward(tape.between, d_aggregated, &d_between, gradients.encoding, nothing, call);
                context.backward(x, d_between, dx, gradients.context, tape.aggregator, call);
            }
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
