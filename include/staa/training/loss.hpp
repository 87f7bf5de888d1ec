// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>

#include "staa/core/tensor.hpp"

namespace staa::inline STAA_ABI {

/// A loss and its gradient with respect to the logits.
template <class Scalar>
struct Loss {
    double value;                ///< mean over the batch
    Tensor<Scalar, 2> gradient;  ///< [N, classes]
};

namespace detail {
template <class Scalar>
void check_labels(const Tensor<Scalar, 2>& logits, const Labels& labels) {
    if (labels.size() != logits.dimension(0) || labels.size() == 0) {
        fail("there are ", labels.size(), " labels for the logits of ", logits.dimension(0), " images");
    }
    for (Index n = 0; n < labels.size(); ++n) {
        if (labels(n) < 0 || labels(n) >= logits.dimension(1)) {
            fail("label ", labels(n), " of image ", n, " is no class: expected 0 to ", logits.dimension(1) - 1);
        }
    }
}
}  // namespace detail

/// Cross entropy of softmax(logits), mean over the batch; gradient (softmax - one-hot) / N. logits [N, classes], labels
/// [N] in [0, classes), else an Error. The loss is NaN or infinite where a
/// logit is NaN or +inf: test it with std::isfinite before stepping.
template <class Scalar>
Loss<Scalar> cross_entropy(const Tensor<Scalar, 2>& logits, const Labels& labels) {
    detail::check_labels(logits, labels);
    const Index batch = logits.dimension(0), classes = logits.dimension(1);
    Loss<Scalar> loss{0.0, Tensor<Scalar, 2>(batch, classes)};
    for (Index n = 0; n < batch; ++n) {
        double largest = logits(n, 0), total = 0;
        for (Index c = 1; c < classes; ++c) {
            largest = std::max(largest, static_cast<double>(logits(n, c)));
        }
        for (Index c = 0; c < classes; ++c) {
            total += std::exp(static_cast<double>(logits(n, c)) - largest);
        }
        const double log_total = largest + std::log(total);
        for (Index c = 0; c < classes; ++c) {
            const double probability = std::exp(static_cast<double>(logits(n, c)) - log_total);
            const double target = c == labels(n) ? 1.0 : 0.0;
            loss.gradient(n, c) = static_cast<Scalar>((probability - target) / static_cast<double>(batch));
        }
        loss.value += (log_total - static_cast<double>(logits(n, labels(n)))) / static_cast<double>(batch);
    }
    return loss;
}

/// How many images have their largest logit at their label; of equal logits the first counts.
template <class Scalar>
Index count_correct(const Tensor<Scalar, 2>& logits, const Labels& labels) {
    detail::check_labels(logits, labels);
    Index correct = 0;
    for (Index n = 0; n < labels.size(); ++n) {
        const Scalar* row = logits.data() + n * logits.dimension(1);
        correct += std::max_element(row, row + logits.dimension(1)) - row == labels(n) ? 1 : 0;
    }
    return correct;
}

}  // namespace staa::inline STAA_ABI
