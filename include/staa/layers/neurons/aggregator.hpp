// SPDX-License-Identifier: MIT
// The aggregator of StaaLif, Eq. 6-14, as three numbers per channel: the kernel then runs StaaLif as fast as plain LIF.
#pragma once

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/layers/neurons/currents.hpp"
#include "staa/layers/neurons/neuron.hpp"
#include "staa/layers/neurons/staa_parts.hpp"
#include "staa/layers/step_attention.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Stands for a part that a neuron does not have.
struct AbsentPart {
    using Parameters = Nothing;
    using Tape = Nothing;
    using Packed = Nothing;
    static constexpr Operations operations{};
    AbsentPart(const Setup&, Random&) {}
    static Packed packed(Arena&) { return {}; }
    static Packed packed_transposed(Arena&) { return {}; }
};

/// The layers that are the parts of a StaaLif on the map `In`.
template <StaaParts Parts, class In>
struct PartsOn {
    static_assert(
        !In::is_spikes,
        "staa::StaaLif: its input is spikes, but it needs a current; place a Conv2d and a BatchNorm before it");
    using LeakGain = typename LeakAndGain<Parts.adaptive>::template at<In>;
    using Encoder = typename PositionEncoding<Parts.position_encoding, Parts.encoding_shape>::template at<In>;
    using Context =
        std::conditional_t<Parts.global_context,
                           typename GlobalContext<Parts.gc_ratio, Parts.context_form>::template at<In>, AbsentPart>;
    using Attention =
        std::conditional_t<Parts.step_attention, typename StepAttention<Parts.sa_ratio>::template at<In>, AbsentPart>;
};

/// One step of a few images, n = first, first + 1, ..
struct StepOfImages {
    Index step;    ///< of the stream
    Index row;     ///< of the first image: step of the call · batch + first
    Index image;   ///< the first image's place among the stored maps of X
    Index count;   ///< of images
    bool dropped;  ///< whether the step skips the aggregator
};

/// The parts of a StaaLif that treat all pixels of a channel alike, and what they do to one image and step:
///     A = leak · H[t-1] + gain · (g · (X[t] + P) + V + Q),     U[t] = s · A
/// g is the gate of GC, or V its additive form; P is the encoding before GC, or Q after it; s is the gate of SA. So
///     U[t] = decay · H[t-1] + weight · X[t] + shift
///     decay = s·leak,   weight = s·gain·g,   shift = s·gain·(g·P + V + Q)
/// channel by channel. A part that is absent or dropped leaves out its factor or its term. Where leak and gain are one
/// per neuron they count as 1 here: the kernel multiplies H by the leak, and PixelwiseStaaLif multiplies X by the gain.
template <StaaParts Parts, class In>
class Aggregator {
 public:
    using Scalar = typename In::Scalar;
    using LeakGain = typename PartsOn<Parts, In>::LeakGain;
    using Encoder = typename PartsOn<Parts, In>::Encoder;
    using Context = typename PartsOn<Parts, In>::Context;
    using Attention = typename PartsOn<Parts, In>::Attention;
    static constexpr bool has_gc = Parts.global_context, has_sa = Parts.step_attention;
    static constexpr bool gates_context = has_gc && Parts.context_form == ContextForm::gate;
    static constexpr bool encodes_before = Parts.encoding_place == EncodingPlace::before_aggregation;
    static constexpr Index channels = In::channels;
    static constexpr Index pixels = Index{In::height} * In::width;
    static constexpr Scalar per_pixel = Scalar(1) / (Scalar(In::height) * Scalar(In::width));
    static constexpr Operations operations = Context::operations + Attention::operations;
    static constexpr Index parameter_count(Index steps) {
        return LeakGain::parameter_count(steps) + Encoder::parameter_count(steps) + parameter_count_of<Context>(steps) +
               parameter_count_of<Attention>(steps);
    }

    struct Parameters {
        typename LeakGain::Parameters adaptive;
        typename Encoder::Parameters encoding;
        typename Context::Parameters context;
        typename Attention::Parameters attention;
    };
    /// Rows are those of all steps and images, row = step · batch + n.
    struct Tape {
        std::vector<char> dropped;  ///< [T] which steps skip the aggregator; empty: none
        Rows<Scalar> mean;          ///< [C] mean of X over the pixels, where SA is present and GC, which has it, is not
        Rows<Scalar> carried_mean;  ///< [C] mean of H[t-1] over the pixels, for SA; one step more, for the next call
        typename Context::Tape context;
        typename Attention::Tape attention;
    };

    Aggregator(const Setup& setup, Random& random)
        : adaptive(setup, random), encoding(setup, random), context(setup, random), attention(setup, random) {}

    template <class Self, class Visitor, class... Trees>
    static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
        LeakGain::visit(self.adaptive, prefix, visitor, trees.adaptive...);
        Encoder::visit(self.encoding, prefix, visitor, trees.encoding...);
        visit_parameters(self.context, prefix + "gc.", visitor, trees.context...);
        visit_parameters(self.attention, prefix + "sa.", visitor, trees.attention...);
    }
    template <class Self, class Visitor>
    static void visit_statistics(Self& self, const std::string& prefix, Visitor&& visitor) {
        LeakGain::visit_statistics(self.adaptive, prefix, visitor);
        Encoder::visit_statistics(self.encoding, prefix, visitor);
    }

    static bool is_dropped(const Tape& tape, Index t) {
        return !tape.dropped.empty() && tape.dropped[static_cast<std::size_t>(t)] != 0;
    }

    /// Memory for the gates, and for all that backward reads of them.
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

    /// What the gates read at every step of a call: the packed matrices, and GC's key for the unscaled maps of x. (The
    /// shift of x adds the same to the score of every pixel, which does not change their softmax.)
    struct Weights {
        typename Context::Packed context;
        typename Attention::Packed attention;
        Scratch<Scalar> key;
    };
    Weights weights([[maybe_unused]] const Currents<Scalar>& x, Arena& arena) const {
        Weights made{context.packed(arena), attention.packed(arena), Scratch<Scalar>(arena, has_gc ? channels : 0)};
        if constexpr (has_gc) {
            for (Index c = 0; c < channels; ++c) {
                made.key.data()[c] = x.scale(c) * context.parameters.key_weight(c);
            }
        }
        return made;
    }

    /// Takes from an unscaled map of x what the gates need to know of it. `image` is its place among the stored maps.
    void summarise([[maybe_unused]] const Weights& weights, [[maybe_unused]] const Currents<Scalar>& x,
                   [[maybe_unused]] const Scalar* map, [[maybe_unused]] Index image,
                   [[maybe_unused]] Tape& tape) const {
        if constexpr (has_gc) {
            context.pool(map, weights.key.data(), image, tape.context);
        } else if constexpr (has_sa) {
            mean_pixels<Scalar>(pixels, channels, map, tape.mean.row(image));
        }
        if constexpr (has_gc || has_sa) {
            Scalar* mean = means(tape).row(image);
            for (Index c = 0; c < channels; ++c) {
                mean[c] = x.scale(c) * mean[c] + x.shift(c);
            }
        }
    }

    /// GC's gates, then SA's, for images whose maps have been summarised.
    void make_gates(const Weights& weights, const Currents<Scalar>& x, const StepOfImages& now, Tape& tape) const {
        if constexpr (has_gc) {
            gate_context(weights, x, now, tape);
        }
        if constexpr (has_sa) {
            attend(weights, now, tape);
        }
    }

    /// The gates and encodings of one image and step, by channel, in the letters of the class.
    struct Gates {
        const Encoder* encoder;             ///< null where the step is dropped
        const Scalar *context, *attention;  ///< [C]; null where absent or dropped
        Index step;
        Scalar g(Index c) const { return gates_context && context != nullptr ? context[c] : Scalar(1); }
        Scalar s(Index c) const { return attention != nullptr ? attention[c] : Scalar(1); }
        Scalar p(Index c) const { return encodes_before ? encoded(c) : Scalar(0); }
        /// V + Q.
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

    /// Writes decay, weight and shift for the unscaled maps of x to `memory` [3, C], and points the kernel to them.
    void fold(const Gates& gate, const Currents<Scalar>& x, Scalar* memory, MembraneForward<Scalar>& f) const {
        for (Index c = 0; c < channels; ++c) {
            const Scalar scale = gate.s(c) * adaptive.gain_of(c), weight = scale * gate.g(c);
            memory[c] = gate.s(c) * adaptive.leak_of(c);
            memory[channels + c] = weight * x.scale(c);
            memory[2 * channels + c] = weight * (x.shift(c) + gate.p(c)) + scale * gate.offset(c);
        }
        f.decay = memory;
        f.weight = memory + channels;
        f.shift = memory + 2 * channels;
    }

    /// The rows with the mean of X over the pixels.
    template <class AnyTape>
    static auto& means(AnyTape& tape) {
        if constexpr (has_gc) {
            return tape.context.mean;
        } else {
            return tape.mean;
        }
    }

    LeakGain adaptive;  ///< M and N
    Encoder encoding;
    Context context;
    Attention attention;

 private:
    void gate_context(const Weights& weights, const Currents<Scalar>& x, const StepOfImages& now, Tape& tape) const {
        const auto context_of = [&](Index c, Scalar pooled) {
            return x.scale(c) * pooled + x.shift(c) + (encodes_before ? encoding.value(now.step, c) : Scalar(0));
        };
        context.make_gates(weights.context, now.image, now.row, now.count, context_of, tape.context);
    }

    /// SA's gates, from mean(A) = leak · mean(H) + gain · (g · (mean(X) + P) + V + Q): no pass over the maps.
    void attend(const Weights& weights, const StepOfImages& now, Tape& tape) const {
        if (now.dropped) {
            Attention::skip(now.row, now.count, tape.attention);
            return;
        }
        for (Index i = 0; i < now.count; ++i) {
            const Gates gate = gates(now.row + i, now.step, false, tape);
            const Scalar* carried = tape.carried_mean.row(now.row + i);
            const Scalar* mean = means(tape).row(now.image + i);
            for (Index c = 0; c < channels; ++c) {
                const Scalar current = gate.g(c) * (mean[c] + gate.p(c)) + gate.offset(c);
                tape.attention.pooled.row(now.row + i)[c] =
                    adaptive.leak_of(c) * carried[c] + adaptive.gain_of(c) * current;
            }
        }
        attention.gates(weights.attention, now.row, now.count, tape.attention);
    }
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
