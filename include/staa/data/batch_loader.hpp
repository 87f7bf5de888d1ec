// SPDX-License-Identifier: MIT
// The part that all loaders share: order, batches, epochs. The loaders of images (loader.hpp) and of events
// (event_loader.hpp) add a recipe that makes a sample a part of a batch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/process_group.hpp"
#include "staa/core/random.hpp"
#include "staa/core/tensor.hpp"
#include "staa/data/batch_pipeline.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How a loader goes through a data set of any kind.
struct BatchOptions {
    Index batch = 64;        ///< samples per batch, at least 1
    std::uint64_t seed = 1;  ///< of the random order
    bool shuffle = true;     ///< a new random order in every epoch; false: the order of the data set
    bool drop_last = false;  ///< leave out a last batch that is not full
    int workers = 1;         ///< threads that prepare batches; 0: the thread of the loop prepares them
    Index ahead = 2;         ///< batches prepared before the loop needs them; each has its own memory
    Index part = 0;          ///< of every batch the loop gets part `part` of `parts`, from 0, about equally large
    Index parts = 1;         ///< processes that share every batch; 1: none
};

namespace detail {

/// The options of a loader of any kind that `BatchLoader` needs. (They are repeated in the options of each loader,
/// because a base class cannot be initialised by name.)
template <class LoaderOptions>
BatchOptions batch_options(const LoaderOptions& options) {
    return {.batch = options.batch,
            .seed = options.seed,
            .shuffle = options.shuffle,
            .drop_last = options.drop_last,
            .workers = options.workers,
            .ahead = options.ahead,
            .part = options.part,
            .parts = options.parts};
}

}  // namespace detail

/// Gives a data set in batches, epoch by epoch. A `Recipe` says how a sample becomes a part of a batch; it has
///
///     using Images = ...;                                // the tensor of a batch
///     Index size() const;                                // number of samples of the data set
///     void resize(Images&, Index batch) const;           // makes room for `batch` samples
///     // Writes sample `index` to place `place` of the batch. Gives its label. May throw.
///     int write(Images&, Index place, Index index, Index epoch) const;
///
/// The batches depend on seed and epoch only, not on earlier epochs or the number of workers. With `parts` processes share
/// every batch: together their parts are the batch that a loader with one part gives. If `write` throws, the
/// loop gets the exception when it comes to the sample's batch; after that the loader can be used again.
template <class Recipe>
class BatchLoader {
 public:
    using Images = typename Recipe::Images;

    /// The type of the loop variable. Both tensors belong to the loader and are overwritten when the loop goes on.
    struct Batch {
        Images& images;  ///< images [N, H, W, C] or frames [T, N, H, W, C]; they are overwritten by a later batch
        Labels& labels;  ///< [N]
    };

    class Iterator;

    /// One pass over the data set.
    class Epoch {
     public:
        /// Called by `epoch`.
        Epoch(BatchLoader& loader, Index number, Index first) : loader_(&loader), number_(number), first_(first) {}

        /// Begins the pass and starts the workers. A second pass at the same time is an `Error`.
        Iterator begin() const { return Iterator(*loader_, number_, first_); }
        /// The end of a range-based for.
        std::default_sentinel_t end() const { return {}; }

     private:
        BatchLoader* loader_;
        Index number_, first_;
    };

    /// A batch below 1, workers below 0 or above 1024, batches ahead below 0, an empty data set, `drop_last` with fewer
    /// samples than one batch, and a batch with fewer samples than parts are an `Error`.
    BatchLoader(Recipe recipe, const BatchOptions& options) : recipe_(std::move(recipe)), options_(options) {
        check();
        order_.resize(static_cast<std::size_t>(recipe_.size()));
        ring_.resize(static_cast<std::size_t>(slots()));
        for (Buffer& buffer : ring_) {
            buffer.resize(recipe_, own(std::min(options_.batch, recipe_.size())));
        }
        rest_.resize(recipe_, options_.drop_last ? 0 : own(recipe_.size() % options_.batch));
    }
    BatchLoader(const BatchLoader&) = delete;
    BatchLoader& operator=(const BatchLoader&) = delete;

    /// The number of batches per epoch.
    Index batches() const {
        const Index partial = !options_.drop_last && recipe_.size() % options_.batch != 0 ? 1 : 0;
        return recipe_.size() / options_.batch + partial;
    }

    /// Where the samples of this part lie in batch `batch`.
    BatchShare share(Index batch) const {
        const Index all = std::min(options_.batch, recipe_.size() - batch * options_.batch);
        return {first_of(all), all};
    }

    /// The batches of epoch `number`, to be used in a range-based for loop. With `first` the loop begins at that batch:
    /// a resumed epoch goes on with the same batches. A `first` outside [0, batches()] is an `Error`.
    Epoch epoch(Index number, Index first = 0) {
        if (first < 0 || first > batches()) {
            fail("a loader was asked to begin an epoch at batch ", first, "; expected 0 to ", batches());
        }
        return Epoch(*this, number, first);
    }

 private:
    /// The memory of a batch. A smaller last batch has a separate buffer, so that an epoch allocates no memory.
    struct Buffer {
        Images images;
        Labels labels;

        void resize(const Recipe& recipe, Index batch) {
            recipe.resize(images, batch);
            labels.resize(batch);
        }
    };

    /// A running pass: as long as this object exists, the loader is busy and the workers run.
    struct Pass {
        Pass(BatchLoader& loader, Index number, Index first)
            : loader_(loader), pipeline_(loader.plan(first), [&loader, number](Index batch, Index place) {
                  loader.fill(number, batch, place);
              }) {
            loader_.is_busy_ = true;
        }
        ~Pass() { loader_.is_busy_ = false; }
        Pass(const Pass&) = delete;
        Pass& operator=(const Pass&) = delete;

        BatchLoader& loader_;
        BatchPipeline pipeline_;
    };

    /// The number of batches that have memory: the one in use and those ahead of it.
    Index slots() const { return std::min(options_.ahead, batches() - 1) + 1; }

    /// Where this part begins in a batch of `all` samples, and how many it has.
    Index first_of(Index all) const { return all * options_.part / options_.parts; }
    Index own(Index all) const { return all * (options_.part + 1) / options_.parts - first_of(all); }

    BatchPipeline::Plan plan(Index first) const {
        const Index full = recipe_.size() / options_.batch;
        const Index rest = options_.drop_last ? 0 : recipe_.size() % options_.batch;
        return {.samples = full * own(options_.batch) + own(rest),
                .batch = full > 0 ? own(options_.batch) : own(rest),
                .slots = slots(),
                .workers = options_.workers,
                .first = first};
    }

    void check() const {
        if (options_.batch < 1) {
            fail("a batch must have at least 1 image, found ", options_.batch);
        }
        if (options_.workers < 0 || options_.workers > 1024 || options_.ahead < 0) {
            fail("a loader cannot have ", options_.workers, " workers and ", options_.ahead,
                 " batches ahead; expected 0 to 1024 workers and 0 or more batches");
        }
        if (recipe_.size() < 1) {
            fail("the data set has no images");
        }
        if (batches() == 0) {
            fail("drop_last leaves no batch: the data set has ", recipe_.size(), " images, and a batch ",
                 options_.batch);
        }
        check_parts();
    }

    void check_parts() const {
        const auto& [part, parts] = std::pair(options_.part, options_.parts);
        if (parts < 1 || part < 0 || part >= parts) {
            fail("a loader cannot have part ", part, " of ", parts, "; parts are counted from 0");
        }
        const Index rest = options_.drop_last ? 0 : recipe_.size() % options_.batch;
        if (options_.batch < parts || (rest > 0 && rest < parts)) {
            fail("a batch of ", options_.batch < parts ? options_.batch : rest, " images cannot be divided into ",
                 parts, " parts; choose another batch", rest > 0 ? ", or drop_last" : "");
        }
    }

    /// Draws the order of epoch `number` (shuffle of Fisher and Yates).
    void set_order(Index number) {
        std::iota(order_.begin(), order_.end(), Index{0});
        if (options_.shuffle) {
            Random random = Random(options_.seed).split(static_cast<std::uint64_t>(number));
            for (std::size_t left = order_.size(); left > 1; --left) {
                std::swap(order_[left - 1], order_[random.below(left)]);
            }
        }
    }

    Buffer& buffer(Index batch) {
        return (batch + 1) * options_.batch <= recipe_.size() ? ring_[static_cast<std::size_t>(batch % slots())]
                                                              : rest_;
    }

    void fill(Index number, Index batch, Index place) {
        Buffer& to = buffer(batch);
        const Index first = batch * options_.batch + share(batch).first;
        const Index index = order_[static_cast<std::size_t>(first + place)];
        to.labels(place) = recipe_.write(to.images, place, index, number);
    }

    Recipe recipe_;
    BatchOptions options_;
    std::vector<Index> order_;
    std::vector<Buffer> ring_;
    Buffer rest_;
    bool is_busy_ = false;
};

/// Goes from batch to batch. Its destructor stops the workers, also when the loop is left early.
template <class Recipe>
class BatchLoader<Recipe>::Iterator {
 public:
    /// Called by `Epoch::begin`.
    Iterator(BatchLoader& loader, Index epoch, Index first) : batch_(first) {
        if (loader.is_busy_) {
            fail("this loader is already in an epoch; two epochs at the same time need two loaders");
        }
        loader.set_order(epoch);
        pass_ = std::make_unique<Pass>(loader, epoch, first);
        if (batch_ < loader.batches()) {
            pass_->pipeline_.wait_for(batch_);
        }
    }

    /// The batch. Waits until it is loaded. An Error of a worker is thrown here.
    Batch operator*() const {
        Buffer& buffer = pass_->loader_.buffer(batch_);
        return {buffer.images, buffer.labels};
    }

    /// Goes on to the next batch and gives the memory of this one back.
    Iterator& operator++() {
        if (++batch_ < pass_->loader_.batches()) {
            pass_->pipeline_.wait_for(batch_);
        }
        return *this;
    }

    bool operator==(std::default_sentinel_t) const { return batch_ == pass_->loader_.batches(); }

 private:
    std::unique_ptr<Pass> pass_;
    Index batch_;
};

}  // namespace STAA_ABI
}  // namespace staa
