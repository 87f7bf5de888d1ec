// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>

#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

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

template <class Scalar>
void check_targets(const Tensor<Scalar, 2>& logits, const Tensor<Scalar, 2>& targets) {
    if (logits.size() == 0 || targets.dimensions() != logits.dimensions()) {
        fail("the targets are [", targets.dimension(0), ", ", targets.dimension(1), "] for logits of [",
             logits.dimension(0), ", ", logits.dimension(1), "]");
    }
}
}  // namespace detail

/// Cross entropy of softmax(logits) with the shares `targets` [N, classes] of each class, mean over the batch:
///     loss = -sum of targets · log(softmax(logits)) / N,   gradient = (softmax · sum of targets - targets) / N
/// For images that were mixed, or smoothed labels. logits and targets of other extents are an Error. The loss is NaN or
/// infinite where a logit is NaN or +inf: test it with std::isfinite before stepping.
template <class Scalar>
Loss<Scalar> cross_entropy(const Tensor<Scalar, 2>& logits, const Tensor<Scalar, 2>& targets) {
    detail::check_targets(logits, targets);
    const Index batch = logits.dimension(0), classes = logits.dimension(1);
    Loss<Scalar> loss{0.0, Tensor<Scalar, 2>(batch, classes)};
    for (Index n = 0; n < batch; ++n) {
        double largest = logits(n, 0), total = 0, shares = 0;
        for (Index c = 1; c < classes; ++c) {
            largest = std::max(largest, static_cast<double>(logits(n, c)));
        }
        for (Index c = 0; c < classes; ++c) {
            total += std::exp(static_cast<double>(logits(n, c)) - largest);
            shares += static_cast<double>(targets(n, c));
        }
        const double log_total = largest + std::log(total);
        for (Index c = 0; c < classes; ++c) {
            const double log_probability = static_cast<double>(logits(n, c)) - log_total;
            const auto target = static_cast<double>(targets(n, c));
            const double gradient = std::exp(log_probability) * shares - target;
            loss.gradient(n, c) = static_cast<Scalar>(gradient / static_cast<double>(batch));
            loss.value -= target != 0 ? target * log_probability / static_cast<double>(batch) : 0.0;
        }
        if (std::isnan(log_total)) {
            loss.value = log_total;
        }
    }
    return loss;
}

/// The same with one class an image: labels [N] in [0, classes), else an Error.
template <class Scalar>
Loss<Scalar> cross_entropy(const Tensor<Scalar, 2>& logits, const Labels& labels) {
    detail::check_labels(logits, labels);
    Tensor<Scalar, 2> targets(logits.dimension(0), logits.dimension(1));
    targets.setZero();
    for (Index n = 0; n < labels.size(); ++n) {
        targets(n, labels(n)) = Scalar(1);
    }
    return cross_entropy(logits, targets);
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

}  // namespace STAA_ABI
}  // namespace staa
