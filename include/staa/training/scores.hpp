// SPDX-License-Identifier: MIT
// Mean loss and accuracy over many batches.
#pragma once

#include "staa/training/loss.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Mean loss and accuracy over the images of several batches.
struct Scores {
    Index images = 0, correct = 0;  ///< numbers of images, and of correct answers
    double loss_sum = 0;            ///< sum of the losses of all images

    /// Adds a batch: its mean loss, its logits [N, classes] and labels [N]. Errors are those of `count_correct`.
    template <class Scalar>
    void add(double batch_loss, const Tensor<Scalar, 2>& logits, const Labels& labels) {
        correct += count_correct(logits, labels);
        images += labels.size();
        loss_sum += batch_loss * static_cast<double>(labels.size());
    }

    /// Mean loss per image; 0 before the first batch.
    double loss() const { return images > 0 ? loss_sum / static_cast<double>(images) : 0; }
    /// Share of correct answers in per cent; 0 before the first batch.
    double accuracy() const {
        return images > 0 ? 100.0 * static_cast<double>(correct) / static_cast<double>(images) : 0;
    }
};

}  // namespace STAA_ABI
}  // namespace staa
