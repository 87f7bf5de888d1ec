// SPDX-License-Identifier: MIT
// The moving average of the weights over training steps. It often tests better than the last weights.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "staa/training/optimizer_state.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// A tensor of a network, as a pointer and a size.
template <class Scalar>
struct TensorView {
    Scalar* data;
    Index size;
};

/// All tensors of a network that `visit` and `visit_statistics` show, in their order, and all counters.
template <class Net>
struct NetworkView {
    using Scalar = std::conditional_t<std::is_const_v<Net>, const typename Net::Scalar, typename Net::Scalar>;
    using Counter = std::conditional_t<std::is_const_v<Net>, const std::int64_t, std::int64_t>;

    explicit NetworkView(Net& net) {
        const auto add = [&](const ParameterName&, auto& value) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, std::int64_t>) {
                counters.push_back(&value);
            } else {
                tensors.push_back({value.data(), value.size()});
            }
        };
        net.visit(add);
        net.visit_statistics(add);
    }

    std::vector<TensorView<Scalar>> tensors;
    std::vector<Counter*> counters;
};

}  // namespace detail

/// Constants of a `WeightAverage`.
struct WeightAverageOptions {
    double decay = 0.999;  ///< the share of the old average that a step keeps, from 0 to below 1
    /// Whether the decay begins small, so that the average soon forgets the weights before the first step.
    bool warm_up = false;
};

/// The moving average of a network's weights (EMA). After every step, for every weight w and its average a; t counts
/// steps from 0:
///     a = d · a + (1 - d) · w,   d = decay,  or with warm-up  d = min(decay, (1 + t) / (10 + t))
/// The running averages of batch norm are averaged in the same way, because they belong to the weights of their step; as
/// torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn and use_buffers. Counters are copied. The average
/// starts as the network that the constructor gets.
template <class Net>
class WeightAverage {
 public:
    /// A decay outside [0, 1) is an `Error`.
    WeightAverage(const Net& net, const WeightAverageOptions& chosen)
        : options(chosen), average_(std::make_unique<Net>(net)) {
        check();
    }

    /// Takes in the weights of the network after a step. The first call fixes the network, which may move. A decay outside
    /// [0, 1), another network than in the first call, and one that was built for another number of steps, are an `Error`;
    /// then nothing has changed. A copy, and a network that was assigned to, count as another one.
    void update(const Net& net) {
        using Scalar = typename Net::Scalar;
        check();
        check_network(net);
        const detail::NetworkView<const Net> from(net);
        const detail::NetworkView<Net> to(here());
        check_sizes(from, to, net.steps());
        network_ = net.identity();
        const double decay = decay_of_step();
        const auto kept = static_cast<Scalar>(decay), added = static_cast<Scalar>(1 - decay);
        for (std::size_t k = 0; k < to.tensors.size(); ++k) {
            Scalar* a = to.tensors[k].data;
            const Scalar* w = from.tensors[k].data;
            detail::for_positions(to.tensors[k].size, [=](Index i) { a[i] = kept * a[i] + added * w[i]; });
        }
        for (std::size_t k = 0; k < to.counters.size(); ++k) {
            *to.counters[k] = *from.counters[k];
        }
        average_->weights_changed();
        ++steps_;
    }

    /// The network with the averaged weights, to test and to save.
    const Net& network() const { return here(); }

    /// Shows every tensor and counter of the average, under the names of the network's, and with warm-up the number of
    /// steps, "step".
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        here().visit(visitor);
        here().visit_statistics(visitor);
        if (options.warm_up) {
            visitor(ParameterName{"step", Layout::same, {}}, steps_);
        }
    }

    WeightAverageOptions options;  ///< may be changed between steps

 private:
    void check() const { detail::check_option("staa::WeightAverage", "the decay", options.decay, 0, 1); }

    /// The average. Throws an `Error` if it was moved away.
    Net& here() const {
        if (average_ == nullptr) {
            fail("staa::WeightAverage: this average was moved from; use the one that it was moved to");
        }
        return *average_;
    }

    void check_network(const Net& net) const {
        detail::check_not_moved(net.identity(), "staa::WeightAverage");
        if (network_ != 0 && network_ != net.identity()) {
            fail("staa::WeightAverage: this average is that of another network; make one average per network. ",
                 "A network that was assigned to counts as another one");
        }
    }

    /// Position encodings have values per step: networks of one type can have tensors of other sizes.
    template <class From, class To>
    void check_sizes(const From& from, const To& to, Index steps) const {
        for (std::size_t k = 0; k < to.tensors.size(); ++k) {
            if (from.tensors[k].size != to.tensors[k].size) {
                fail("staa::WeightAverage: the network was built for ", steps, " steps, and the average for ",
                     average_->steps(), "; expected networks with tensors of the same sizes");
            }
        }
    }

    double decay_of_step() const {
        const auto t = static_cast<double>(steps_);
        return options.warm_up ? std::min(options.decay, (1 + t) / (10 + t)) : options.decay;
    }

    std::unique_ptr<Net> average_;
    std::uint64_t network_ = 0;  // the identity of the network that is averaged; 0: no step yet
    std::int64_t steps_ = 0;
};

}  // namespace STAA_ABI
}  // namespace staa
