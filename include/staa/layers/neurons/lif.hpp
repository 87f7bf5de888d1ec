// SPDX-License-Identifier: MIT
// Plain leaky integrate-and-fire neurons: the layer to read first, before StaaLif.
#pragma once

#include <algorithm>

#include "staa/kernels/maps/channels.hpp"
#include "staa/layers/neurons/currents.hpp"
#include "staa/layers/neurons/leak_and_gain.hpp"
#include "staa/layers/neurons/neuron.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Leaky integrate-and-fire neurons, Eq. 1-3. By default they are the paper's: they fire at the threshold, and restart
/// from 0 after a spike. With H[-1] = 0:
///     U[t] = leak · H[t-1] + X[t]
///     S[t] = 1 where U[t] >= threshold, else 0
///     H[t] = U[t] · (1 - S[t])
/// Analog [T, N, H, W, C] -> spikes of the same shape. Nothing is trained; `adaptive.leak` starts as
/// NeuronOptions::leak. How a neuron fires and resets is in its types. kernels/neuron/surrogate.hpp and
/// kernels/neuron/firing.hpp show how to write such a type.
template <class Surrogate = Rectangle, class Reset = HardReset, class Threshold = Reached>
struct Lif {
    static constexpr Role role = Role::neurons;
    static constexpr const char* kind = "neurons";

    template <class In>
    class at : public LayerDefaults<In> {
        static_assert(
            !In::is_spikes,
            "staa::Lif: its input is spikes, but it needs a current; place a Conv2d and a BatchNorm before it");

     public:
        using Scalar = typename In::Scalar;
        using Fire = Firing<Surrogate, Reset, Threshold>;
        static constexpr bool has_window = Fire::has_window;  ///< spikes carry the surrogate's window in training
        using Output = Map<In::channels, In::height, In::width, Fire::output, Scalar, Over::time>;
        using State = NeuronState<Scalar>;
        /// M and N, which are not trained.
        using Constants = typename LeakAndGain<Adaptive::constant>::template at<In>;
        static constexpr bool reads_input = true;

        at(const Setup& setup, Random& random)
            : neuron(detail::with_width<Surrogate>(setup.neuron)), adaptive(setup, random) {}

        void forward(const Currents<Scalar>& x, SignalOf<Output>& y, Nothing&, const Call& call) const {
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

        /// Back through time, image by image. First U of all steps is computed again. Then, from the last step to the
        /// first,
        ///     dX[t] = gain · dU[t],   dH[t] = leak · dU[t+1],   dU[t] = dS[t] · dS/dU + dH[t] · dH/dU
        /// Where X changes from step to step, dU lies in the memory of dX until it is scaled by the gain.
        void backward(const Currents<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Nothing&, Nothing&,
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
                        current = x.unscaled_map(detail::stored_image<In>(t, n, call.batch), room);
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
        Constants adaptive;  ///< leak and gain, [C]; the gain is 1 unless a file with weights has another value

     private:
        static constexpr Index map_size = Index{In::height} * In::width * In::channels;

        bool gain_is_one() const {
            return std::all_of(adaptive.gain.data(), adaptive.gain.data() + In::channels,
                               [](Scalar value) { return value == 1; });
        }

        Membrane<Scalar> membrane() const { return detail::membrane_of<In>(neuron); }

        /// The coefficients with which the kernel reads the unscaled maps of `currents`:
        ///     gain · X = (gain · scale) · map + gain · shift
        class Driven {
         public:
            Driven(const at& neurons, const Currents<Scalar>& x, Arena& arena)
                : currents(x), leak_(neurons.adaptive.leak.data()), weights_(arena, 2 * In::channels) {
                for (Index c = 0; c < In::channels; ++c) {
                    weights_.data()[c] = neurons.adaptive.gain(c) * x.scale(c);
                    weights_.data()[In::channels + c] = neurons.adaptive.gain(c) * x.shift(c);
                }
            }

            /// What the kernel needs for one step. `map` is the unscaled one.
            MembraneForward<Scalar> step(const Scalar* map, const Scalar* previous, Scalar* potential) const {
                MembraneForward<Scalar> f{};
                f.decay = leak_;
                f.weight = weights_.data();
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

        /// All steps of image n. The first one is step `first_step` of the stream. `potential` holds U of the last
        /// step.
        void run(const Driven& driven, SignalOf<Output>& y, Index n, Index first_step, Scalar* potential, Scalar* room,
                 const Call& call) const {
            const Scalar* current = nullptr;
            for (Index t = 0; t < call.steps; ++t) {
                if (t == 0 || !In::is_constant) {
                    current = driven.currents.unscaled_map(detail::stored_image<In>(t, n, call.batch), room);
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

        /// Adds the gradient of one step to dx [H, W, C]. A current that is the same at every step has the sum as its
        /// gradient.
        static void add_step(const Scalar* du, bool is_first, Scalar* dx) {
            for (Index i = 0; i < map_size; ++i) {
                dx[i] = is_first ? du[i] : dx[i] + du[i];
            }
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
