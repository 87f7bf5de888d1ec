// SPDX-License-Identifier: MIT
// Where a network looks: Grad-CAM and spike maps per layer and step, as in Figure 4 of the paper.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>
#include <vector>

#include "staa/analysis/observation.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Maps of one layer [T, N, H, W]: one per step and image.
using StepMaps = Tensor<double, 4>;

namespace detail {

/// Calls visit(the layer with this name) for the signals of an observation. Another name is an Error.
template <class Net, class Visit>
void with_layer(const Observation<Net>& seen, const std::string& name, const char* caller, const Visit& visit) {
    bool found = false;
    seen.for_each_layer([&](const auto& layer) {
        if (layer.name == name + ".") {
            found = true;
            visit(layer);
        }
    });
    if (!found) {
        fail(caller, ": no layer has the name \"", name, "\"; staa::plan<Net>() prints the names of all layers");
    }
}

/// Channel c of a pixel; `pixel` counts through all images.
inline double value_at(const Spikes& signal, Index pixel, Index c) { return signal.test(pixel, c) ? 1.0 : 0.0; }
template <class Scalar>
double value_at(const Analog<Scalar>& signal, Index pixel, Index c) {
    return static_cast<double>(signal.data()[pixel * signal.extents().channels + c]);
}

/// Fills maps [T, N, H, W] with of_pixel(image, pixel). The map of a signal that is the same at every step is repeated.
template <class OfPixel>
StepMaps make_maps(const Extents& e, Index steps, const OfPixel& of_pixel) {
    StepMaps maps(steps, e.batch, e.height, e.width);
    for (Index i = 0; i < maps.size(); ++i) {
        const Index image = i / e.map_pixels(), t = std::min(image / e.batch, e.steps - 1);
        maps.data()[i] = of_pixel(t * e.batch + image % e.batch,
                                  (t * e.batch + image % e.batch) * e.map_pixels() + i % e.map_pixels());
    }
    return maps;
}

}  // namespace detail

/// The gradient for `Observation::backward` that makes Grad-CAM look for a class per image: 1 at the logit of the class.
/// A class outside the network's is an Error.
template <class Net>
typename Net::Logits class_gradient(const Labels& classes) {
    typename Net::Logits d_logits(classes.size(), Net::classes);
    d_logits.setZero();
    for (Index n = 0; n < classes.size(); ++n) {
        if (classes(n) < 0 || classes(n) >= Net::classes) {
            fail("staa::class_gradient: class ", classes(n), ", expected 0 to ", Net::classes - 1);
        }
        d_logits(n, classes(n)) = 1;
    }
    return d_logits;
}

/// Grad-CAM (Selvaraju et al., 2017) of a layer's output A, at every step t:
///     map[t] = relu(sum over c of mean over the pixels of (d logit / d A[t, c]) · A[t, c])
/// The logit is the mean over all steps, so the gradient of a step holds what it does to later steps. Call
/// `seen.forward` and `seen.backward(class_gradient<Net>(classes))` first. A name that no layer has, and an observation
/// without a gradient, are an Error.
template <class Net>
StepMaps grad_cam(const Observation<Net>& seen, const std::string& layer_name) {
    StepMaps maps;
    detail::with_layer(seen, layer_name, "staa::grad_cam", [&](const auto& layer) {
        const Extents& e = layer.output.extents();
        if (layer.gradient.extents() != e) {
            fail("staa::grad_cam: there is no gradient yet; call backward before");
        }
        std::vector<double> weights(static_cast<std::size_t>(e.images() * e.channels), 0);
        for (Index i = 0; i < e.size(); ++i) {
            const Index image = i / e.map_size();
            weights[static_cast<std::size_t>(image * e.channels + i % e.channels)] +=
                static_cast<double>(layer.gradient.data()[i]) / static_cast<double>(e.map_pixels());
        }
        maps = detail::make_maps(e, seen.steps(), [&](Index image, Index pixel) {
            double sum = 0;
            for (Index c = 0; c < e.channels; ++c) {
                sum += weights[static_cast<std::size_t>(image * e.channels + c)] *
                       detail::value_at(layer.output, pixel, c);
            }
            return std::max(sum, 0.0);
        });
    });
    return maps;
}

/// The mean of a layer's output over its channels, at every step: of spikes [T, N, H, W, C] the share of the channels
/// that fire at a pixel. Its mean over the steps is one map per image, as in section 4.4 of the paper. A name that no
/// layer has is an Error.
template <class Net>
StepMaps spike_maps(const Observation<Net>& seen, const std::string& layer_name) {
    StepMaps maps;
    detail::with_layer(seen, layer_name, "staa::spike_maps", [&](const auto& layer) {
        const Extents& e = layer.output.extents();
        maps = detail::make_maps(e, seen.steps(), [&](Index, Index pixel) {
            double sum = 0;
            for (Index c = 0; c < e.channels; ++c) {
                sum += detail::value_at(layer.output, pixel, c);
            }
            return sum / static_cast<double>(e.channels);
        });
    });
    return maps;
}

/// The mean of maps over the steps: [N, H, W].
inline Tensor<double, 3> mean_over_steps(const StepMaps& maps) {
    const Index image = maps.size() / std::max<Index>(maps.dimension(0), 1);
    Tensor<double, 3> result(maps.dimension(1), maps.dimension(2), maps.dimension(3));
    result.setZero();
    for (Index i = 0; i < maps.size(); ++i) {
        result.data()[i % image] += maps.data()[i] / static_cast<double>(maps.dimension(0));
    }
    return result;
}

/// Maps [N, H, W] enlarged to height x width by bilinear interpolation, as torch.nn.functional.interpolate with
/// mode="bilinear" and align_corners=False. A size below 1, or maps without pixels, are an Error.
inline Tensor<double, 3> enlarged(const Tensor<double, 3>& maps, Index height, Index width) {
    const Index from_height = maps.dimension(1), from_width = maps.dimension(2);
    if (height < 1 || width < 1 || from_height < 1 || from_width < 1) {
        fail("staa::enlarged: from ", from_height, " x ", from_width, " to ", height, " x ", width,
             " pixels; expected 1 or more");
    }
    struct Place {
        Index low, high;
        double share;  // of the higher one
    };
    const auto place = [](Index i, Index to, Index from) {
        const double at =
            std::max((static_cast<double>(i) + 0.5) * static_cast<double>(from) / static_cast<double>(to) - 0.5, 0.0);
        const Index low = std::min(static_cast<Index>(at), from - 1);
        return Place{low, std::min(low + 1, from - 1), at - static_cast<double>(low)};
    };
    Tensor<double, 3> result(maps.dimension(0), height, width);
    for (Index n = 0; n < maps.dimension(0); ++n) {
        for (Index y = 0; y < height; ++y) {
            const Place v = place(y, height, from_height);
            for (Index x = 0; x < width; ++x) {
                const Place h = place(x, width, from_width);
                const double above = maps(n, v.low, h.low) * (1 - h.share) + maps(n, v.low, h.high) * h.share;
                const double below = maps(n, v.high, h.low) * (1 - h.share) + maps(n, v.high, h.high) * h.share;
                result(n, y, x) = above * (1 - v.share) + below * v.share;
            }
        }
    }
    return result;
}

/// The share of a map's sum that lies where `mask` [H, W] is: 1 inside an object, 0 outside, or between them at its
/// edge. A map of zeros has no share: NaN. Other extents are an Error.
inline double mass_inside(const Tensor<double, 2>& map, const Tensor<double, 2>& mask) {
    if (map.dimensions() != mask.dimensions()) {
        fail("staa::mass_inside: a map of ", map.dimension(0), " x ", map.dimension(1), " pixels, but a mask of ",
             mask.dimension(0), " x ", mask.dimension(1));
    }
    double inside = 0, all = 0;
    for (Index i = 0; i < map.size(); ++i) {
        inside += map.data()[i] * mask.data()[i];
        all += map.data()[i];
    }
    return inside / all;
}

}  // namespace STAA_ABI
}  // namespace staa
