// SPDX-License-Identifier: MIT
// Losses on the logits of every time step.
#pragma once

#include <algorithm>

#include "staa/training/loss.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A loss on the logits of every step, and its gradient: `Network::backward` takes it.
template <class Scalar>
struct StepLoss {
    double value;                ///< mean over the steps and the batch
    Tensor<Scalar, 3> gradient;  ///< dLoss/dlogits [T, N, classes]
};

/// Constants of `temporal_cross_entropy`. The defaults of lambda and the target are those of the authors' programs
/// (Gus-Lab/temporal_efficient_training, `--lamb` and `--means`).
struct TemporalLossOptions {
    double regularisation = 0.001;  ///< share of the second term (lambda), from 0 to 1
    double target = 1.0;            ///< the value to which the second term draws all logits: the neurons' threshold
    double label_smoothing = 0;     ///< of the cross entropy; see `cross_entropy`
};

/// Temporal efficient training, TET (Deng et al., 2022): every step must classify alone. With the logits O [T, N,
/// classes] of `Network::forward_steps`:
///     loss = (1 - lambda) · mean over t of cross_entropy(O[t], labels) + lambda · mean over all of (O - target)²
/// as TET_loss of the authors. A lambda outside [0, 1], a target that is not finite and no steps are an `Error`; other
/// errors are those of `cross_entropy`. If a logit is NaN, the loss is NaN.
template <class Scalar>
StepLoss<Scalar> temporal_cross_entropy(const Tensor<Scalar, 3>& logits, const Labels& labels,
                                        const TemporalLossOptions& options = {}) {
    const double lambda = options.regularisation;
    if (!detail::is_within(lambda, 0, 1)) {
        fail("staa::temporal_cross_entropy: regularisation is ", lambda, "; expected a number from 0 to 1");
    }
    if (!detail::is_finite(options.target) || logits.dimension(0) == 0) {
        fail("staa::temporal_cross_entropy: the target is ", options.target, " for the logits of ", logits.dimension(0),
             " steps; expected a finite number, and at least one step");
    }
    const Index steps = logits.dimension(0), size = logits.dimension(1) * logits.dimension(2);
    StepLoss<Scalar> loss{0.0, Tensor<Scalar, 3>(logits.dimensions())};
    Tensor<Scalar, 2> step(logits.dimension(1), logits.dimension(2));
    for (Index t = 0; t < steps; ++t) {
        std::copy_n(logits.data() + t * size, size, step.data());
        const Loss<Scalar> of_step = cross_entropy(step, labels, options.label_smoothing);
        loss.value += (1 - lambda) * of_step.value / static_cast<double>(steps);
        for (Index i = 0; i < size; ++i) {
            const double distance = static_cast<double>(step.data()[i]) - options.target;
            const double of_entropy = static_cast<double>(of_step.gradient.data()[i]) / static_cast<double>(steps);
            const double all = static_cast<double>(logits.size());
            loss.value += lambda * distance * distance / all;
            loss.gradient.data()[t * size + i] =
                static_cast<Scalar>((1 - lambda) * of_entropy + lambda * 2 * distance / all);
        }
    }
    return loss;
}

}  // namespace STAA_ABI
}  // namespace staa
