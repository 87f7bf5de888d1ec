// SPDX-License-Identifier: MIT
// Fills a report: runs a network over labelled images and looks at it. Needs stb.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "staa/analysis/grad_cam.hpp"
#include "staa/analysis/measured_energy.hpp"
#include "staa/analysis/picture.hpp"
#include "staa/analysis/report.hpp"
#include "staa/training/loss.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What a report looks at.
struct ReportOptions {
    Index images = 1000;                ///< for accuracy, confusion and calibration
    Index observed = 64;                ///< for rates, potentials, gates and energy: each takes much memory and time
    Index pictures = 6;                 ///< whose Grad-CAM is shown
    Index errors = 8;                   ///< the most confident ones, shown
    Index measured = 500;               ///< for the share of Grad-CAM inside the object, where `object` is given
    std::vector<std::string> layers{};  ///< for Grad-CAM; empty: the last neurons of each size of map, at most four
    std::vector<std::string> class_names{};  ///< one per class; may be empty
    Normalisation normalisation{};           ///< of the images
    /// Where the object of image i lies [H, W]: 1 inside, 0 outside. Empty: the data do not tell.
    std::function<Tensor<double, 2>(Index)> object{};
};

namespace detail {

/// Throws unless the numbers of a report can be meant.
inline void check(const ReportOptions& options) {
    const auto check_range = [](const char* name, Index value, Index least) {
        if (value < least) {
            fail("staa::collect_report: ", name, " = ", value, ", expected ", least, " or more");
        }
    };
    check_range("images", options.images, 1);
    check_range("observed", options.observed, 1);
    check_range("pictures", options.pictures, 0);
    check_range("errors", options.errors, 0);
    check_range("measured", options.measured, 0);
}

/// Images [first, first + count) of a batch [N, H, W, C], or of frames [T, N, H, W, C].
template <class Images>
Images part_of(const Images& images, Index first, Index count) {
    constexpr std::size_t axis = Images::NumDimensions - 4;
    typename Images::Dimensions size = images.dimensions();
    Eigen::array<Index, Images::NumDimensions> offsets{}, extents{};
    for (std::size_t i = 0; i < extents.size(); ++i) {
        extents[i] = size[i];
    }
    offsets[axis] = first;
    extents[axis] = count;
    return images.slice(offsets, extents);
}

/// One report in the making.
template <class Net>
class ReportCollector {
    using Images = typename Net::Images;
    using Scalar = typename Net::Scalar;
    static constexpr Index together = 8;  // images of an observation: what fits into memory for all networks

 public:
    ReportCollector(const Net& net, const ReportOptions& options)
        : net_(net), options_(options), seen_(std::make_unique<Observation<Net>>(net)) {
        check(options);
        report_.answers = Answers(Net::classes);
        report_.class_names = options.class_names;
    }

    template <class Loader>
    Report collect(Loader& loader) {
        for (auto&& [images, labels] : loader.epoch(0)) {
            const Index count = std::min(labels.size(), options_.images - report_.answers.size());
            if (count <= 0) {
                break;
            }
            take(part_of(images, 0, count), first_of(labels, count));
        }
        finish();
        return std::move(report_);
    }

 private:
    static Labels first_of(const Labels& labels, Index count) {
        Labels result(count);
        std::copy_n(labels.data(), count, result.data());
        return result;
    }

    void take(const Images& images, const Labels& labels) {
        const Index first = report_.answers.size(), batch = labels.size();
        MeasuredEnergy meter;
        report_.answers.add(means_of_steps(images, batch), labels);
        if (const auto joules = meter.joules()) {
            millijoules_ += 1e3 * *joules;
        } else {
            is_measured_ = false;
        }
        for (Index i = 0; i < batch; i += together) {
            const Index count = std::min(together, batch - i);
            const bool observes = first + i < options_.observed;
            const bool measures = options_.object && first + i < options_.measured;
            if (observes || measures) {
                const Images part = part_of(images, i, count);
                Labels classes(count);
                std::copy_n(labels.data() + i, count, classes.data());
                observe(part, classes, first + i, observes, measures);
            }
        }
        keep_errors(images, first);
    }

    /// After each step the mean of the logits so far: [T, N, classes].
    typename Net::StepLogits means_of_steps(const Images& images, Index batch) const {
        const Index steps = Net::Input::is_constant ? net_.steps() : images.dimension(0);
        typename Net::StepLogits means(steps, batch, Net::classes);
        typename Net::State state = net_.start();
        for (Index t = 0; t < steps; ++t) {
            const auto& now = [&]() -> const typename Net::Logits& {
                if constexpr (Net::Input::is_constant) {
                    return net_.step(images, state);
                } else {
                    return net_.step(Tensor<Scalar, 4>(images.chip(t, 0)), state);
                }
            }();
            std::copy_n(now.data(), now.size(), means.data() + t * now.size());
        }
        return means;
    }

    void observe(const Images& images, const Labels& classes, Index first, bool observes, bool measures) {
        seen_->forward(images);
        if (observes) {
            monitor_.look(*seen_);
            if (report_.observed == 0) {
                report_.energy = energy(*seen_);
            } else {
                report_.energy.add(energy(*seen_));
            }
            report_.observed += classes.size();
        }
        if (layers_.empty()) {
            layers_ = options_.layers.empty() ? last_of_each_size() : options_.layers;
        }
        const bool shows = first < options_.pictures;
        if (!shows && !measures && first > 0) {
            return;
        }
        seen_->backward(class_gradient<Net>(classes));
        if (report_.norms.empty()) {
            keep_norms();
        }
        for (const std::string& layer : layers_) {
            const StepMaps looks = grad_cam(*seen_, layer);
            if (measures) {
                measure(looks, layer, first);
            }
            for (Index n = 0; shows && n < std::min(classes.size(), options_.pictures - first); ++n) {
                show(images, looks, layer, first + n, n);
            }
        }
    }

    /// The norms of the gradients of the right classes' logits, over the images of the first observation.
    void keep_norms() {
        const auto squares = [](const auto& tensor) {
            double sum = 0;
            for (Index i = 0; i < tensor.size(); ++i) {
                sum += static_cast<double>(tensor.data()[i]) * static_cast<double>(tensor.data()[i]);
            }
            return sum;
        };
        net_.visit(
            [&](const ParameterName& name, const auto& weight, const auto& gradient) {
                report_.norms.push_back(
                    {name.text, std::sqrt(squares(weight)), std::sqrt(squares(gradient)), 0, weight.size()});
            },
            seen_->gradients);
    }

    /// The names of the last neurons of each size of map, from the largest map on.
    std::vector<std::string> last_of_each_size() const {
        std::vector<std::pair<Index, std::string>> found;  // pixels, name
        seen_->for_each_layer([&](const auto& layer) {
            using Layer = typename std::remove_cvref_t<decltype(layer)>::Type;
            if constexpr (Layer::Output::is_spikes) {
                const Index pixels = layer.output.extents().map_pixels();
                if (found.empty() || found.back().first != pixels) {
                    found.emplace_back(pixels, "");
                }
                found.back().second = layer.name.substr(0, layer.name.size() - 1);
            }
        });
        std::vector<std::string> names;
        for (const auto& [pixels, name] : found) {
            if (pixels > 4 && names.size() < 4) {
                names.push_back(name);
            }
        }
        if (names.empty() && !found.empty()) {
            names.push_back(found.back().second);
        }
        return names;
    }

    void measure(const StepMaps& looks, const std::string& layer, Index first) {
        auto sums = std::find_if(inside_.begin(), inside_.end(), [&](const auto& one) { return one.layer == layer; });
        if (sums == inside_.end()) {
            inside_.push_back({layer, {}, {}});
            sums = std::prev(inside_.end());
        }
        const Tensor<double, 3> maps = enlarged(mean_over_steps(looks), Net::Input::height, Net::Input::width);
        for (Index n = 0; n < maps.dimension(0) && first + n < options_.measured; ++n) {
            const Tensor<double, 2> object = options_.object(first + n), map = maps.chip(n, 0);
            const double share = mass_inside(map, object);
            const Tensor<double, 0> area = object.mean();
            if (std::isfinite(share)) {
                sums->shares.push_back(share);
                sums->areas.push_back(area());
            }
        }
    }

    /// Adds the maps of image n of a batch, image `number` of the report.
    void show(const Images& images, const StepMaps& looks, const std::string& layer, Index number, Index n) {
        const Pixels picture = picture_of(images, n, options_.normalisation);
        if (static_cast<Index>(report_.images.size()) == number) {
            report_.images.push_back(described(picture, number));
        }
        ReportMaps maps{layer, {}, {}};
        const StepMaps spikes = spike_maps(*seen_, layer);
        const auto add = [&](const StepMaps& from, const char* what, std::vector<ReportPicture>& to) {
            double most = 0;
            for (Index t = 0; t < from.dimension(0); ++t) {
                const Tensor<double, 2> map = from.chip(t, 0).chip(n, 0);
                const Tensor<double, 0> largest = map.maximum();
                most = std::max(most, largest());
            }
            for (Index t = 0; t < from.dimension(0); ++t) {
                const Tensor<double, 3> map = from.chip(t, 0).slice(
                    Eigen::array<Index, 3>{n, 0, 0}, Eigen::array<Index, 3>{1, from.dimension(2), from.dimension(3)});
                const Tensor<double, 2> large = enlarged(map, picture.dimension(0), picture.dimension(1)).chip(0, 0);
                to.push_back({data_address(overlaid(picture, large, most)),
                              std::string(what) + " of " + layer + " at step " + std::to_string(t + 1)});
            }
        };
        add(looks, "Grad-CAM", maps.looks);
        add(spikes, "Spikes", maps.spikes);
        report_.images[static_cast<std::size_t>(number)].maps.push_back(std::move(maps));
    }

    ReportImage described(const Pixels& picture, Index number) const {
        const Answer& answer = report_.answers.all()[static_cast<std::size_t>(number)];
        ReportImage image;
        image.label = report_.class_name(answer.label);
        image.predicted = report_.class_name(answer.predicted);
        image.confidence = answer.confidence;
        image.picture = {data_address(picture), "Image " + std::to_string(number) + ", of the class " + image.label};
        return image;
    }

    /// Keeps the pictures of the most confident errors so far.
    void keep_errors(const Images& images, Index first) {
        const std::vector<Answer> errors = report_.answers.confident_errors(static_cast<std::size_t>(options_.errors));
        std::vector<std::pair<Index, ReportImage>> kept;
        for (const Answer& error : errors) {
            const auto old =
                std::find_if(errors_.begin(), errors_.end(), [&](const auto& one) { return one.first == error.image; });
            if (old != errors_.end()) {
                kept.push_back(*old);
            } else if (error.image >= first) {
                kept.emplace_back(
                    error.image,
                    described(picture_of(images, error.image - first, options_.normalisation), error.image));
            }
        }
        errors_ = std::move(kept);
    }

    void finish() {
        report_.summary = summary(net_);
        report_.neurons = monitor_.layers();
        for (auto& [image, error] : errors_) {
            report_.errors.push_back(std::move(error));
        }
        for (const InsideSums& sums : inside_) {
            const auto mean = [](const std::vector<double>& values) {
                double sum = 0;
                for (const double value : values) {
                    sum += value;
                }
                return sum / static_cast<double>(std::max<std::size_t>(values.size(), 1));
            };
            const double share = mean(sums.shares);
            std::vector<double> squares;
            for (const double value : sums.shares) {
                squares.push_back((value - share) * (value - share));
            }
            const auto images = static_cast<double>(std::max<std::size_t>(sums.shares.size(), 2));
            report_.inside.push_back({sums.layer, static_cast<Index>(sums.shares.size()), share,
                                      std::sqrt(mean(squares) / (images - 1)), mean(sums.areas)});
        }
        if (is_measured_ && report_.answers.size() > 0) {
            report_.measured_millijoules = millijoules_ / static_cast<double>(report_.answers.size());
        }
    }

    struct InsideSums {
        std::string layer;
        std::vector<double> shares, areas;
    };

    const Net& net_;
    const ReportOptions& options_;
    std::unique_ptr<Observation<Net>> seen_;
    Report report_;
    ActivityMonitor monitor_;
    std::vector<std::string> layers_;
    std::vector<InsideSums> inside_;
    std::vector<std::pair<Index, ReportImage>> errors_;
    double millijoules_ = 0;
    bool is_measured_ = true;
};

}  // namespace detail

/// Looks at a network over the first images of epoch 0 of a loader, in evaluation mode. Give a loader without
/// augmentation that does not shuffle. Numbers that can't be meant, and a name in `layers` that no layer has, are an
/// Error.
template <class Net, class Loader>
Report collect_report(const Net& net, Loader& loader, const ReportOptions& options = {}) {
    return detail::ReportCollector<Net>(net, options).collect(loader);
}

}  // namespace STAA_ABI
}  // namespace staa
