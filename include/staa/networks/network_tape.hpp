// SPDX-License-Identifier: MIT
// What the calls of a network keep for later calls. Forward writes a tape for backward. A step of a stream writes a
// state for the next step.
#pragma once

#include <cstddef>
#include <cstdint>

#include "staa/networks/identity.hpp"
#include "staa/networks/logits.hpp"

namespace staa {
inline namespace STAA_ABI {

template <class In, class... Layers>
class Network;
template <class Net>
struct NetworkCode;

template <class Chain>
class NetworkLayers;

namespace detail {

/// Which forward has filled a tape.
struct TapeOrigin {
    std::uint64_t network = 0;   ///< its identity
    std::uint64_t weights = 0;   ///< the number of its weights; every step of an optimiser gives them another one
    Index steps = 0, batch = 0;  ///< T, or 0 while the tape is empty; N
    bool is_absorbed = false;    ///< whether the running averages have taken in this forward
    bool is_fused = true;
};

/// Which weights have computed a stream so far.
struct StreamOrigin {
    std::uint64_t network = 0;   ///< the identity of the network; 0: not known, the stream is from a file
    std::uint64_t revision = 0;  ///< of the network, at the last step
    std::uint64_t checksum = 0;  ///< of the weights; 0: nothing is known, because the state was moved from
};

}  // namespace detail

/// What forward keeps for backward. Use one tape for a whole training loop: from the third step on it takes no new
/// memory. A tape belongs to the network, and to the weights, of its last forward.
template <class Chain>
class NetworkTape {
 public:
    /// `seed` is the seed of dropout. `split` gives other random numbers than those of the weights with the same seed.
    explicit NetworkTape(std::uint64_t seed = 0) : random(Random(seed).split(1)) {}
    Arena arena;               ///< the memory of the tape
    Random random;             ///< the generator of dropout
    bool draw_dropout = true;  ///< false: each layer keeps its last pattern; on a new tape nothing is dropped
    /// The processes that share the batch of the next forward and backward, and where the images of this one lie in it.
    /// `Trainer` sets both. Null: this process has the whole batch.
    ProcessGroup* group = nullptr;
    BatchShare share{};  ///< where the images of this process lie

 private:
    template <class In, class... Layers>
    friend class Network;
    template <class Net>
    friend struct NetworkCode;
    friend class NetworkLayers<Chain>;
    typename Chain::Tape layers_;
    Analog<typename Chain::Scalar> input_;
    detail::Moving<detail::TapeOrigin> origin_;
};

/// What a stream keeps for its next step. It belongs to the network, and to the weights, that have computed it so far. It
/// can be copied, and saved by io/saved_stream.hpp. `Network::start` returns a new one.
template <class Chain>
class NetworkState {
 public:
    using Scalar = typename Chain::Scalar;
    /// T, the steps so far; 0 before the first.
    Index steps() const { return logits_.steps; }
    /// N, the number of images; 0 before the first step.
    Index images() const { return steps() == 0 ? 0 : logits_.sum.dimension(0); }

    /// Bytes of memory for maps, in use and free: at most twice what the largest call so far needs.
    std::size_t memory() const { return arena_.bytes(); }

    /// The checksum of the weights that have computed the stream; 0 before the first step, and after a move.
    std::uint64_t weights_checksum() const { return origin_.value.checksum; }
    /// Makes this state one of a network with these weights, which is not known yet: the next step is an Error if the
    /// weights of its network have another checksum. For a stream that was saved; `load_stream` calls it.
    void expect_weights(std::uint64_t checksum) { origin_.value = {0, 0, checksum}; }

    /// Calls visitor(ParameterName, tensor) for every tensor; the shape in ParameterName is that for `batch` images.
    /// Calls visit_step(steps) for every number of steps that the state holds. All these numbers are equal.
    template <class Visitor, class StepVisitor>
    void visit(Index batch, Visitor&& visitor, StepVisitor&& visit_step) {
        visit_parts(*this, batch, visitor, visit_step);
    }
    template <class Visitor, class StepVisitor>
    void visit(Index batch, Visitor&& visitor, StepVisitor&& visit_step) const {
        visit_parts(*this, batch, visitor, visit_step);
    }

 private:
    template <class Self, class Visitor, class StepVisitor>
    static void visit_parts(Self& self, Index batch, Visitor& visitor, StepVisitor& visit_step) {
        visit_step(self.logits_.steps);
        visitor(ParameterName{"logits_sum", Layout::same, {batch, Chain::Output::channels}}, self.logits_.sum);
        Chain::visit_state(self.layers_, batch, "", visitor, visit_step);
    }

    template <class In, class... Layers>
    friend class Network;
    template <class Net>
    friend struct NetworkCode;
    friend class NetworkLayers<Chain>;
    Arena arena_{Arena::Fit::exact};
    typename Chain::State layers_;
    detail::RunningLogits<Scalar> logits_;
    detail::Moving<detail::StreamOrigin> origin_;
};

/// What forward keeps for backward.
template <class Net>
using Tape = typename Net::Tape;
/// What a stream keeps for its next step.
template <class Net>
using State = typename Net::State;

}  // namespace STAA_ABI
}  // namespace staa
