// SPDX-License-Identifier: MIT
// The two coefficients of every neuron: M, the leak of the potential, and N, the gain of the current.
#pragma once

#include "staa/layers/contract.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What shares a value of M (leak) and N (gain), Eq. 6. M starts as NeuronOptions::leak, N at 1.
enum class Adaptive {
    constant,     ///< one of each per channel; they are not trained
    per_layer,    ///< one of each per layer
    per_channel,  ///< one of each per channel (our reading of the paper)
    per_neuron,   ///< one of each per neuron of the map, [H, W, C]
};

/// M and N of a neuron layer: U[t] = M · H[t-1] + N · X[t]. A part of `Lif` and `StaaLif`.
template <Adaptive Kind>
struct LeakAndGain {
    template <class In>
    class at {
     public:
        using Scalar = typename In::Scalar;
        static constexpr bool is_map = Kind == Adaptive::per_neuron;    ///< whether every neuron has values of its own
        static constexpr bool is_trained = Kind != Adaptive::constant;  ///< whether the values are trained
        /// How many values each of the two has.
        static constexpr Index values = is_map                        ? Index{In::height} * In::width * In::channels
                                        : Kind == Adaptive::per_layer ? 1
                                                                      : In::channels;
        static constexpr Index parameter_count(Index) { return is_trained ? 2 * values : 0; }

        /// [C], [1] or [H, W, C].
        using Values = Tensor<Scalar, is_map ? 3 : 1>;
        struct Parameters {
            Values leak, gain;
        };

        at(const Setup& setup, Random&) : leak(made(setup.neuron.leak)), gain(made(1)) {}

        /// M and N of channel c. Where they are maps, `leak_of` and `gain_of` return 1: the layer that contains this
        /// part multiplies by the maps itself.
        Scalar leak_of(Index c) const {
            if constexpr (is_map) {
                return 1;
            } else {
                return leak(position(c));
            }
        }
        /// N of channel c.
        Scalar gain_of(Index c) const {
            if constexpr (is_map) {
                return 1;
            } else {
                return gain(position(c));
            }
        }
        /// Adds the gradients of `leak_of(c)` and `gain_of(c)`. Does nothing where M and N are maps or constant.
        static void add_gradients(Index c, Scalar d_leak, Scalar d_gain, Parameters& gradients) {
            if constexpr (is_trained && !is_map) {
                gradients.leak(position(c)) += d_leak;
                gradients.gain(position(c)) += d_gain;
            }
        }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            if constexpr (is_trained) {
                visitor(name(prefix + "M"), self.leak, trees.leak...);
                visitor(name(prefix + "N"), self.gain, trees.gain...);
            }
        }
        template <class Self, class Visitor>
        static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
            if constexpr (!is_trained) {
                visitor(name(prefix + "M"), self.leak);
                visitor(name(prefix + "N"), self.gain);
            }
        }

        Values leak;  ///< M
        Values gain;  ///< N

     private:
        static constexpr Index position(Index c) { return Kind == Adaptive::per_layer ? 0 : c; }

        static Values made(double value) {
            if constexpr (is_map) {
                return filled<Scalar>(static_cast<Scalar>(value), In::height, In::width, In::channels);
            } else {
                return filled<Scalar>(static_cast<Scalar>(value), values);
            }
        }

        static ParameterName name(const std::string& text) {
            if constexpr (is_map) {
                return {text, Layout::map, {In::channels, In::height, In::width}};
            } else {
                return {text, Layout::same, {values, 1, 1}};
            }
        }
    };
};

}  // namespace STAA_ABI
}  // namespace staa
