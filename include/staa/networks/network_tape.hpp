// SPDX-License-Identifier: MIT
// What the calls of a network leave behind: forward a tape for backward, a step of a stream a state for the next step.
#pragma once

#include <cstdint>

#include "staa/networks/logits.hpp"

namespace staa {
inline namespace STAA_ABI {

template <class In, class... Layers>
class Network;

/// What forward leaves for backward. One per training loop: the second batch uses the memory of the first.
template <class Chain>
class NetworkTape {
 public:
    /// The seed is that of dropout.
    explicit NetworkTape(std::uint64_t seed = 0) : random(Random(seed).split(1)) {}  // not the numbers of the weights
    Arena arena;
    Random random;
    bool draw_dropout = true;  ///< false: each layer's last pattern stands (none on a new tape)

 private:
    template <class In, class... Layers>
    friend class Network;
    typename Chain::Tape layers_;
    Analog<typename Chain::Scalar> input_;
    Index steps_ = 0, batch_ = 0;
    bool is_absorbed_ = false, is_fused_ = true;
};

/// What a stream leaves for its next step: it can be copied and saved (io/saved_stream.hpp); `start` gives a new one.
template <class Chain>
class NetworkState {
 public:
    using Scalar = typename Chain::Scalar;
    Index steps() const { return logits_.steps; }
    /// N; 0 where the stream has not begun.
    Index images() const { return steps() == 0 ? 0 : logits_.sum.dimension(0); }

    /// Calls visitor(ParameterName, tensor) for every tensor, named and shaped as for `batch` images, and
    /// visit_step(steps) for every number of steps taken; they are all the same.
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
    Arena arena_{Arena::Fit::exact};
    typename Chain::State layers_;
    detail::RunningLogits<Scalar> logits_;
};

}  // namespace STAA_ABI
}  // namespace staa
