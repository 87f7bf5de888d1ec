// SPDX-License-Identifier: MIT
// From bytes to a network's input: a random crop, a random flip, and normalisation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "staa/core/random.hpp"
#include "staa/data/image_data_set.hpp"

namespace staa::inline STAA_ABI {

/// How training images are varied: the usual recipe for CIFAR (He et al. 2016, section 4.2).
struct Augmentation {
    int crop_padding = 4;  ///< pixels of the mean colour added on each side before a crop of the old size at random
    bool flip = true;      ///< mirror left and right with probability 1/2

    /// Images as they are: for measuring.
    static constexpr Augmentation none() { return {.crop_padding = 0, .flip = false}; }
};

/// How one image is looked at: pixel (y, x) of the result is pixel (y + down, x + right) of the image, the mean colour where
/// that is outside; then, if `flipped`, the result is mirrored left and right.
struct View {
    Index down = 0, right = 0;
    bool flipped = false;
};

/// The generator that varies sample `index` in epoch `epoch`: the same for the same three numbers, on any thread.
inline Random augmentation_random(std::uint64_t seed, Index epoch, Index index) {
    return Random(seed).split(static_cast<std::uint64_t>(epoch)).split(static_cast<std::uint64_t>(index));
}

/// Draws a view: both shifts uniform in [-crop_padding, crop_padding], which must not be negative.
inline View draw_view(const Augmentation& augmentation, Random random) {
    const auto shift = [&] {
        const auto positions = 2 * static_cast<std::uint64_t>(augmentation.crop_padding) + 1;
        return static_cast<Index>(random.below(positions)) - augmentation.crop_padding;
    };
    View view;
    view.down = shift();
    view.right = shift();
    view.flipped = augmentation.flip && random.below(2) == 1;
    return view;
}

/// (byte / 255 - mean) / deviation of each channel, for every byte there is.
template <class Scalar>
class NormalisationTable {
 public:
    explicit NormalisationTable(const Normalisation& normalisation) {
        for (std::size_t byte = 0; byte < values_.size(); ++byte) {
            for (std::size_t channel = 0; channel < 3; ++channel) {
                const double value = static_cast<double>(byte) / 255.0;
                values_[byte][channel] =
                    static_cast<Scalar>((value - normalisation.mean[channel]) / normalisation.deviation[channel]);
            }
        }
    }

    Scalar operator()(std::uint8_t byte, std::size_t channel) const { return values_[byte][channel]; }

 private:
    std::array<std::array<Scalar, 3>, 256> values_;
};

/// Writes the view of `pixels` [height, width, 3], normalised, to `out` [height, width, 3]. The padding is 0 after
/// normalisation: black padding, -2.4 after it, adds half to the variance of the input, and a spiking network then meets other
/// batch statistics in training than in testing (20,000 CIFAR-10 images, 10 epochs, width 16, T = 2: 43.1 % with black, 49.3 % with
/// 0).
template <class Scalar>
void normalise_view(const std::uint8_t* pixels, Index height, Index width, const View& view,
                    const NormalisationTable<Scalar>& table, Scalar* out) {
    for (Index y = 0; y < height; ++y) {
        for (Index x = 0; x < width; ++x, out += 3) {
            const Index row = y + view.down;
            const Index column = (view.flipped ? width - 1 - x : x) + view.right;
            const bool inside = row >= 0 && row < height && column >= 0 && column < width;
            const Index pixel = 3 * (row * width + column);
            for (std::size_t channel = 0; channel < 3; ++channel) {
                out[channel] = inside ? table(pixels[pixel + static_cast<Index>(channel)], channel) : Scalar(0);
            }
        }
    }
}

}  // namespace staa::inline STAA_ABI
