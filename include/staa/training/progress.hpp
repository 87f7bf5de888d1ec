// SPDX-License-Identifier: MIT
// How far a training run is, and what it has measured so far.
#pragma once

#include <vector>

#include "staa/training/scores.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What was measured in an epoch.
struct EpochResult {
    Index epoch = 0;               ///< counted from 1
    double learning_rate = 0;      ///< of the epoch's first step
    Scores trained;                ///< of the training batches, each before its step
    Scores tested;                 ///< of the test images, after the epoch
    double seconds = 0;            ///< of training and testing
    double images_per_second = 0;  ///< while it trained
};

/// How far a training run is. A run that is resumed goes on from here.
struct TrainingProgress {
    Index epoch = 1;                  ///< the epoch that is trained or comes next, counted from 1
    Index batch = 0;                  ///< batches of this epoch that are done
    Index step = 0;                   ///< steps of the optimiser, over all epochs
    Scores trained;                   ///< of this epoch's batches so far
    double training_seconds = 0;      ///< of this epoch so far
    double learning_rate = 0;         ///< of this epoch's first step
    Index best_epoch = 0;             ///< the epoch with the best test accuracy; the first of several; 0: none yet
    double best_accuracy = 0;         ///< in per cent
    std::vector<EpochResult> epochs;  ///< all epochs that are done
};

}  // namespace STAA_ABI
}  // namespace staa
