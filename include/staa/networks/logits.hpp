// SPDX-License-Identifier: MIT
// The two ends of a network: images go in, and the mean of the last layer's output over time comes out.
#pragma once

#include <algorithm>
#include <string>

#include "staa/layers/parameter_name.hpp"
#include "staa/layers/setup.hpp"
#include "staa/networks/finite_pass.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// Throws an Error if the images [N, H, W, C], or the frames [T, N, H, W, C], do not have the shape of In, if there are
/// none, or if a value is NaN or infinite: NaN is below every threshold, so that neurons would be silent, and a stream
/// would keep it for ever.
template <class In, class Images>
void check_images(const Images& images) {
    constexpr int first = Images::NumDimensions - 4;
    if (images.dimension(first + 1) != In::height || images.dimension(first + 2) != In::width ||
        images.dimension(first + 3) != In::channels || images.size() == 0) {
        std::string found;
        for (const Index extent : images.dimensions()) {
            found += (found.empty() ? "" : ", ") + std::to_string(extent);
        }
        fail("staa::Network: the images are [", found, "]; expected [", first == 1 ? "T, " : "", "N, ", In::height,
             ", ", In::width, ", ", In::channels, "] with at least one image");
    }
    check_finite_tensor(first == 1 ? "staa::Network: frame [T, N, H, W, C]" : "staa::Network: image [N, H, W, C]",
                        images);
}

/// The number of steps of a call with these images, for a network of `steps` steps. Throws an Error if their shape is
/// not that of In, and if frames [T, N, H, W, C] have another T than the network, unless any T is allowed.
template <class In, class Images>
Index checked_steps(const Images& images, Index steps, bool any_steps) {
    check_images<In>(images);
    if constexpr (In::is_constant) {
        return steps;
    } else {
        const Index given = images.dimension(0);
        if (given != steps && !any_steps) {
            fail("staa::Network: the frames [T, N, H, W, C] have T = ", given, " and N = ", images.dimension(1),
                 ", but the network was built for ", steps, " steps",
                 images.dimension(1) == steps ? "; are T and N exchanged?" : ";",
                 " NetworkOptions::any_steps = true allows another T");
        }
        return given;
    }
}

/// N of images [N, H, W, C] or frames [T, N, H, W, C].
template <class Images>
Index batch_of(const Images& images) {
    return images.dimension(Images::NumDimensions - 4);
}

/// Copies images or frames of the call's extents.
template <class In>
void copy_images(const typename In::Scalar* images, Analog<typename In::Scalar>& input, const Call& call) {
    input.resize(call.arena, In::extents(call.steps, call.batch));
    std::copy_n(images, input.extents().size(), input.data());
}

/// Throws an Error if the tape is empty (0 steps), if the gradient has other extents than the logits had, or if a value
/// of it is not finite.
template <class Gradient>
void check_gradient(const Gradient& gradient, const typename Gradient::Dimensions& expected, Index steps_of_tape) {
    if (steps_of_tape == 0) {
        fail("staa::Network::backward: the tape is empty; call forward with it first");
    }
    const auto text = [](const typename Gradient::Dimensions& extents) {
        std::string list;
        for (const Eigen::Index extent : extents) {
            list += (list.empty() ? "[" : ", ") + std::to_string(extent);
        }
        return list + "]";
    };
    if (gradient.dimensions() != expected) {
        fail("staa::Network::backward: the gradient is ", text(gradient.dimensions()), ", but the logits were ",
             text(expected));
    }
    check_finite_tensor("staa::Network::backward: the gradient of the logits", gradient);
}

/// The mean of y [T, N, 1, 1, classes] over T: logits [N, classes].
template <class Scalar>
Tensor<Scalar, 2> mean_over_time(const Analog<Scalar>& y) {
    const Extents& e = y.extents();
    Tensor<Scalar, 2> logits(e.batch, e.channels);
    logits.setZero();
    for (Index image = 0; image < e.images(); ++image) {
        for (Index c = 0; c < e.channels; ++c) {
            logits(image % e.batch, c) += y.map(image)[c];
        }
    }
    return logits * (Scalar(1) / static_cast<Scalar>(e.steps));
}

/// The derivative of the mean: every step gets 1/T of the gradient d_logits [N, classes].
template <class Out, class Scalar>
Analog<Scalar> spread_over_time(const Tensor<Scalar, 2>& d_logits, const Call& call) {
    Analog<Scalar> dy;
    dy.resize(call.arena, Out::extents(call.steps, call.batch));
    const Index steps = dy.extents().steps, size = d_logits.size();
    for (Index i = 0; i < steps * size; ++i) {
        dy.data()[i] = d_logits.data()[i % size] / static_cast<Scalar>(steps);
    }
    return dy;
}

/// y [T, N, 1, 1, classes] as the logits of every step [T, N, classes]. The output of a network without neurons is the
/// same at every step: y then holds it once.
template <class Scalar>
Tensor<Scalar, 3> logits_of_steps(const Analog<Scalar>& y, Index steps) {
    const Extents& e = y.extents();
    Tensor<Scalar, 3> logits(steps, e.batch, e.channels);
    for (Index t = 0; t < steps; ++t) {
        std::copy_n(y.map(std::min(t, e.steps - 1) * e.batch), e.batch * e.channels,
                    logits.data() + t * e.batch * e.channels);
    }
    return logits;
}

/// The counterpart for the gradient d_logits [T, N, classes].
template <class Out, class Scalar>
Analog<Scalar> gradient_of_steps(const Tensor<Scalar, 3>& d_logits, const Call& call) {
    Analog<Scalar> dy;
    dy.resize(call.arena, Out::extents(call.steps, call.batch));
    const Index steps = dy.extents().steps, size = d_logits.dimension(1) * d_logits.dimension(2);
    std::fill_n(dy.data(), steps * size, Scalar(0));
    for (Index i = 0; i < d_logits.size(); ++i) {
        dy.data()[steps == 1 ? i % size : i] += d_logits.data()[i];
    }
    return dy;
}

/// The logits of a stream: their sum over the steps so far, and their mean. The sum is one of doubles: a float stops
/// growing at 2^24 steps of 1.
template <class Scalar>
struct RunningLogits {
    Tensor<double, 2> sum;   ///< [N, classes]
    Tensor<Scalar, 2> mean;  ///< [N, classes]
    Index steps = 0;         ///< steps so far; 0: the stream has not begun

    /// Adds `more` steps of y and returns the mean. The output of a network without neurons is the same at every step:
    /// y then holds it once.
    const Tensor<Scalar, 2>& add(const Analog<Scalar>& y, Index more) {
        const Extents& e = y.extents();
        if (steps == 0) {
            sum.resize(e.batch, e.channels);
            mean.resize(e.batch, e.channels);
            sum.setZero();
        }
        for (Index t = 0; t < more; ++t) {
            const Scalar* step = y.map(std::min(t, e.steps - 1) * e.batch);
            for (Index i = 0; i < sum.size(); ++i) {
                sum.data()[i] += static_cast<double>(step[i]);
            }
        }
        steps += more;
        mean = (sum / static_cast<double>(steps)).template cast<Scalar>();
        return mean;
    }
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
