// SPDX-License-Identifier: MIT
// AutoAugment (Cubuk et al. 2018) with its policy for CIFAR-10, and RandAugment (Cubuk et al. 2019).
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "staa/core/error.hpp"
#include "staa/core/random.hpp"
#include "staa/data/image_operations.hpp"

namespace staa {
inline namespace STAA_ABI {

/// One operation on an image.
enum class ImageOperation {
    identity,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
    rotate,
    brightness,
    colour,
    contrast,
    sharpness,
    posterize,
    solarize,
    auto_contrast,
    equalize,
    invert
};

/// Applies an operation to `image`, in place, with the strength `level` in [0, 1]. Level 1 is the strongest that the
/// papers use: a shear by 0.3, a shift by 150/331 of the width or height, a rotation by 30 degrees, a factor of 1 ±
/// 0.9, 4 bits, the threshold 0. `forward` chooses between the two directions of an operation that has two. The
/// operations auto_contrast, equalize and invert ignore the level.
inline void apply(ImageOperation operation, double level, bool forward, const ImageView& image) {
    const double sign = forward ? 1 : -1, factor = 1 + sign * 0.9 * level, most_shift = 150.0 / 331;
    switch (operation) {
        case ImageOperation::identity:
            return;
        case ImageOperation::shear_x:
            return image::shear_x(image, sign * 0.3 * level);
        case ImageOperation::shear_y:
            return image::shear_y(image, sign * 0.3 * level);
        case ImageOperation::translate_x:
            return image::translate_x(image, sign * most_shift * level * static_cast<double>(image.width));
        case ImageOperation::translate_y:
            return image::translate_y(image, sign * most_shift * level * static_cast<double>(image.height));
        case ImageOperation::rotate:
            return image::rotate(image, sign * 30 * level);
        case ImageOperation::brightness:
            return image::brightness(image, factor);
        case ImageOperation::colour:
            return image::colour(image, factor);
        case ImageOperation::contrast:
            return image::contrast(image, factor);
        case ImageOperation::sharpness:
            return image::sharpness(image, factor);
        case ImageOperation::posterize:
            return image::posterize(image, 8 - static_cast<int>(std::nearbyint(4 * level)));
        case ImageOperation::solarize:
            return image::solarize(image, 255 * level);
        case ImageOperation::auto_contrast:
            return image::auto_contrast(image);
        case ImageOperation::equalize:
            return image::equalize(image);
        case ImageOperation::invert:
            return image::invert(image);
    }
}

/// One step of AutoAugment: applies the operation with the level `level` / 9, with the given probability.
struct PolicyStep {
    ImageOperation operation;  ///< what is done
    double probability;        ///< how likely it is done, in [0, 1]
    int level;                 ///< the operation's strength, as in its table
};

/// The 25 pairs of steps for CIFAR-10 (Cubuk et al. 2018, table 7). The level is 0 where the operation ignores it.
inline constexpr std::array<std::array<PolicyStep, 2>, 25> cifar10_policy = [] {
    using enum ImageOperation;
    return std::array<std::array<PolicyStep, 2>, 25>{{
        {{{invert, 0.1, 0}, {contrast, 0.2, 6}}},           {{{rotate, 0.7, 2}, {translate_x, 0.3, 9}}},
        {{{sharpness, 0.8, 1}, {sharpness, 0.9, 3}}},       {{{shear_y, 0.5, 8}, {translate_y, 0.7, 9}}},
        {{{auto_contrast, 0.5, 0}, {equalize, 0.9, 0}}},    {{{shear_y, 0.2, 7}, {posterize, 0.3, 7}}},
        {{{colour, 0.4, 3}, {brightness, 0.6, 7}}},         {{{sharpness, 0.3, 9}, {brightness, 0.7, 9}}},
        {{{equalize, 0.6, 0}, {equalize, 0.5, 0}}},         {{{contrast, 0.6, 7}, {sharpness, 0.6, 5}}},
        {{{colour, 0.7, 7}, {translate_x, 0.5, 8}}},        {{{equalize, 0.3, 0}, {auto_contrast, 0.4, 0}}},
        {{{translate_y, 0.4, 3}, {sharpness, 0.2, 6}}},     {{{brightness, 0.9, 6}, {colour, 0.2, 8}}},
        {{{solarize, 0.5, 2}, {invert, 0.0, 0}}},           {{{equalize, 0.2, 0}, {auto_contrast, 0.6, 0}}},
        {{{equalize, 0.2, 0}, {equalize, 0.6, 0}}},         {{{colour, 0.9, 9}, {equalize, 0.6, 0}}},
        {{{auto_contrast, 0.8, 0}, {solarize, 0.2, 8}}},    {{{brightness, 0.1, 3}, {colour, 0.7, 0}}},
        {{{solarize, 0.4, 5}, {auto_contrast, 0.9, 0}}},    {{{translate_y, 0.9, 9}, {translate_y, 0.7, 9}}},
        {{{auto_contrast, 0.9, 0}, {solarize, 0.8, 3}}},    {{{equalize, 0.8, 0}, {invert, 0.1, 0}}},
        {{{translate_y, 0.7, 9}, {auto_contrast, 0.9, 0}}},
    }};
}();

/// AutoAugment: draws one of the 25 pairs and applies its steps, each with its probability and in a random direction.
/// Changes `image` in place.
inline void auto_augment(const ImageView& image, Random random) {
    for (const PolicyStep& step : cifar10_policy[random.below(cifar10_policy.size())]) {
        const bool is_applied = random.uniform() < step.probability, forward = random.below(2) == 1;
        if (is_applied) {
            apply(step.operation, step.level / 9.0, forward, image);
        }
    }
}

/// The two settings of RandAugment.
struct RandAugment {
    int operations = 2;  ///< number of operations per image, one after the other; at least 0
    int magnitude = 9;   ///< strength of all operations, 0 to 30

    bool operator==(const RandAugment&) const = default;
};

/// RandAugment: `options.operations` times, draws one of 14 operations (all but `invert`) and applies it in a random
/// direction. Changes `image` in place.
inline void rand_augment(const RandAugment& options, const ImageView& image, Random random) {
    constexpr std::uint64_t choices = static_cast<std::uint64_t>(ImageOperation::invert);
    for (int i = 0; i < options.operations; ++i) {
        const auto operation = static_cast<ImageOperation>(random.below(choices));
        apply(operation, options.magnitude / 30.0, random.below(2) == 1, image);
    }
}

}  // namespace STAA_ABI
}  // namespace staa
