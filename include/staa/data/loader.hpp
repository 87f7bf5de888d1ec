// SPDX-License-Identifier: MIT
// Makes batches of normalised images, with a new order and new augmentation in every epoch.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "staa/core/tensor.hpp"
#include "staa/data/augmentation.hpp"
#include "staa/data/batch_loader.hpp"
#include "staa/data/image_data_set.hpp"
#include "staa/data/resample.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How a `Loader` goes through a data set.
struct LoaderOptions {
    Index batch = 64;             ///< images per batch, at least 1
    std::uint64_t seed = 1;       ///< of the random order and of the augmentation
    bool shuffle = true;          ///< a new random order in every epoch; false: the order of the data set
    Augmentation augmentation{};  ///< `Augmentation::none()` to measure the accuracy
    /// Of pictures of any size, without `resized_crop`: the shorter side in pixels before the middle is cropped, at least
    /// that of the images; 0: 8/7 of it, 256 for images of 224 x 224. See `centre_framing`.
    Index resize = 0;
    bool drop_last = false;  ///< leave out a last batch that is not full: batch norm learns little from a few images
    int workers = 1;         ///< threads that prepare batches; 0: the thread of the loop prepares them
    Index ahead = 2;         ///< batches prepared before the loop needs them; each has its own memory
    Index part = 0;          ///< of every batch the loop gets part `part` of `parts`, from 0: for several processes
    Index parts = 1;         ///< processes that share every batch; 1: none
};

/// Makes an image or a picture of a data set a part of a batch; the `Recipe` of a `Loader`, see `BatchLoader`.
template <class DataSet, class Scalar>
class ImageRecipe {
 public:
    using Images = Tensor<Scalar, 4>;

    ImageRecipe(const DataSet& data_set, const LoaderOptions& options)
        : data_set_(&data_set), options_(options), table_(data_set.normalisation(), data_set.channels()) {
        if (data_set.channels() != 1 && data_set.channels() != 3) {
            fail("staa::Loader: the images have ", data_set.channels(),
                 " channels; expected 3, red, green and blue, or 1, grey");
        }
        check(options.augmentation);
        const Index side = std::min(data_set.height(), data_set.width());
        if (options.resize != 0 && options.resize < side) {
            fail("staa::Loader: the pictures cannot be resized to a shorter side of ", options.resize,
                 " pixels for images with one of ", side, "; expected 0 or at least ", side);
        }
    }

    Index size() const { return data_set_->size(); }

    void resize(Images& images, Index batch) const {
        images.resize(batch, data_set_->height(), data_set_->width(), data_set_->channels());
    }

    int write(Images& images, Index place, Index index, Index epoch) const {
        const Random random = augmentation_random(options_.seed, epoch, index);
        const auto& sample = data_set_->sample(index);
        Scalar* const out = images.data() + place * image_size();
        if constexpr (PictureDataSet<DataSet>) {
            const Index height = data_set_->height(), width = data_set_->width();
            const Framing framing =
                options_.augmentation.resized_crop
                    ? Framing{random_box(sample.height, sample.width, random.split(resized_crop_stream)), height, width}
                    : centre_framing(sample.height, sample.width, height, width, options_.resize);
            write(resample_framed(sample.pixels, sample.height, sample.width, framing, height, width,
                                  data_set_->channels()),
                  random, out);
        } else if (options_.augmentation.policy != Policy::none) {
            write(std::vector<std::uint8_t>(sample.pixels.begin(), sample.pixels.end()), random, out);
        } else {
            write_view(sample.pixels.data(), random, out);
        }
        return sample.label;
    }

 private:
    static constexpr std::uint64_t resized_crop_stream = 1, policy_stream = 2;

    Index image_size() const { return data_set_->height() * data_set_->width() * data_set_->channels(); }

    void write(std::vector<std::uint8_t> pixels, const Random& random, Scalar* out) const {
        const Index height = data_set_->height(), width = data_set_->width();
        const Random policy = random.split(policy_stream);
        if (data_set_->channels() == 1) {
            apply_policy_to_grey(options_.augmentation, pixels.data(), height, width, policy);
        } else {
            apply_policy(options_.augmentation, {pixels.data(), height, width}, policy);
        }
        write_view(pixels.data(), random, out);
    }

    void write_view(const std::uint8_t* pixels, const Random& random, Scalar* out) const {
        const Index height = data_set_->height(), width = data_set_->width();
        const View view = draw_view(options_.augmentation, random);
        if (data_set_->channels() == 1) {
            normalise_view<1>(pixels, height, width, view, table_, out);
        } else {
            normalise_view<3>(pixels, height, width, view, table_, out);
        }
    }

    const DataSet* data_set_;
    LoaderOptions options_;
    NormalisationTable<Scalar> table_;
};

/// Gives a data set in batches, epoch by epoch:
///
///     Loader loader{data_set, {.batch = 64, .seed = 1}};
///     for (auto&& [images, labels] : loader.epoch(3)) ...
///
/// `images` are [N, H, W, C], normalised, C is 3 or, of grey images, 1, and `labels` are [N]; N is `batch`, or less in the last batch. Worker threads
/// prepare the next batches while the loop uses one. The batches depend on seed and epoch only, not on earlier epochs
/// or the number of workers. The loader keeps a reference to the data set, which must outlive the loader.
template <class DataSet, class Scalar = float>
    requires(ImageDataSet<DataSet> || PictureDataSet<DataSet>)
class Loader : public BatchLoader<ImageRecipe<DataSet, Scalar>> {
 public:
    /// A batch below 1, an empty data set, an augmentation out of its range (see `check`), and `drop_last` with fewer
    /// images than one batch are an `Error`; so are the errors of `BatchLoader`.
    explicit Loader(const DataSet& data_set, const LoaderOptions& options = {})
        : BatchLoader<ImageRecipe<DataSet, Scalar>>({data_set, options}, detail::batch_options(options)) {}
    explicit Loader(const DataSet&&, const LoaderOptions& = {}) = delete;
};

}  // namespace STAA_ABI
}  // namespace staa
