// SPDX-License-Identifier: MIT
// What the calls of a network keep for later calls. Forward writes a tape for backward. A step of a stream writes a
// state for the next step.
#pragma once

#include <atomic>
#include <cstdint>

#include "staa/networks/logits.hpp"

namespace staa {
inline namespace STAA_ABI {

template <class In, class... Layers>
class Network;
template <class Net>
struct NetworkCode;

namespace detail {
/// A number that no call in this program has returned before. Copies of a network have the same revision until one of
/// them changes.
inline std::uint64_t next_revision() {
    static std::atomic<std::uint64_t> last{0};
    return ++last;
}
}  // namespace detail

/// What forward keeps for backward. Use one tape for a whole training loop: from the third step on it takes no new
/// memory.
template <class Chain>
class NetworkTape {
 public:
    /// `seed` is the seed of dropout. `split` gives other random numbers than those of the weights with the same seed.
    explicit NetworkTape(std::uint64_t seed = 0) : random(Random(seed).split(1)) {}
    Arena arena;               ///< the memory of the tape
    Random random;             ///< the generator of dropout
    bool draw_dropout = true;  ///< false: each layer keeps its last pattern; on a new tape nothing is dropped

 private:
    template <class In, class... Layers>
    friend class Network;
    template <class Net>
    friend struct NetworkCode;
    typename Chain::Tape layers_;
    Analog<typename Chain::Scalar> input_;
    Index steps_ = 0, batch_ = 0;
    bool is_absorbed_ = false, is_fused_ = true;
};

/// What a stream keeps for its next step. It can be copied, and saved by io/saved_stream.hpp. `Network::start` returns
/// a new one.
template <class Chain>
class NetworkState {
 public:
    using Scalar = typename Chain::Scalar;
    /// T, the steps so far; 0 before the first.
    Index steps() const { return logits_.steps; }
    /// N, the number of images; 0 before the first step.
    Index images() const { return steps() == 0 ? 0 : logits_.sum.dimension(0); }

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
    Arena arena_{Arena::Fit::exact};
    typename Chain::State layers_;
    detail::RunningLogits<Scalar> logits_;
};

/// What forward keeps for backward.
template <class Net>
using Tape = typename Net::Tape;
/// What a stream keeps for its next step.
template <class Net>
using State = typename Net::State;

}  // namespace STAA_ABI
}  // namespace staa
