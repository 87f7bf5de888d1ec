// SPDX-License-Identifier: MIT
// Turns the bytes of an image into the input of a network: a policy of image operations, random crop, random flip,
// normalisation, Cutout.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "staa/core/random.hpp"
#include "staa/data/augmentation_policy.hpp"
#include "staa/data/augmentation_random.hpp"
#include "staa/data/image_data_set.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Which operations change an image before it is cropped.
enum class Policy { none, auto_augment, rand_augment };

/// How training images are varied. The default is the usual recipe for CIFAR (He et al. 2016, section 4.2).
struct Augmentation {
    int crop_padding = 4;  ///< pixels of the mean colour added on each side before a random crop of the old size
    bool flip = true;      ///< mirror left and right with probability 1/2
    int cutout = 0;  ///< side in pixels of a square of the mean colour, its middle anywhere (DeVries and Taylor 2017)
    Policy policy = Policy::none;  ///< operations drawn per image, before all others
    RandAugment rand_augment{};    ///< settings of `Policy::rand_augment`
    bool resized_crop = false;     ///< of a `PictureDataSet`: true: a random part of each picture; false: its middle

    /// No augmentation, for measuring the accuracy.
    static constexpr Augmentation none() { return {.crop_padding = 0, .flip = false}; }
};

/// Throws `Error` for a negative `crop_padding` or `cutout`, and for settings of RandAugment outside their range.
inline void check(const Augmentation& augmentation) {
    if (augmentation.crop_padding < 0) {
        fail("the padding of a crop must not be negative, found ", augmentation.crop_padding);
    }
    if (augmentation.cutout < 0) {
        fail("the side of a Cutout must not be negative, found ", augmentation.cutout);
    }
    const auto& [operations, magnitude] = augmentation.rand_augment;
    if (operations < 0 || magnitude < 0 || magnitude > 30) {
        fail("RandAugment has ", operations, " operations of magnitude ", magnitude,
             ", expected 0 or more of magnitude 0 to 30");
    }
}

/// Applies the policy to the bytes of a colour image, in place.
inline void apply_policy(const Augmentation& augmentation, const ImageView& image, const Random& random) {
    if (augmentation.policy == Policy::auto_augment) {
        auto_augment(image, random);
    } else if (augmentation.policy == Policy::rand_augment) {
        rand_augment(augmentation.rand_augment, image, random);
    }
}

/// Applies the policy to the bytes of a grey image [height, width], in place, as to a colour image whose three channels
/// are the same. Operations on colours leave it grey.
inline void apply_policy_to_grey(const Augmentation& augmentation, std::uint8_t* pixels, Index height, Index width,
                                 const Random& random) {
    if (augmentation.policy == Policy::none) {
        return;
    }
    const Index size = height * width;
    std::vector<std::uint8_t> colour(static_cast<std::size_t>(3 * size));
    for (Index i = 0; i < 3 * size; ++i) {
        colour[static_cast<std::size_t>(i)] = pixels[i / 3];
    }
    apply_policy(augmentation, {colour.data(), height, width}, random);
    for (Index i = 0; i < size; ++i) {
        pixels[i] = colour[static_cast<std::size_t>(3 * i)];
    }
}

/// One variation of an image. First the crop: pixel (y, x) of the result is pixel (y + down, x + right) of the image,
/// or the mean colour where that is outside. Then, if `flipped`, the result is mirrored left and right. Then a square
/// of it, the hole, is set to the mean colour.
struct View {
    Index down = 0, right = 0;      ///< the shift, in pixels
    bool flipped = false;           ///< left and right are exchanged
    Index hole = 0;                 ///< its side in pixels; 0: no hole
    double hole_y = 0, hole_x = 0;  ///< its middle, as a share in [0, 1) of the height and width
};

/// Draws a view: both shifts uniform in [-crop_padding, crop_padding].
inline View draw_view(const Augmentation& augmentation, Random random) {
    View view;
    view.down = draw_shift(augmentation.crop_padding, random);
    view.right = draw_shift(augmentation.crop_padding, random);
    view.flipped = augmentation.flip && random.below(2) == 1;
    view.hole = augmentation.cutout;
    view.hole_y = random.uniform();
    view.hole_x = random.uniform();
    return view;
}

/// The value (byte / 255 - mean) / deviation of each channel, for each of the 256 bytes. A normalisation that `check`
/// refuses is an `Error`.
template <class Scalar>
class NormalisationTable {
 public:
    explicit NormalisationTable(const Normalisation& normalisation, Index channels = 3) {
        check(normalisation, channels);
        for (std::size_t byte = 0; byte < values_.size(); ++byte) {
            for (std::size_t channel = 0; channel < static_cast<std::size_t>(std::clamp<Index>(channels, 0, 3));
                 ++channel) {
                const double value = static_cast<double>(byte) / 255.0;
                values_[byte][channel] =
                    static_cast<Scalar>((value - normalisation.mean[channel]) / normalisation.deviation[channel]);
            }
        }
    }

    /// The value of a byte in the channel's normalisation.
    Scalar operator()(std::uint8_t byte, std::size_t channel) const { return values_[byte][channel]; }

 private:
    std::array<std::array<Scalar, 3>, 256> values_;
};

/// Sets the hole of a view to 0, the mean colour.
template <Index channels = 3, class Scalar>
void cut_hole(Index height, Index width, const View& view, Scalar* out) {
    const Index top = static_cast<Index>(view.hole_y * static_cast<double>(height)) - view.hole / 2;
    const Index left = static_cast<Index>(view.hole_x * static_cast<double>(width)) - view.hole / 2;
    const Index right = std::min(width, left + view.hole);
    for (Index y = std::max(Index{0}, top); y < std::min(height, top + view.hole); ++y) {
        std::fill(out + channels * (y * width + std::max(Index{0}, left)), out + channels * (y * width + right),
                  Scalar(0));
    }
}

/// Writes the view of `pixels` [height, width, channels], normalised, to `out` [height, width, channels]. Padding is 0 after
/// normalisation, which is the mean colour. Black padding would be -2.4 after normalisation. It makes the variance of
/// the input larger by half, so that a spiking network meets other batch statistics in training than in testing.
/// Measured with 20,000 CIFAR-10 images, 10 epochs, width 16, T = 2: 43.1 % accuracy with black padding, 49.3 % with 0.
template <Index channels = 3, class Scalar>
void normalise_view(const std::uint8_t* pixels, Index height, Index width, const View& view,
                    const NormalisationTable<Scalar>& table, Scalar* out) {
    Scalar* at = out;
    for (Index y = 0; y < height; ++y) {
        for (Index x = 0; x < width; ++x, at += channels) {
            const Index row = y + view.down;
            const Index column = (view.flipped ? width - 1 - x : x) + view.right;
            const bool inside = row >= 0 && row < height && column >= 0 && column < width;
            const Index pixel = channels * (row * width + column);
            for (Index channel = 0; channel < channels; ++channel) {
                at[channel] = inside ? table(pixels[pixel + channel], static_cast<std::size_t>(channel)) : Scalar(0);
            }
        }
    }
    if (view.hole > 0) {
        cut_hole<channels>(height, width, view, out);
    }
}

}  // namespace STAA_ABI
}  // namespace staa
