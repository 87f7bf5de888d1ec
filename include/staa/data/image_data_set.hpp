// SPDX-License-Identifier: MIT
// The interface of a set of labelled images, in colour or grey, and a set that is held in memory.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "staa/core/config.hpp"
#include "staa/core/error.hpp"
#include "staa/core/finite.hpp"
#include "staa/core/shape.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Which part of a data set: the samples for training, or the samples that measure the accuracy.
enum class Split { train, test };

/// One labelled image.
struct Sample {
    std::span<const std::uint8_t> pixels;  ///< [height, width, channels]; owned by the data set
    int label = 0;                         ///< 0-based
};

/// Mean and standard deviation of each channel, on the scale where a byte of 255 is 1. Of grey images only the first of
/// each counts.
struct Normalisation {
    std::array<double, 3> mean{};              ///< of red, green, blue
    std::array<double, 3> deviation{1, 1, 1};  ///< of red, green, blue; above 0
};

/// Throws an `Error` unless the means of the first `channels` channels, of at most three, are finite and their deviations
/// are finite and above 0.
inline void check(const Normalisation& normalisation, Index channels = 3) {
    for (std::size_t channel = 0; channel < static_cast<std::size_t>(std::clamp<Index>(channels, 0, 3)); ++channel) {
        const double mean = normalisation.mean[channel], deviation = normalisation.deviation[channel];
        if (!detail::is_finite(mean) || !detail::is_finite(deviation) || !(deviation > 0)) {
            fail("the normalisation of channel ", channel, " has mean ", mean, " and deviation ", deviation,
                 "; expected finite numbers, and a deviation above 0");
        }
    }
}

/// The part that `ImageDataSet` and `PictureDataSet` share: a set of `size()` samples in a fixed order, of which a
/// `Loader` makes images of `height()` x `width()` x `channels()`. There are 3 channels, red, green and blue, or 1, grey: the
/// loader refuses others when it is made, because the number is known only then.
template <class Set>
concept LabelledPixels = requires(const Set& set) {
    { set.size() } -> std::same_as<Index>;
    { set.classes() } -> std::same_as<int>;
    { set.height() } -> std::same_as<Index>;
    { set.width() } -> std::same_as<Index>;
    { set.channels() } -> std::same_as<Index>;
    { set.normalisation() } -> std::convertible_to<Normalisation>;
};

/// A set of labelled images of one size. `sample(i)`, for i in [0, size()), has height · width · channels bytes,
/// which stay valid as long as the data set. It may be called from several threads at once. If it throws, the loop over
/// the loader's batches gets the exception.
template <class Set>
concept ImageDataSet = LabelledPixels<Set> && requires(const Set& set, Index i) {
    { set.sample(i) } -> std::same_as<Sample>;
};

/// An `ImageDataSet` whose images are all in memory.
class StoredImages {
 public:
    /// The properties that all images of the set share.
    struct Description {
        Index height = 0, width = 0;  ///< rows of pixels, and pixels of a row
        int classes = 0;
        Normalisation normalisation{};
        Index channels = 3;  ///< 3: red, green, blue; 1: grey
    };

    /// Takes the `pixels` [images, height, width, channels] and one label per image. Other than 1 or 3 channels, a number
    /// of pixels that does not match the number of labels, a label outside [0, classes), and a normalisation that `check`
    /// refuses are an `Error`.
    StoredImages(const Description& description, std::vector<std::uint8_t> pixels, std::vector<int> labels)
        : description_(description), pixels_(std::move(pixels)), labels_(std::move(labels)) {
        check(description.normalisation, description.channels);
        if (channels() != 1 && channels() != 3) {
            fail("staa::StoredImages: images have 3 channels, or 1 if they are grey; found ", channels());
        }
        const Index expected = size() * image_size();
        if (static_cast<Index>(pixels_.size()) != expected) {
            fail(size(), " images of ", height(), " x ", width(), " x ", channels(), " need ", expected,
                 " bytes of pixels, found ", pixels_.size());
        }
        for (Index i = 0; i < size(); ++i) {
            const int label = labels_[static_cast<std::size_t>(i)];
            if (label < 0 || label >= classes()) {
                fail("the label of image ", i, " is ", label, ", expected 0 to ", classes() - 1);
            }
        }
    }

    Index size() const { return static_cast<Index>(labels_.size()); }
    int classes() const { return description_.classes; }
    Index height() const { return description_.height; }
    Index width() const { return description_.width; }
    Index channels() const { return description_.channels; }
    const Normalisation& normalisation() const { return description_.normalisation; }

    /// The images [first, first + count) as a set of their own; it is a copy. A range outside of the set is an `Error`.
    StoredImages part(Index first, Index count) const {
        if (first < 0 || count < 0 || count > size() - first) {
            fail("images ", first, " to ", first + count, " of a set of ", size(), " images: there are no such images");
        }
        return {description_,
                {pixels_.begin() + first * image_size(), pixels_.begin() + (first + count) * image_size()},
                {labels_.begin() + first, labels_.begin() + first + count}};
    }

    /// Image `i`, which must be in [0, size()).
    Sample sample(Index i) const {
        const auto first = static_cast<std::size_t>(i * image_size());
        return {std::span(pixels_).subspan(first, static_cast<std::size_t>(image_size())),
                labels_[static_cast<std::size_t>(i)]};
    }

 private:
    Index image_size() const { return height() * width() * channels(); }

    Description description_;
    std::vector<std::uint8_t> pixels_;
    std::vector<int> labels_;
};

}  // namespace STAA_ABI
}  // namespace staa
