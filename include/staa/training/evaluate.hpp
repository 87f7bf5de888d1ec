// SPDX-License-Identifier: MIT
// Loss and accuracy of a network on a data set, without training it.
#pragma once

#include <algorithm>

#include "staa/training/scores.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How `evaluate` looks at an image. With more than one view, the logits are the mean over the views.
struct EvaluationOptions {
    bool mirror = false;  ///< the image, and the image with left and right exchanged
};

namespace detail {

/// Images or frames [.., H, W, C] with left and right exchanged.
template <class Images>
Images mirrored(const Images& images) {
    constexpr int width_axis = Images::NumDimensions - 2;
    const Index channels = images.dimension(width_axis + 1), width = images.dimension(width_axis);
    Images result(images.dimensions());
    const Index row = width * channels;
    for_parts(images.size() / std::max<Index>(row, 1), [&](Index first, Index last) {
        for (Index line = first; line < last; ++line) {
            for (Index x = 0; x < width; ++x) {
                std::copy_n(images.data() + line * row + x * channels, channels,
                            result.data() + line * row + (width - 1 - x) * channels);
            }
        }
    });
    return result;
}

}  // namespace detail

/// The logits [N, classes] of a batch, as the mean over the views that the options ask for. The memory of `state` is used;
/// its stream begins again.
template <class Net, class Images>
typename Net::Logits infer_views(const Net& net, const Images& images, typename Net::State& state,
                                 const EvaluationOptions& options = {}) {
    typename Net::Logits logits = net.infer(images, state);
    if (options.mirror) {
        logits = ((logits + net.infer(detail::mirrored(images), state)) * typename Net::Scalar(0.5)).eval();
    }
    return logits;
}

/// Loss and accuracy of a network in evaluation mode, on all batches of epoch 0 of a loader. The memory of `state` is
/// used; its stream begins again. Give a loader without augmentation.
template <class Net, class Loader>
Scores evaluate(const Net& net, Loader& loader, typename Net::State& state, const EvaluationOptions& options = {}) {
    Scores scores;
    for (auto&& [images, labels] : loader.epoch(0)) {
        const typename Net::Logits logits = infer_views(net, images, state, options);
        scores.add(cross_entropy(logits, labels).value, logits, labels);
    }
    return scores;
}

/// The same, with memory of its own.
template <class Net, class Loader>
Scores evaluate(const Net& net, Loader& loader, const EvaluationOptions& options = {}) {
    typename Net::State state = net.start();
    return evaluate(net, loader, state, options);
}
template <class Net, class Images>
typename Net::Logits infer_views(const Net& net, const Images& images, const EvaluationOptions& options = {}) {
    typename Net::State state = net.start();
    return infer_views(net, images, state, options);
}

}  // namespace STAA_ABI
}  // namespace staa
