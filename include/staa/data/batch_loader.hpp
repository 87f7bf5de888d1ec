// SPDX-License-Identifier: MIT
// What every loader does: order, batches, epochs. Loaders of images and of events say what a sample becomes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/random.hpp"
#include "staa/core/tensor.hpp"
#include "staa/data/batch_pipeline.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How a loader goes through a data set, whatever is in it.
struct BatchOptions {
    Index batch = 64;        ///< samples a batch, at least 1
    std::uint64_t seed = 1;  ///< of the order
    bool shuffle = true;     ///< another order in every epoch; otherwise that of the data set
    bool drop_last = false;  ///< leave out a last batch that is not full
    int workers = 1;         ///< threads that prepare batches; 0: whoever asks for a batch does
    Index ahead = 2;         ///< batches that may wait to be asked for, each with memory of its own
};

/// Hands out what a `Recipe` makes of a data set, in batches, epoch by epoch. A recipe has
///
///     using Images = ...;                                            // a tensor
///     Index size() const;                                            // samples there are
///     void resize(Images&, Index batch) const;
///     int write(Images&, Index place, Index index, Index epoch) const;  // sample `index`; gives its label, may throw
///
/// The same seed and epoch give the same batches, whatever came before and for any number of workers. What a sample
/// throws is thrown to the loop when it comes to the sample's batch; the loader can be used again after that.
template <class Recipe>
class BatchLoader {
 public:
    using Images = typename Recipe::Images;

    /// What the loop variable is bound to. Both belong to the loader and are overwritten when the loop goes on.
    struct Batch {
        Images& images;
        Labels& labels;  ///< [N]
    };

    class Iterator;

    /// One pass over the data set.
    class Epoch {
     public:
        Epoch(BatchLoader& loader, Index number) : loader_(&loader), number_(number) {}

        /// Begins the pass: workers start. Only one pass of a loader at a time, anything else is an `Error`.
        Iterator begin() const { return Iterator(*loader_, number_); }
        std::default_sentinel_t end() const { return {}; }

     private:
        BatchLoader* loader_;
        Index number_;
    };

    /// A batch below 1, workers below 0 or above 1024, batches ahead below 0, an empty data set, or `drop_last` with fewer
    /// samples than one batch is an `Error`.
    BatchLoader(Recipe recipe, const BatchOptions& options) : recipe_(std::move(recipe)), options_(options) {
        check();
        order_.resize(static_cast<std::size_t>(recipe_.size()));
        ring_.resize(static_cast<std::size_t>(slots()));
        for (Buffer& buffer : ring_) {
            buffer.resize(recipe_, std::min(options_.batch, recipe_.size()));
        }
        rest_.resize(recipe_, options_.drop_last ? 0 : recipe_.size() % options_.batch);
    }
    BatchLoader(const BatchLoader&) = delete;
    BatchLoader& operator=(const BatchLoader&) = delete;

    /// Batches an epoch.
    Index batches() const {
        const Index partial = !options_.drop_last && recipe_.size() % options_.batch != 0 ? 1 : 0;
        return recipe_.size() / options_.batch + partial;
    }

    /// The batches of epoch `number`.
    Epoch epoch(Index number) { return Epoch(*this, number); }

 private:
    /// The memory of a batch. The last batch has its own, so that none is allocated anew.
    struct Buffer {
        Images images;
        Labels labels;

        void resize(const Recipe& recipe, Index batch) {
            recipe.resize(images, batch);
            labels.resize(batch);
        }
    };

    /// A pass that goes on: the loader is busy and the workers run as long as it exists.
    struct Pass {
        Pass(BatchLoader& loader, Index number)
            : loader_(loader), pipeline_(loader.plan(), [&loader, number](Index batch, Index place) {
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

    /// Batches whose memory there is: the one in use and those ahead of it.
    Index slots() const { return std::min(options_.ahead, batches() - 1) + 1; }

    BatchPipeline::Plan plan() const {
        const Index samples = std::min(recipe_.size(), batches() * options_.batch);
        return {.samples = samples, .batch = options_.batch, .slots = slots(), .workers = options_.workers};
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
            fail("drop_last leaves no batch: the data set has ", recipe_.size(), " images, a batch ", options_.batch);
        }
    }

    /// The order of epoch `number` (Fisher and Yates).
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
        const Index index = order_[static_cast<std::size_t>(batch * options_.batch + place)];
        to.labels(place) = recipe_.write(to.images, place, index, number);
    }

    Recipe recipe_;
    BatchOptions options_;
    std::vector<Index> order_;
    std::vector<Buffer> ring_;
    Buffer rest_;
    bool is_busy_ = false;
};

/// Goes from batch to batch. Leaving the loop early stops the workers.
template <class Recipe>
class BatchLoader<Recipe>::Iterator {
 public:
    Iterator(BatchLoader& loader, Index epoch) {
        if (loader.is_busy_) {
            fail("this loader is in the middle of an epoch; a second one at the same time needs a loader of its own");
        }
        loader.set_order(epoch);
        pass_ = std::make_unique<Pass>(loader, epoch);
        pass_->pipeline_.wait_for(0);
    }

    Batch operator*() const {
        Buffer& buffer = pass_->loader_.buffer(batch_);
        return {buffer.images, buffer.labels};
    }

    Iterator& operator++() {
        if (++batch_ < pass_->loader_.batches()) {
            pass_->pipeline_.wait_for(batch_);
        }
        return *this;
    }

    bool operator==(std::default_sentinel_t) const { return batch_ == pass_->loader_.batches(); }

 private:
    std::unique_ptr<Pass> pass_;
    Index batch_ = 0;
};

}  // namespace STAA_ABI
}  // namespace staa
