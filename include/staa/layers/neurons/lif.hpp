// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "staa/kernels/maps/attention.hpp"
#include "staa/kernels/neuron/membrane.hpp"
#include "staa/layers/neurons/currents.hpp"
#include "staa/layers/neurons/leak_and_gain.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What a neuron layer leaves for the next step of a stream.
template <class Scalar>
struct NeuronState {
    Index step = 0;                  ///< steps taken so far
    Tensor<Scalar, 4> potential;     ///< [N, H, W, C], before the reset; empty at the start
    Tensor<Scalar, 2> carried_mean;  ///< [N, C] mean of the potential after the reset; only where it is needed
    void restart() { step = 0; }
};

namespace detail {

/// Where image `image` of a neuron layer's output goes: bits, or numbers if the surrogate's output is analog.
template <class Scalar>
void set_output(MembraneForward<Scalar>& f, Spikes& y, Index image) {
    f.spikes = y.map(image);
    f.window = y.window_map(image);
    f.values = nullptr;
}
template <class Scalar>
void set_output(MembraneForward<Scalar>& f, Analog<Scalar>& y, Index image) {
    f.spikes = nullptr;
    f.values = y.map(image);
}

/// The output of a forward pass: with a window, if the neuron's surrogate has one.
template <class Fire, class Signal>
void make_output(Signal& y, const Extents& extents, Arena& arena) {
    y.resize(arena, extents);
    if constexpr (Fire::has_window) {
        y.add_window(arena);
    }
}

/// The constants of a layer's neurons, for maps of `In`.
template <class In>
Membrane<typename In::Scalar> membrane_of(const NeuronOptions& neuron) {
    using Scalar = typename In::Scalar;
    return {In::height * In::width, In::channels,
            NeuronConstants<Scalar>{static_cast<Scalar>(neuron.threshold), static_cast<Scalar>(neuron.surrogate_width),
                                    static_cast<Scalar>(neuron.surrogate_sharpness)},
            neuron.detach_reset};
}

/// Gives a state that has seen nothing the sizes of its first call; a stream that goes on must keep its batch.
template <class In>
void begin_state(NeuronState<typename In::Scalar>& state, Index batch) {
    if (state.step == 0) {
        state.potential.resize(batch, In::height, In::width, In::channels);
    }
    check_stream(state.potential.dimension(0), batch);
}

/// The parts of a state of `batch` images, as a layer's `visit_state` shows them.
template <class In, class State, class Visitor, class StepVisitor>
void visit_neuron_state(State& state, Index batch, bool has_mean, const std::string& prefix, Visitor& visitor,
                        StepVisitor& visit_step) {
    visit_step(state.step);
    visitor(ParameterName{prefix + "potential", Layout::same, {batch, In::height, In::width, In::channels}},
            state.potential);
    if (has_mean) {
        visitor(ParameterName{prefix + "carried_mean", Layout::same, {batch, In::channels}}, state.carried_mean);
    }
}

}  // namespace detail

/// Leaky integrate-and-fire neurons, Eq. 1-3; by default the paper's, which fire at the threshold and start again from 0:
///     U[t] = leak · H[t-1] + X[t],   S[t] = 1 where U[t] >= threshold, else 0,   H[t] = U[t] · (1 - S[t]),   H[-1] = 0
/// Analog [T, N, H, W, C] -> spikes of the same shape. Nothing is trained; `adaptive.leak` starts as NeuronOptions::leak.
/// How a neuron fires and resets is in its types: kernels/neuron/surrogate.hpp and kernels/neuron/firing.hpp describe one's own, too.
template <class Surrogate = Rectangle, class Reset = HardReset, class Threshold = Reached>
struct Lif {
    static constexpr Role role = Role::neurons;
    static constexpr const char* kind = "neurons";

    template <class In>
    class at {
        static_assert(
            !In::is_spikes,
            "staa::Lif: its input is spikes, but it needs a current; place a Conv2d and a BatchNorm before it");

     public:
        using Input = In;
        using Scalar = typename In::Scalar;
        using Fire = Firing<Surrogate, Reset, Threshold>;
        using Output = Map<In::channels, In::height, In::width, Fire::output, Scalar, Over::time>;
        using Parameters = Nothing;
        using State = NeuronState<Scalar>;
        using Tape = Nothing;
        using Constants = typename LeakAndGain<Adaptive::constant>::template at<In>;
        static constexpr bool reads_input = true;
        static constexpr Operations operations{};
        static constexpr Index parameter_count(Index) { return 0; }

        at(const Setup& setup, Random& random) : neuron(setup.neuron), adaptive(setup, random) {}

        void forward(const Currents<Scalar>& x, SignalOf<Output>& y, Tape&, const Call& call) const {
            detail::make_output<Fire>(y, Output::extents(call.steps, call.batch), call.arena);
            const Driven driven(*this, x, call.arena);
            const WorkerScratch<Scalar> memory(call.arena, (x.are_kept() ? 1 : 2) * map_size);
            parallel_for(call.batch, call.steps * map_size, [&](Index n, Index worker) {
                run(driven, y, n, 0, memory.of(worker), memory.of(worker) + map_size, call);
            });
        }

        void infer(const Currents<Scalar>& x, SignalOf<Output>& y, State& state, const Call& call) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            detail::begin_state<In>(state, call.batch);
            const Driven driven(*this, x, call.arena);
            const WorkerScratch<Scalar> memory(call.arena, x.are_kept() ? 0 : map_size);
            parallel_for(call.batch, call.steps * map_size, [&](Index n, Index worker) {
                run(driven, y, n, state.step, state.potential.data() + n * map_size, memory.of(worker), call);
            });
            state.step += call.steps;
        }

        /// U is made again, image by image. X enters it with weight gain, so dX[t] = gain · dU[t], and H[t] enters U[t+1]
        /// with weight leak, so dH[t] = leak · dU[t+1]: dX is all the memory that going back through time needs.
        void backward(const Currents<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters&, Tape&,
                      const Call& call) const {
            if (dx == nullptr) {
                return;
            }
            dx->resize(call.arena, In::extents(call.steps, call.batch));
            const Driven driven(*this, x, call.arena);
            const WorkerScratch<Scalar> memory(call.arena, (call.steps + 1) * map_size);
            const bool scaled = !gain_is_one();
            parallel_for(call.batch, 2 * call.steps * map_size, [&](Index n, Index worker) {
                Scalar* potentials = memory.of(worker);
                Scalar* room = potentials + call.steps * map_size;
                const Scalar* current = nullptr;
                for (Index t = 0; t < call.steps; ++t) {
                    if (t == 0 || !In::is_constant) {
                        current = x.unscaled_map(image_of(t, n, call), room);
                    }
                    Scalar* potential = potentials + t * map_size;
                    membrane_potential<Fire>(membrane(),
                                             driven.step(current, t == 0 ? nullptr : potential - map_size, potential));
                }
                const Scalar* d_next = nullptr;
                for (Index t = call.steps - 1; t >= 0; --t) {
                    Scalar* du = In::is_constant ? room : dx->map(t * call.batch + n);
                    step_back(potentials + t * map_size, dy.map(t * call.batch + n), d_next, du);
                    if constexpr (In::is_constant) {
                        add_step(du, t == call.steps - 1, dx->map(n));
                    }
                    d_next = du;
                }
                for (Index t = 0; t < dx->extents().steps && scaled; ++t) {
                    Scalar* map = dx->map(t * call.batch + n);
                    scale_channels<Scalar>(In::height * In::width, In::channels, map, adaptive.gain.data(), nullptr,
                                           map);
                }
            });
        }

        void absorb(const Tape&, const Call&) {}

        template <class Self, class Visitor, class... Trees>
        static void visit(Self&, const std::string&, Visitor&&, Trees&...) {}
        template <class Self, class Visitor>
        static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
            Constants::visit_statistics(self.adaptive, prefix, visitor);
        }

        template <class AnyState, class Visitor, class StepVisitor>
        static void visit_state(AnyState& state, Index batch, const std::string& prefix, Visitor& visitor,
                                StepVisitor& visit_step) {
            detail::visit_neuron_state<In>(state, batch, false, prefix, visitor, visit_step);
        }

        NeuronOptions neuron;
        Constants adaptive;  ///< leak and gain, [C]; the gain is 1 unless a file says otherwise

     private:
        static constexpr Index map_size = Index{In::height} * In::width * In::channels;

        bool gain_is_one() const {
            return std::all_of(adaptive.gain.data(), adaptive.gain.data() + In::channels,
                               [](Scalar value) { return value == 1; });
        }

        Membrane<Scalar> membrane() const { return detail::membrane_of<In>(neuron); }

        /// The image of X, which is stored once where it is the same at every step.
        static Index image_of(Index t, Index n, const Call& call) { return In::is_constant ? n : t * call.batch + n; }

        /// The neurons with their currents: gain · X = (gain · scale) · map + gain · shift is one pass over the unscaled map.
        class Driven {
         public:
            Driven(const at& neurons, const Currents<Scalar>& x, Arena& arena)
                : currents(x), leak_(neurons.adaptive.leak.data()), weights_(arena, 2 * In::channels) {
                for (Index c = 0; c < In::channels; ++c) {
                    weights_.data()[c] = neurons.adaptive.gain(c) * x.scale(c);
                    weights_.data()[In::channels + c] = neurons.adaptive.gain(c) * x.shift(c);
                }
            }

            /// One step; `map` is the unscaled one.
            MembraneForward<Scalar> step(const Scalar* map, const Scalar* previous, Scalar* potential) const {
                MembraneForward<Scalar> f{};
                f.decay = leak_;
                f.gain = weights_.data();
                f.shift = currents.are_scaled() ? weights_.data() + In::channels : nullptr;
                f.current = map;
                f.previous = previous;
                f.potential = potential;
                return f;
            }

            const Currents<Scalar>& currents;

         private:
            const Scalar* leak_;
            Scratch<Scalar> weights_;
        };

        /// All steps of image n, which are `first_step` and on of its stream; U stays in `potential`.
        void run(const Driven& driven, SignalOf<Output>& y, Index n, Index first_step, Scalar* potential, Scalar* room,
                 const Call& call) const {
            const Scalar* current = nullptr;
            for (Index t = 0; t < call.steps; ++t) {
                if (t == 0 || !In::is_constant) {
                    current = driven.currents.unscaled_map(image_of(t, n, call), room);
                }
                MembraneForward<Scalar> f = driven.step(current, first_step + t == 0 ? nullptr : potential, potential);
                detail::set_output(f, y, t * call.batch + n);
                membrane_forward<Fire>(membrane(), f);
            }
        }

        void step_back(const Scalar* potential, const Scalar* d_spikes, const Scalar* d_next,
                       Scalar* d_potential) const {
            MembraneBackward<Scalar> b{};
            b.potential = potential;
            b.d_spikes = d_spikes;
            b.d_next = d_next;
            b.next_scale = adaptive.leak.data();
            b.d_potential = d_potential;
            membrane_backward<Fire>(membrane(), b);
        }

        /// The gradient of a current that is the same at every step is the sum over the steps.
        static void add_step(const Scalar* du, bool is_first, Scalar* dx) {
            for (Index i = 0; i < map_size; ++i) {
                dx[i] = is_first ? du[i] : dx[i] + du[i];
            }
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
