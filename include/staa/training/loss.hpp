// SPDX-License-Identifier: MIT
// Cross entropy of a batch's logits with its gradient, and the number of correct answers.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "staa/core/finite.hpp"
#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {

/// A loss and its gradient with respect to the logits: what `Network::backward` starts from.
template <class Scalar>
struct Loss {
    double value;                ///< mean over the batch
    Tensor<Scalar, 2> gradient;  ///< dLoss/dlogits [N, classes]
    /// Whether the value is neither NaN nor infinite. It is right under -ffast-math too, where std::isfinite is not.
    bool is_finite() const { return detail::is_finite(value); }
};

namespace detail {

/// Throws `Error` unless there is at least one image, and one label of [0, classes) per image.
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

/// Throws `Error` unless targets and logits have the same extents, and at least one value.
template <class Scalar>
void check_targets(const Tensor<Scalar, 2>& logits, const Tensor<Scalar, 2>& targets) {
    if (logits.size() == 0 || targets.dimensions() != logits.dimensions()) {
        fail("the targets are [", targets.dimension(0), ", ", targets.dimension(1), "] for logits of [",
             logits.dimension(0), ", ", logits.dimension(1), "]");
    }
}

/// Whether logits have a softmax: none is NaN or +inf, and at least one is finite.
template <class Scalar>
bool has_softmax(const Scalar* logits, Index classes) {
    const auto finite = [](Scalar value) { return is_finite(value); };
    return all_finite(logits, classes) ||
           (std::any_of(logits, logits + classes, finite) && std::all_of(logits, logits + classes, [&](Scalar value) {
                return finite(value) || (!is_nan(value) && value < 0);
            }));
}

}  // namespace detail

/// Cross entropy of logits [N, classes] with soft labels, the `targets` [N, classes]: mean over the batch, and
/// gradient. With p = softmax(logits[n]) and t = targets[n],
///     loss = -1/N · sum over n and c of t[c] · log p[c],   dLoss/dlogits[n, c] = (p[c] · sum(t) - t[c]) / N
/// as torch.nn.CrossEntropyLoss for class probabilities (reduction="mean"). It is computed in double, with the largest
/// logit subtracted first, so that large logits do not overflow.
///
/// Soft labels come from `mixup`, `cutmix` or label smoothing. A row of them usually sums to 1, but need not; they are
/// not checked. Targets of other extents than the logits, and an empty batch, are an `Error`. If an image has a logit
/// that is NaN or +inf, or only logits that are -inf, the loss and the gradient of this image are NaN, and this is no
/// `Error`. A loop may test `Loss::is_finite`; it need not, because `Network::backward` refuses such a gradient before it
/// changes anything. A finite loss does not say that the gradients of the network are finite: `backward` checks those
/// too.
template <class Scalar>
Loss<Scalar> cross_entropy(const Tensor<Scalar, 2>& logits, const Tensor<Scalar, 2>& targets) {
    detail::check_targets(logits, targets);
    const Index batch = logits.dimension(0), classes = logits.dimension(1);
    Loss<Scalar> loss{0.0, Tensor<Scalar, 2>(batch, classes)};
    bool is_defined = true;
    for (Index n = 0; n < batch; ++n) {
        if (!detail::has_softmax(logits.data() + n * classes, classes)) {
            std::fill_n(loss.gradient.data() + n * classes, classes, std::numeric_limits<Scalar>::quiet_NaN());
            is_defined = false;
            continue;
        }
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
    }
    if (!is_defined) {
        loss.value = std::numeric_limits<double>::quiet_NaN();
    }
    return loss;
}

/// The same with one class per image: `labels` [N], each in [0, classes), as torch.nn.CrossEntropyLoss for class
/// indices, with its `label_smoothing` s: the target is 1 - s + s/classes for the class and s/classes for each other
/// one. Another number of labels than of images, a label outside [0, classes), an empty batch and a smoothing outside
/// [0, 1) are an `Error`.
template <class Scalar>
Loss<Scalar> cross_entropy(const Tensor<Scalar, 2>& logits, const Labels& labels, double label_smoothing = 0) {
    detail::check_labels(logits, labels);
    if (!detail::is_within(label_smoothing, 0, 1) || label_smoothing == 1) {
        fail("staa::cross_entropy: label_smoothing is ", label_smoothing, "; expected 0 or more, and less than 1");
    }
    Tensor<Scalar, 2> targets(logits.dimension(0), logits.dimension(1));
    targets.setConstant(static_cast<Scalar>(label_smoothing / static_cast<double>(logits.dimension(1))));
    for (Index n = 0; n < labels.size(); ++n) {
        targets(n, labels(n)) += static_cast<Scalar>(1 - label_smoothing);
    }
    return cross_entropy(logits, targets);
}

/// The number of images of a batch whose largest logit [N, classes] is that of their label [N]. Of equal logits the
/// first one counts as the largest. An image with NaN among its logits is not correct. Errors are those of
/// `cross_entropy` with labels.
template <class Scalar>
Index count_correct(const Tensor<Scalar, 2>& logits, const Labels& labels) {
    detail::check_labels(logits, labels);
    Index correct = 0;
    for (Index n = 0; n < labels.size(); ++n) {
        const Scalar* row = logits.data() + n * logits.dimension(1);
        const Scalar* end = row + logits.dimension(1);
        const bool has_nan = std::any_of(row, end, [](Scalar value) { return detail::is_nan(value); });
        correct += !has_nan && std::max_element(row, end) - row == labels(n) ? 1 : 0;
    }
    return correct;
}

}  // namespace STAA_ABI
}  // namespace staa
