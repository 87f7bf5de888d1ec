// SPDX-License-Identifier: MIT
// Batches of frames from an event camera, shuffled and varied anew in every epoch.
#pragma once

#include <cstdint>

#include "staa/core/tensor.hpp"
#include "staa/data/batch_loader.hpp"
#include "staa/data/event_augmentation.hpp"
#include "staa/data/event_data_set.hpp"
#include "staa/data/event_frames.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How an `EventLoader` goes through a data set.
struct EventLoaderOptions {
    Index batch = 32;                  ///< recordings a batch, at least 1
    std::uint64_t seed = 1;            ///< of the order and of the augmentation
    bool shuffle = true;               ///< another order in every epoch; otherwise that of the data set
    FrameOptions frames{};             ///< how a recording becomes frames
    EventAugmentation augmentation{};  ///< none by default
    bool drop_last = false;            ///< leave out a last batch that is not full
    int workers = 1;                   ///< threads that prepare batches; 0: whoever asks for a batch does
    Index ahead = 2;                   ///< batches that may wait to be asked for, each with memory of its own
};

/// What becomes of a recording of a data set; see `BatchLoader`.
template <class DataSet, class Scalar>
class EventRecipe {
 public:
    using Images = Tensor<Scalar, 5>;

    EventRecipe(const DataSet& data_set, const EventLoaderOptions& options)
        : data_set_(&data_set),
          seed_(options.seed),
          augmentation_(options.augmentation),
          painter_(options.frames, data_set.height(), data_set.width()) {
        check(options.augmentation);
    }

    Index size() const { return data_set_->size(); }

    void resize(Images& frames, Index batch) const {
        frames.resize(painter_.steps(), batch, painter_.height(), painter_.width(), 2);
    }

    int write(Images& frames, Index place, Index index, Index epoch) const {
        EventSample sample = data_set_->sample(index);
        augment(sample.events, augmentation_, augmentation_random(seed_, epoch, index));
        const Index frame_size = painter_.height() * painter_.width() * 2;
        painter_.paint(sample.events, frames.data() + place * frame_size, frames.dimension(1) * frame_size);
        return sample.label;
    }

 private:
    const DataSet* data_set_;
    std::uint64_t seed_;
    EventAugmentation augmentation_;
    FramePainter painter_;
};

/// Hands out a set of recordings as frames, in batches, epoch by epoch:
///
///     EventLoader loader{data_set, {.batch = 32, .frames = {.steps = 10}}};
///     for (auto&& [frames, labels] : loader.epoch(3)) ...
///
/// `frames` are [T, N, H, W, 2], counts or binary (see `FrameOptions`); N is the batch, or less in the last one. Worker
/// threads read, vary and draw recordings while the loop learns from a batch. The same seed and epoch give the same
/// batches, whatever came before and for any number of workers. The data set is referenced: it must outlive the loader.
template <EventDataSet DataSet, class Scalar = float>
class EventLoader : public BatchLoader<EventRecipe<DataSet, Scalar>> {
 public:
    /// A batch below 1, frames that can't be made from the sensor, an augmentation out of its range (see `check`), or
    /// `drop_last` with fewer recordings than one batch is an `Error`.
    explicit EventLoader(const DataSet& data_set, const EventLoaderOptions& options = {})
        : BatchLoader<EventRecipe<DataSet, Scalar>>({data_set, options}, {.batch = options.batch,
                                                                          .seed = options.seed,
                                                                          .shuffle = options.shuffle,
                                                                          .drop_last = options.drop_last,
                                                                          .workers = options.workers,
                                                                          .ahead = options.ahead}) {}
    explicit EventLoader(const DataSet&&, const EventLoaderOptions& = {}) = delete;
};

}  // namespace STAA_ABI
}  // namespace staa
