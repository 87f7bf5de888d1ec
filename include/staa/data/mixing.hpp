// SPDX-License-Identifier: MIT
// mixup and CutMix: mix the images of a batch with each other, and make the soft labels that belong to them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "staa/core/error.hpp"
#include "staa/core/finite.hpp"
#include "staa/core/random.hpp"
#include "staa/core/tensor.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// A random number of the Gamma distribution with shape `shape` > 0 and scale 1 (Marsaglia and Tsang 2000).
inline double draw_gamma(double shape, Random& random) {
    if (shape < 1) {
        const double boost = std::pow(1 - random.uniform(), 1 / shape);
        return boost * draw_gamma(shape + 1, random);
    }
    const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
    for (;;) {
        const double x = random.normal(), v = std::pow(1 + c * x, 3);
        if (v > 0 && std::log(1 - random.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) {
            return d * v;
        }
    }
}

/// A random number of the Beta distribution with both shapes `alpha` > 0.
inline double draw_beta(double alpha, Random& random) {
    const double a = draw_gamma(alpha, random), b = draw_gamma(alpha, random);
    return a + b > 0 ? a / (a + b) : 0.5;
}

/// Soft labels [N, classes]: `share` for the class of image n, 1 - `share` for that of its partner, image N - 1 - n.
template <class Scalar>
Tensor<Scalar, 2> mixed_labels(const Labels& labels, int classes, double share) {
    Tensor<Scalar, 2> targets(labels.size(), classes);
    targets.setZero();
    for (Index n = 0; n < labels.size(); ++n) {
        targets(n, labels(n)) += static_cast<Scalar>(share);
        targets(n, labels(labels.size() - 1 - n)) += static_cast<Scalar>(1 - share);
    }
    return targets;
}

inline void check_mixing(Index images, const Labels& labels, int classes, double alpha) {
    if (images != labels.size()) {
        fail("there are ", labels.size(), " labels for ", images, " images");
    }
    for (Index n = 0; n < labels.size(); ++n) {
        if (labels(n) < 0 || labels(n) >= classes) {
            fail("label ", labels(n), " of image ", n, " is no class: expected 0 to ", classes - 1);
        }
    }
    if (!is_within(alpha, 0.01, 1e6)) {  // below 0.01 both numbers of `draw_beta` round to 0
        fail("images are mixed by a Beta distribution of shape 0.01 to 1000000, found ", alpha);
    }
}

/// Shows a batch [N, H, W, C], or frames [T, N, H, W, C], as steps · N maps.
template <class AnyImages>
struct Maps {
    using Scalar = typename AnyImages::Scalar;
    static constexpr int rank = AnyImages::NumDimensions;
    static_assert(rank == 4 || rank == 5, "staa: a batch is [N, H, W, C], or [T, N, H, W, C] of frames");

    explicit Maps(AnyImages& images)
        : data(images.data()),
          steps(rank == 5 ? images.dimension(0) : 1),
          batch(images.dimension(rank - 4)),
          height(images.dimension(rank - 3)),
          row(images.dimension(rank - 2) * images.dimension(rank - 1)),
          channels(images.dimension(rank - 1)) {}

    Scalar* map(Index step, Index image) const { return data + (step * batch + image) * height * row; }

    Scalar* data;
    Index steps, batch, height, row, channels;
};

}  // namespace detail

/// mixup (Zhang et al. 2017), in place: image n becomes share · image n + (1 - share) · image N - 1 - n. One share per
/// batch is drawn from Beta(alpha, alpha). In a shuffled batch the partner N - 1 - n is a random one. Gives the soft
/// labels [N, classes] for `cross_entropy`. `images` are [N, H, W, C] or frames [T, N, H, W, C]; advances `random`. An
/// alpha below 0.01 or above a million, another number of labels than of images, and a label outside [0, classes) are
/// an `Error`; then the images do not change.
template <class AnyImages>
Tensor<typename AnyImages::Scalar, 2> mixup(AnyImages& images, const Labels& labels, int classes, double alpha,
                                            Random& random) {
    using Scalar = typename AnyImages::Scalar;
    const detail::Maps<AnyImages> maps(images);
    detail::check_mixing(maps.batch, labels, classes, alpha);
    const double share = detail::draw_beta(alpha, random);
    const auto targets = detail::mixed_labels<Scalar>(labels, classes, share);
    const auto own = static_cast<Scalar>(share), other = static_cast<Scalar>(1 - share);
    for (Index step = 0; step < maps.steps; ++step) {
        for (Index n = 0; n < maps.batch / 2; ++n) {
            Scalar* const a = maps.map(step, n);
            Scalar* const b = maps.map(step, maps.batch - 1 - n);
            for (Index i = 0; i < maps.height * maps.row; ++i) {
                const Scalar first = a[i], second = b[i];
                a[i] = own * first + other * second;
                b[i] = own * second + other * first;
            }
        }
    }
    return targets;
}

/// CutMix (Yun et al. 2019), in place: image n gets a rectangle of image N - 1 - n. One random rectangle per batch
/// covers 1 - share of the image, with share drawn from Beta(alpha, alpha), without the part beyond the border. The
/// soft labels are in proportion to the areas. Shapes, `random` and errors are as in `mixup`.
template <class AnyImages>
Tensor<typename AnyImages::Scalar, 2> cutmix(AnyImages& images, const Labels& labels, int classes, double alpha,
                                             Random& random) {
    using Scalar = typename AnyImages::Scalar;
    const detail::Maps<AnyImages> maps(images);
    detail::check_mixing(maps.batch, labels, classes, alpha);
    const double side = std::sqrt(1 - detail::draw_beta(alpha, random));
    const auto draw_range = [&](Index size) {
        const auto middle = static_cast<Index>(random.below(static_cast<std::uint64_t>(size)));
        const auto length = static_cast<Index>(side * static_cast<double>(size));
        const Index first = std::clamp(middle - length / 2, Index{0}, size);
        return std::pair{first, std::clamp(middle - length / 2 + length, first, size)};
    };
    const Index width = maps.row / maps.channels;
    const auto [top, bottom] = draw_range(maps.height);
    const auto [left, right] = draw_range(width);
    for (Index step = 0; step < maps.steps; ++step) {
        for (Index n = 0; n < maps.batch / 2; ++n) {
            for (Index y = top; y < bottom; ++y) {
                Scalar* const a = maps.map(step, n) + y * maps.row;
                std::swap_ranges(a + left * maps.channels, a + right * maps.channels,
                                 maps.map(step, maps.batch - 1 - n) + y * maps.row + left * maps.channels);
            }
        }
    }
    const double cut = static_cast<double>((bottom - top) * (right - left)) / static_cast<double>(maps.height * width);
    return detail::mixed_labels<Scalar>(labels, classes, 1 - cut);
}

}  // namespace STAA_ABI
}  // namespace staa
