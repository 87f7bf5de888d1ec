// SPDX-License-Identifier: MIT
// Batches of normalised images, shuffled and varied anew in every epoch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"
#include "staa/core/random.hpp"
#include "staa/core/tensor.hpp"
#include "staa/data/augmentation.hpp"
#include "staa/data/image_data_set.hpp"

namespace staa::inline STAA_ABI {

/// How a `Loader` goes through a data set.
struct LoaderOptions {
    Index batch = 64;             ///< images a batch, at least 1
    std::uint64_t seed = 1;       ///< of the order and of the augmentation
    bool shuffle = true;          ///< another order in every epoch; otherwise that of the data set
    Augmentation augmentation{};  ///< `Augmentation::none()` for measuring
    bool drop_last = false;  ///< leave out a last batch that is not full: batch norm learns little from a few images
};

/// Hands out a data set in batches, epoch by epoch:
///
///     Loader loader{data_set, {.batch = 64, .seed = 1}};
///     for (auto&& [images, labels] : loader.epoch(3)) ...
///
/// `images` are [N, H, W, 3]; N is the batch, or less in the last one. The same seed and epoch give the same batches,
/// whatever came before and on any number of threads. The data set is referenced: it must outlive the loader.
template <ImageDataSet DataSet, class Scalar = float>
class Loader {
 public:
    /// What the loop variable is bound to. Both belong to the loader and are overwritten by the next batch.
    struct Batch {
        Tensor<Scalar, 4>& images;  ///< [N, H, W, 3], normalised
        Labels& labels;             ///< [N]
    };

    class Iterator;

    /// One pass over the data set. Only one at a time: all epochs of a loader share its buffers.
    class Epoch {
     public:
        Epoch(Loader& loader, Index number) : loader_(&loader), number_(number) {}
        Iterator begin() const { return Iterator(*loader_, number_); }
        std::default_sentinel_t end() const { return {}; }

     private:
        Loader* loader_;
        Index number_;
    };

    /// A batch below 1, an empty data set, a negative crop padding, or `drop_last` with fewer images than one batch is
    /// an `Error`.
    explicit Loader(const DataSet& data_set, LoaderOptions options = {})
        : data_set_(&data_set), options_(options), table_(data_set.normalisation()) {
        check();
        order_.resize(static_cast<std::size_t>(data_set.size()));
        full_.resize(data_set, std::min(options_.batch, data_set.size()));
        rest_.resize(data_set, data_set.size() % options_.batch);
    }
    explicit Loader(const DataSet&&, LoaderOptions = {}) = delete;

    /// Batches an epoch.
    Index batches() const {
        const Index partial = !options_.drop_last && data_set_->size() % options_.batch != 0 ? 1 : 0;
        return data_set_->size() / options_.batch + partial;
    }

    /// The batches of epoch `number`.
    Epoch epoch(Index number) { return Epoch(*this, number); }

 private:
    /// The memory of a batch. The last batch has its own, so that none is allocated anew.
    struct Buffer {
        Tensor<Scalar, 4> images;
        Labels labels;

        void resize(const DataSet& set, Index batch) {
            images.resize(batch, set.height(), set.width(), set.channels());
            labels.resize(batch);
        }
    };

    void check() const {
        if (options_.batch < 1) {
            fail("a batch must have at least 1 image, found ", options_.batch);
        }
        if (data_set_->size() < 1) {
            fail("the data set has no images");
        }
        if (data_set_->channels() != 3) {
            fail("the images have ", data_set_->channels(), " channels; a Loader takes colour images, 3");
        }
        if (options_.augmentation.crop_padding < 0) {
            fail("the padding of a crop must not be negative, found ", options_.augmentation.crop_padding);
        }
        if (batches() == 0) {
            fail("drop_last leaves no batch: the data set has ", data_set_->size(), " images, a batch ",
                 options_.batch);
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

    Buffer& buffer(Index batch) { return (batch + 1) * options_.batch <= data_set_->size() ? full_ : rest_; }

    void fill(Index number, Index batch) {
        Buffer& to = buffer(batch);
        const Index image_size = data_set_->height() * data_set_->width() * data_set_->channels();
        parallel_for(to.labels.size(), image_size, [&](Index n) {
            const Index index = order_[static_cast<std::size_t>(batch * options_.batch + n)];
            const Sample sample = data_set_->sample(index);
            const View view = draw_view(options_.augmentation, augmentation_random(options_.seed, number, index));
            normalise_view(sample.pixels.data(), data_set_->height(), data_set_->width(), view, table_,
                           to.images.data() + n * image_size);
            to.labels(n) = sample.label;
        });
    }

    const DataSet* data_set_;
    LoaderOptions options_;
    NormalisationTable<Scalar> table_;
    std::vector<Index> order_;
    Buffer full_, rest_;
};

/// Goes from batch to batch; a batch is filled when the iterator arrives at it.
template <ImageDataSet DataSet, class Scalar>
class Loader<DataSet, Scalar>::Iterator {
 public:
    Iterator(Loader& loader, Index epoch) : loader_(&loader), epoch_(epoch) {
        loader.set_order(epoch);
        loader.fill(epoch, 0);
    }

    Batch operator*() const {
        Buffer& buffer = loader_->buffer(batch_);
        return {buffer.images, buffer.labels};
    }

    Iterator& operator++() {
        if (++batch_ < loader_->batches()) {
            loader_->fill(epoch_, batch_);
        }
        return *this;
    }

    bool operator==(std::default_sentinel_t) const { return batch_ == loader_->batches(); }

 private:
    Loader* loader_;
    Index epoch_;
    Index batch_ = 0;
};

}  // namespace staa::inline STAA_ABI
