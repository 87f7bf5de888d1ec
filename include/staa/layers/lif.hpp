// SPDX-License-Identifier: MIT
#pragma once

#include "staa/kernels/membrane.hpp"
#include "staa/layers/layer.hpp"

namespace staa::inline STAA_ABI {

/// What a neuron layer leaves for the next step of a stream.
template <class Scalar>
struct NeuronState {
    Index step = 0;                  ///< steps taken so far
    Tensor<Scalar, 4> potential;     ///< [N, H, W, C], before the reset; empty at the start
    Tensor<Scalar, 2> carried_mean;  ///< [N, C] mean of the potential after the reset; only where it is needed
};

namespace detail {

/// Where image `image` of a neuron layer's output goes: bits, or numbers if the surrogate's output is analog.
template <class Scalar>
void set_output(MembraneForward<Scalar>& f, Spikes& y, Index image) {
    f.spikes = y.map(image);
    f.values = nullptr;
}
template <class Scalar>
void set_output(MembraneForward<Scalar>& f, Analog<Scalar>& y, Index image) {
    f.spikes = nullptr;
    f.values = y.map(image);
}

/// The constants of a layer's neurons, for maps of `In`.
template <class In>
Membrane<typename In::Scalar> membrane_of(const NeuronOptions& neuron) {
    using Scalar = typename In::Scalar;
    return {In::height * In::width, In::channels, static_cast<Scalar>(neuron.threshold),
            static_cast<Scalar>(neuron.surrogate_width), neuron.detach_reset};
}

/// Gives a state that has seen nothing the sizes of its first call, and zeros; a stream that goes on must keep its batch.
template <class In>
void begin_state(NeuronState<typename In::Scalar>& state, Index batch) {
    if (state.step == 0) {
        state.potential.resize(batch, In::height, In::width, In::channels);
        state.potential.setZero();
    }
    check_stream(state.potential.dimension(0), batch);
}

}  // namespace detail

/// Leaky integrate-and-fire neurons, Eq. 1-3, with hard reset to 0:
///     U[t] = leak · H[t-1] + X[t],   S[t] = 1 where U[t] >= threshold, else 0,   H[t] = U[t] · (1 - S[t]),   H[-1] = 0
/// Analog [T, N, H, W, C] -> spikes of the same shape. No parameters; the constants are `neuron`.
template <class Surrogate = Rectangle>
struct Lif {
    template <class In>
    class at {
        static_assert(
            !In::is_spikes,
            "staa::Lif: its input is spikes, but it needs a current; place a Conv2d and a BatchNorm before it");

     public:
        using Input = In;
        using Scalar = typename In::Scalar;
        using Output = Map<In::channels, In::height, In::width, Surrogate::output, Scalar, Over::time>;
        using Parameters = Nothing;
        using State = NeuronState<Scalar>;
        static constexpr bool reads_input = false;

        struct Tape {
            Analog<Scalar> potential;  ///< U [T, N, H, W, C]
        };

        at(const Setup& setup, Random&) : neuron(setup.neuron) {}

        void forward(const Analog<Scalar>& x, SignalOf<Output>& y, Tape& tape, const Call& call) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            tape.potential.resize(call.arena, Output::extents(call.steps, call.batch));
            const Coefficients c(*this, call.arena);
            parallel_for(call.batch, call.steps * map_size, [&](Index n) {
                for (Index t = 0; t < call.steps; ++t) {
                    const Index image = t * call.batch + n;
                    const Scalar* previous = t == 0 ? nullptr : tape.potential.map(image - call.batch);
                    step(c, x.map(In::is_constant ? n : image), previous, tape.potential.map(image), y, image);
                }
            });
        }

        void infer(const Analog<Scalar>& x, SignalOf<Output>& y, State& state, const Call& call) const {
            y.resize(call.arena, Output::extents(call.steps, call.batch));
            detail::begin_state<In>(state, call.batch);
            const Coefficients c(*this, call.arena);
            parallel_for(call.batch, call.steps * map_size, [&](Index n) {
                Scalar* potential = state.potential.data() + n * map_size;
                for (Index t = 0; t < call.steps; ++t) {
                    const Index image = t * call.batch + n;
                    step(c, x.map(In::is_constant ? n : image), potential, potential, y, image);
                }
            });
            state.step += call.steps;
        }

        /// X enters U with weight 1, so dX[t] = dU[t], and H[t] enters U[t+1] with weight leak, so
        /// dH[t] = leak · dU[t+1]: dX is all the memory that going back through time needs.
        void backward(const Analog<Scalar>&, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters&, Tape& tape,
                      const Call& call) const {
            if (dx == nullptr) {
                return;
            }
            dx->resize(call.arena, In::extents(call.steps, call.batch));
            const Coefficients c(*this, call.arena);
            const Scratch<Scalar> potentials(call.arena, In::is_constant ? call.batch * map_size : 0);
            parallel_for(call.batch, 2 * call.steps * map_size, [&](Index n) {
                const Scalar* d_next = nullptr;
                for (Index t = call.steps - 1; t >= 0; --t) {
                    const Index image = t * call.batch + n;
                    Scalar* du = In::is_constant ? potentials.data() + n * map_size : dx->map(image);
                    step_back(c, tape.potential.map(image), dy.map(image), d_next, du);
                    if constexpr (In::is_constant) {
                        add_step(du, t == call.steps - 1, dx->map(n));
                    }
                    d_next = du;
                }
            });
        }

        void absorb(const Tape&, const Call&) {}

        template <class Self, class Visitor, class... Trees>
        static void visit(Self&, const std::string&, Visitor&&, Trees&...) {}
        template <class Self, class Visitor>
        static void visit_statistics(Self&, const std::string&, Visitor&&) {}

        NeuronOptions neuron;

     private:
        static constexpr Index map_size = Index{In::height} * In::width * In::channels;

        /// The kernel's coefficients: the same for every channel here.
        struct Coefficients {
            Coefficients(const at& layer, Arena& arena)
                : membrane(detail::membrane_of<In>(layer.neuron)), memory(arena, 3 * In::channels) {
                std::fill(decay(), decay() + In::channels, static_cast<Scalar>(layer.neuron.leak));
                std::fill(one(), one() + In::channels, Scalar(1));
                std::fill(zero(), zero() + In::channels, Scalar(0));
            }
            Scalar* decay() const { return memory.data(); }
            Scalar* one() const { return memory.data() + In::channels; }
            Scalar* zero() const { return memory.data() + 2 * In::channels; }
            Membrane<Scalar> membrane;
            Scratch<Scalar> memory;
        };

        static void step(const Coefficients& c, const Scalar* x, const Scalar* previous, Scalar* potential,
                         SignalOf<Output>& y, Index image) {
            MembraneForward<Scalar> f{};
            f.decay = c.decay();
            f.gain = c.one();
            f.shift = c.zero();
            f.current = x;
            f.previous = previous;
            f.potential = potential;
            detail::set_output(f, y, image);
            membrane_forward<Surrogate>(c.membrane, f);
        }

        static void step_back(const Coefficients& c, const Scalar* potential, const Scalar* d_spikes,
                              const Scalar* d_next, Scalar* d_potential) {
            MembraneBackward<Scalar> b{};
            b.potential = potential;
            b.d_spikes = d_spikes;
            b.d_next = d_next;
            b.next_scale = c.decay();
            b.next_shift = c.zero();
            b.d_potential = d_potential;
            membrane_backward<Surrogate>(c.membrane, b);
        }

        /// The gradient of a current that is the same at every step is the sum over the steps.
        static void add_step(const Scalar* du, bool is_first, Scalar* dx) {
            for (Index i = 0; i < map_size; ++i) {
                dx[i] = is_first ? du[i] : dx[i] + du[i];
            }
        }
    };
};

}  // namespace staa::inline STAA_ABI
