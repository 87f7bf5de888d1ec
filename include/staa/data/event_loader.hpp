// SPDX-License-Identifier: MIT
// Makes batches of frames from recordings of an event camera, with a new order and new augmentation in every epoch.
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
    Index batch = 32;                  ///< recordings per batch, at least 1
    std::uint64_t seed = 1;            ///< of the random order and of the augmentation
    bool shuffle = true;               ///< a new random order in every epoch; false: the order of the data set
    FrameOptions frames{};             ///< how a recording becomes frames
    EventAugmentation augmentation{};  ///< none by default
    bool drop_last = false;            ///< leave out a last batch that is not full
    int workers = 1;                   ///< threads that prepare batches; 0: the thread of the loop prepares them
    Index ahead = 2;                   ///< batches prepared before the loop needs them; each has its own memory
    Index part = 0;   ///< of every batch the loop gets part `part` of `parts`, from 0: for several processes
    Index parts = 1;  ///< processes that share every batch; 1: none
};

/// Makes a recording of a data set a part of a batch; the `Recipe` of an `EventLoader`, see `BatchLoader`.
template <class DataSet, class Scalar>
class EventRecipe {
 public:
    using Images = Tensor<Scalar, 5>;

    /// Checks the options: a wrong one is an Error. The data set must outlive the recipe.
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

/// Gives a set of recordings as frames, in batches, epoch by epoch:
///
///     EventLoader loader{data_set, {.batch = 32, .frames = {.steps = 10}}};
///     for (auto&& [frames, labels] : loader.epoch(3)) ...
///
/// `frames` are [T, N, H, W, 2], counts or binary (see `FrameOptions`), and `labels` are [N]; N is `batch`, or less in
/// the last batch. Worker threads read, vary and draw recordings while the loop uses a batch. The batches depend on
/// seed and epoch only, not on earlier epochs or the number of workers. The loader keeps a reference to the data set,
/// which must outlive the loader.
template <EventDataSet DataSet, class Scalar = float>
class EventLoader : public BatchLoader<EventRecipe<DataSet, Scalar>> {
 public:
    /// A batch below 1, frames that `FramePainter` refuses, an augmentation out of its range (see `check`), and
    /// `drop_last` with fewer recordings than one batch are an `Error`; so are the errors of `BatchLoader`.
    explicit EventLoader(const DataSet& data_set, const EventLoaderOptions& options = {})
        : BatchLoader<EventRecipe<DataSet, Scalar>>({data_set, options}, detail::batch_options(options)) {}
    explicit EventLoader(const DataSet&&, const EventLoaderOptions& = {}) = delete;
};

}  // namespace STAA_ABI
}  // namespace staa
