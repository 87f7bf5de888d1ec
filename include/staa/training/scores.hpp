// SPDX-License-Identifier: MIT
// Mean loss and accuracy over many batches.
#pragma once

#include "staa/core/process_group.hpp"
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

    /// Adds the images of another object.
    void add(const Scores& other) {
        images += other.images;
        correct += other.correct;
        loss_sum += other.loss_sum;
    }
    /// Makes these the scores of the images of all processes. Null: there is only this process.
    void sum_over(ProcessGroup* group) {
        if (group != nullptr) {
            double sums[] = {static_cast<double>(images), static_cast<double>(correct), loss_sum};
            group->sum(sums, 3);
            *this = {static_cast<Index>(sums[0]), static_cast<Index>(sums[1]), sums[2]};
        }
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
