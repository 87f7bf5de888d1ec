// SPDX-License-Identifier: MIT
// The neurons that StaaLif is by default: `run` is their forward pass over all steps, down to the membrane kernel.
#pragma once

#include <algorithm>

#include "staa/layers/neurons/aggregator.hpp"
#include "staa/layers/neurons/channelwise_gradient.hpp"

namespace staa {
inline namespace STAA_ABI {

/// `StaaLif` whose parts treat all pixels of a channel alike. For one image and step all parts together are three
/// numbers per channel (aggregator.hpp), so that the layer is one pass over the map, by the same kernel as plain LIF:
///     U[t] = decay · H[t-1] + weight · X[t] + shift,   S[t] = fire(U[t])      kernels/neuron/membrane.hpp
template <StaaParts Parts, class FiringRule>
struct ChannelwiseStaaLif {
    static constexpr Role role = Role::neurons;
    static constexpr const char* kind = "neurons";

    template <class In>
    class at : public detail::Aggregator<Parts, In> {
        using Aggregator = detail::Aggregator<Parts, In>;

     public:
        using Input = In;
        using Scalar = typename In::Scalar;
        using Fire = FiringRule;
        using Output = Map<In::channels, In::height, In::width, Fire::output, Scalar, Over::time>;
        using Parameters = typename Aggregator::Parameters;
        using Tape = typename Aggregator::Tape;
        using State = NeuronState<Scalar>;
        static constexpr bool has_window = Fire::has_window;  ///< spikes carry the surrogate's window in training
        using Aggregator::channels, Aggregator::pixels, Aggregator::has_sa, Aggregator::is_dropped;
        using Images = detail::ImageGroup<pixels * channels>;
        static constexpr bool reads_input = true;

        at(const Setup& setup, Random& random)
            : Aggregator(setup, random), neuron(detail::with_width<typename Fire::SurrogateType>(setup.neuron)) {}

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

        /// Draws which steps skip the aggregator. Without a generator, the steps that the tape names stay.
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

        /// The constants for the kernel, with the leak where it is one per neuron.
        Membrane<Scalar> membrane() const {
            Membrane<Scalar> m = detail::membrane_of<In>(neuron);
            m.leak = Aggregator::LeakGain::is_map ? this->adaptive.leak.data() : nullptr;
            return m;
        }

        template <class AnyState, class Visitor, class StepVisitor>
        static void visit_state(AnyState& state, Index batch, const std::string& prefix, Visitor& visitor,
                                StepVisitor& visit_step) {
            detail::visit_neuron_state<In>(state, batch, has_sa, prefix, visitor, visit_step);
        }

        NeuronOptions neuron;

     private:
        static constexpr Index map_size = pixels * channels;

        /// The first row of tape.carried_mean from the state; zeros where a stream begins.
        static void begin_carried_mean(State& state, Tape& tape, const Call& call) {
            if (state.step == 0) {
                state.carried_mean.resize(call.batch, channels);
                state.carried_mean.setZero();
            }
            tape.carried_mean.resize(call.arena, (call.steps + 1) * call.batch, channels);
            std::copy_n(state.carried_mean.data(), state.carried_mean.size(), tape.carried_mean.data());
        }

        /// All steps of a call. A task takes a few images through all steps, so that what a step leaves for the next is
        /// still in the cache. `potentials` [N, H, W, C] receives U of the last step; null: U is not kept. `first_step`
        /// is the step of the stream with which the call begins.
        void run(const Currents<Scalar>& x, SignalOf<Output>& y, Tape& tape, const Call& call, Index first_step,
                 Scalar* potentials) const {
            this->encoding.check_step(first_step + call.steps - 1);
            Aggregator::resize(tape, call);
            const auto weights = this->weights(x, call.arena);
            const Index maps = (potentials == nullptr ? 1 : 0) + (x.are_kept() ? 0 : 1);
            const WorkerScratch<Scalar> memory(call.arena, 3 * channels + maps * Images::most * map_size);
            const Index groups = Images::groups(call.batch);
            parallel_for(groups, call.steps * call.batch / groups * map_size, [&](Index group, Index worker) {
                const Images images = Images::of_group(group, groups, call.batch);
                Scalar* coefficients = memory.of(worker);
                Scalar* potential = coefficients + 3 * channels;
                Scalar* room = potential + (potentials == nullptr ? Images::most * map_size : 0);
                potential = potentials == nullptr ? potential : potentials + images.first * map_size;
                const Scalar* currents[Images::most] = {};
                for (Index t = 0; t < call.steps; ++t) {
                    const detail::StepOfImages now{first_step + t, t * call.batch + images.first,
                                                   detail::stored_image<In>(t, images.first, call.batch), images.count,
                                                   is_dropped(tape, t)};
                    // X[t], and what the gates need to know of it.
                    for (Index i = 0; i < now.count && (t == 0 || !In::is_constant); ++i) {
                        currents[i] = x.unscaled_map(now.image + i, room + i * map_size);
                        this->summarise(weights, x, currents[i], now.image + i, tape);
                    }
                    this->make_gates(weights, x, now, tape);
                    // U[t] and S[t].
                    for (Index i = 0; i < now.count; ++i) {
                        MembraneForward<Scalar> f{};
                        this->fold(this->gates(now.row + i, now.step, now.dropped, tape), x, coefficients, f);
                        f.current = currents[i];
                        f.potential = potential + i * map_size;
                        f.previous = now.step == 0 ? nullptr : f.potential;
                        f.carried_sum = has_sa ? tape.carried_mean.row(now.row + i + call.batch) : nullptr;
                        detail::set_output(f, y, now.row + i);
                        membrane_forward<Fire>(membrane(), f);
                        for (Index c = 0; has_sa && c < channels; ++c) {
                            f.carried_sum[c] *= Aggregator::per_pixel;  // the sum becomes the mean
                        }
                    }
                }
            });
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
