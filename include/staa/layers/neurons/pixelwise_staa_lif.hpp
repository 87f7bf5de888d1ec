// SPDX-License-Identifier: MIT
// StaaLif with parts that differ from pixel to pixel: slower than channelwise_staa_lif.hpp, which does most of the
// work.
#pragma once

#include <algorithm>

#include "staa/kernels/maps/elementwise.hpp"
#include "staa/layers/neurons/channelwise_staa_lif.hpp"

namespace staa {
inline namespace STAA_ABI {

/// `StaaLif` of which a part differs from pixel to pixel: a position encoding per position, or a leak and gain per
/// neuron. The layers PositionEncoding and GlobalContext make the map Xh = GC(X + P). A `ChannelwiseStaaLif` without
/// these two parts reads Xh as its current. Each of the two costs one more pass over the maps, and one more map on the
/// tape.
template <StaaParts Parts, class Fire>
struct PixelwiseStaaLif {
    static constexpr const char* kind = "neurons, pixel by pixel";

    template <class In>
    class at {
        static constexpr bool has_gc = Parts.global_context;
        static constexpr bool encodes_first = Parts.encoding_place == EncodingPlace::before_aggregation || !has_gc;
        static constexpr bool gain_is_map = Parts.adaptive == Adaptive::per_neuron;
        static constexpr StaaParts without_encoding_and_context{.global_context = false,
                                                                .position_encoding = Encoding::none,
                                                                .step_attention = Parts.step_attention,
                                                                .sa_ratio = Parts.sa_ratio,
                                                                .adaptive = Parts.adaptive};
        using Moving = Map<In::channels, In::height, In::width, Signal::analog, typename In::Scalar, Over::time>;
        using Encoder = typename detail::PartsOn<Parts, In>::Encoder;
        using Context = typename detail::PartsOn<Parts, std::conditional_t<encodes_first, Moving, In>>::Context;
        using Core = typename ChannelwiseStaaLif<without_encoding_and_context, Fire>::template at<Moving>;

     public:
        using Input = In;
        using Scalar = typename In::Scalar;
        using Output = typename Core::Output;
        using State = NeuronState<Scalar>;
        static constexpr bool reads_input = true;
        static constexpr Operations operations = Core::operations + Context::operations;
        static constexpr Index parameter_count(Index steps) {
            return Core::parameter_count(steps) + Encoder::parameter_count(steps) + parameter_count_of<Context>(steps);
        }

        struct Parameters {
            typename Core::Parameters core;
            typename Encoder::Parameters encoding;
            typename Context::Parameters context;
        };
        struct Tape : Core::Tape {
            Analog<Scalar> between;             ///< the output of the first of encoding and context
            Analog<Scalar> aggregated;          ///< Xh; X at a step that is dropped
            Analog<Scalar> current;             ///< gain · Xh, where the gain is one per neuron
            typename Context::Tape aggregator;  ///< of GC
        };

        at(const Setup& setup, Random& random) : core(setup, random), encoding(setup, random), context(setup, random) {}

        void forward(const Analog<Scalar>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
            core.draw_dropped(tape, call);
            aggregate(x, {}, tape, call);
            core.forward(input_of_core(tape), y, tape, without_generator(call));
        }

        void infer(const Analog<Scalar>& x, SignalOf<Output>& y, State& state, const Call& call) const {
            Tape tape;
            aggregate(x, {state.step}, tape, call);
            core.infer(input_of_core(tape), y, state, call);
        }

        /// With d_current from the core and a gain per neuron: d_gain = sum d_current · Xh, dXh = d_current · gain. dXh
        /// goes back through context and encoding. At a step that is dropped it is added to dX as it is.
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

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            Core::visit(self.core, prefix, visitor, trees.core...);
            Encoder::visit(self.encoding, prefix, visitor, trees.encoding...);
            visit_parameters(self.context, prefix + "gc.", visitor, trees.context...);
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

        /// The call without its generator, so that the core keeps the dropped steps that are drawn already.
        static Call without_generator(const Call& call) { return {call.steps, call.batch, call.arena, nullptr}; }

        static const Analog<Scalar>& input_of_core(const Tape& tape) {
            return gain_is_map ? tape.current : tape.aggregated;
        }

        /// Makes Xh of every step, and gain · Xh where the gain is one per neuron. `begin` holds the steps of the
        /// stream so far.
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

        /// Moves the gradients of the dropped steps to `straight`, and leaves zeros.
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

        /// dX from dXh, in the reverse order of `aggregate`.
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
