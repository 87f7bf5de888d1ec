// SPDX-License-Identifier: MIT
// Runs a layer or a network on a golden case and compares everything that the case holds.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <set>

#include "staa/networks/network.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

namespace staa_tests {

using staa::Index;

/// Position in a tensor of the library of each value of a reference tensor [T, N, C, H, W], which is [T, N, H, W, C] here.
template <class Visit>
void for_each_map_value(const std::vector<Index>& shape, Visit&& visit) {
    const std::size_t first = shape.size() - 4;
    const Index images = shape[first] * (first == 1 ? shape[0] : 1), channels = shape[first + 1];
    const Index height = shape[first + 2], width = shape[first + 3];
    Index from = 0;
    for (Index n = 0; n < images; ++n)
        for (Index c = 0; c < channels; ++c)
            for (Index y = 0; y < height; ++y)
                for (Index x = 0; x < width; ++x)
                    visit(from++, ((n * height + y) * width + x) * channels + c);
}

/// The same for a parameter of the given layout and reference shape.
template <class Visit>
void for_each_parameter_value(staa::Layout layout, const std::vector<Index>& shape, Visit&& visit) {
    Index size = 1;
    for (const Index extent : shape)
        size *= extent;
    if (layout == staa::Layout::same) {
        for (Index i = 0; i < size; ++i)
            visit(i, i);
        return;
    }
    if (layout == staa::Layout::map) {
        const std::size_t first = shape.size() - 3;
        const Index channels = shape[first], pixels = shape[first + 1] * shape[first + 2];
        for (Index i = 0; i < size; ++i)
            visit(i, (i / (channels * pixels) * pixels + i % pixels) * channels + i / pixels % channels);
        return;
    }
    const Index out = shape[0], in = shape[1], taps = size / (out * in);
    for (Index o = 0; o < out; ++o)
        for (Index i = 0; i < in; ++i)
            for (Index tap = 0; tap < taps; ++tap)
                visit((o * in + i) * taps + tap, (tap * in + i) * out + o);
}

/// Gathers differences, relative to the largest value of the tensor, so that zeros are no exception; or to `floor` where
/// that is more.
class Comparison {
 public:
    Comparison(std::string what, double tolerance, double floor = 0)
        : what_(std::move(what)), tolerance_(tolerance), largest_(floor) {}
    void add(double found, double expected) {
        largest_ = std::max(largest_, std::abs(expected));
        const double difference = std::abs(found - expected);
        if (!(difference <= worst_) && !std::isnan(worst_))
            worst_ = difference;  // NaN must not pass
    }
    void check() const {
        const double error = worst_ == 0 ? 0 : worst_ / largest_;
        INFO(what_ << ": relative error " << error << ", allowed " << tolerance_);
        CHECK(error <= tolerance_);
    }

 private:
    std::string what_;
    double tolerance_, worst_ = 0, largest_;
};

template <class Scalar>
void compare(const std::string& what, const GoldenTensor& expected, staa::Layout layout, const Scalar* found,
             Index size, double tolerance, double floor = 0) {
    INFO(what);
    REQUIRE(static_cast<Index>(expected.values.size()) == size);
    Comparison comparison(what, tolerance, floor);
    for_each_parameter_value(layout, expected.shape, [&](Index from, Index to) {
        comparison.add(static_cast<double>(found[to]), expected.values[static_cast<std::size_t>(from)]);
    });
    comparison.check();
}

template <class Scalar>
void compare_maps(const std::string& what, const GoldenTensor& expected, const Scalar* found, Index size,
                  double tolerance) {
    INFO(what);
    REQUIRE(static_cast<Index>(expected.values.size()) == size);
    Comparison comparison(what, tolerance);
    for_each_map_value(expected.shape, [&](Index from, Index to) {
        comparison.add(static_cast<double>(found[to]), expected.values[static_cast<std::size_t>(from)]);
    });
    comparison.check();
}

/// A thousandth of the largest gradient of the case: what gradients that cancel are held against. LayerNorm over
/// one value has the gradient 0 and over two values 1e-5 of its terms, so what is behind it (GC's key and query of a
/// narrow layer) is a small difference of large numbers, in the reference too.
inline double gradient_floor(const GoldenCase& c) {
    double largest = 0;
    for (const auto& [name, tensor] : c.tensors) {
        for (std::size_t i = 0; name.starts_with("grad.") && i < tensor.values.size(); ++i) {
            largest = std::max(largest, std::abs(tensor.values[i]));
        }
    }
    return 1e-3 * largest;
}

/// Calls visit(name, tensor, the trees' tensors...) for every trained tensor of a layer or a network.
template <class Layer, class Visit, class... Trees>
void visit_trained(Layer& layer, Visit&& visit, Trees&... trees) {
    if constexpr (requires { layer.visit(visit, trees...); }) {
        layer.visit(visit, trees...);
    } else {
        staa::visit_parameters(layer, "", visit, trees...);
    }
}

/// The same of every other tensor and counter.
template <class Layer, class Visit>
void visit_untrained(Layer& layer, Visit&& visit) {
    if constexpr (requires { layer.visit_statistics(visit); }) {
        layer.visit_statistics(visit);
    } else {
        staa::visit_statistics(layer, "", visit);
    }
}

/// Calls visit(name, tensor) for every tensor that belongs to the weights, trained or not.
template <class Layer, class Visit>
void for_each_tensor(Layer& layer, Visit&& visit) {
    const auto visit_tensor = [&](const staa::ParameterName& name, auto& t) {
        if constexpr (requires { t.data(); })
            visit(name, t);
    };
    visit_trained(layer, visit_tensor);
    visit_untrained(layer, visit_tensor);
}

/// Calls visit(name, counter) for every counter of batches.
template <class Layer, class Visit>
void for_each_counter(Layer& layer, Visit&& visit) {
    const auto visit_counter = [&](const staa::ParameterName& name, auto& t) {
        if constexpr (!requires { t.data(); })
            visit(name.text, t);
    };
    visit_untrained(layer, visit_counter);
}

/// Whether the counters are those of after.*.
template <class Layer>
void compare_counters(const GoldenCase& c, Layer& layer) {
    for_each_counter(layer, [&](const std::string& name, const auto& counter) {
        INFO(name);
        CHECK(static_cast<double>(counter) == c.at("after." + name).values.at(0));
    });
}

/// Copies param.* into the layer. Every tensor of the layer must be there in its shape, and every param.* must be used.
template <class Layer>
void load(Layer& layer, const GoldenCase& c) {
    std::set<std::string> unused;
    for (const auto& [name, tensor] : c.tensors) {
        if (name.starts_with("param.") && !name.ends_with("num_batches_tracked"))
            unused.insert(name.substr(6));
    }
    for_each_tensor(layer, [&](const staa::ParameterName& name, auto& tensor) {
        const GoldenTensor& from = c.at("param." + name.text);
        INFO("parameter " << name.text);
        REQUIRE(from.shape == name.shape);
        REQUIRE(static_cast<Index>(from.values.size()) == tensor.size());
        using Scalar = typename std::decay_t<decltype(tensor)>::Scalar;
        for_each_parameter_value(name.layout, from.shape, [&](Index i, Index j) {
            tensor.data()[j] = static_cast<Scalar>(from.values[static_cast<std::size_t>(i)]);
        });
        unused.erase(name.text);
    });
    for_each_counter(layer, [&](const std::string& name, auto& counter) {
        counter = static_cast<std::int64_t>(c.at("param." + name).values.at(0));
    });
    for (const std::string& name : unused) {
        FAIL(name << " of the case is no parameter of the layer");
    }
}

inline staa::Setup setup_of(const GoldenCase& c, Index steps) {
    staa::Setup setup;
    setup.steps = steps;
    setup.neuron.threshold = c.option("v_th", 1.0);
    setup.neuron.leak = c.option("tau", 0.25);
    setup.neuron.surrogate_width = c.option("window", 1.0);
    setup.neuron.surrogate_sharpness = c.option("sharpness", 3.0);
    setup.neuron.attention_scale = c.config.value("alpha", c.option("alpha", 2.0));
    setup.neuron.context_scale = c.config.value("scale", c.option("gc_scale", 2.0));
    if (c.config.contains("options"))
        setup.neuron.detach_reset = c.config["options"].value("detach_reset", false);
    setup.neuron.step_dropout = 0.0;
    return setup;
}

/// Fills a signal from a reference tensor.
template <class Scalar>
void fill(staa::Analog<Scalar>& to, const GoldenTensor& from) {
    for_each_map_value(from.shape, [&](Index i, Index j) {
        to.data()[j] = static_cast<Scalar>(from.values[static_cast<std::size_t>(i)]);
    });
}
inline void fill(staa::Spikes& to, const GoldenTensor& from) {
    const Index channels = to.extents().channels;
    for_each_map_value(from.shape, [&](Index i, Index j) {
        const double value = from.values[static_cast<std::size_t>(i)];
        REQUIRE((value == 0.0 || value == 1.0));
        if (value == 1.0)
            to.set(j / channels, j % channels);
    });
}

inline std::vector<double> values_of(const staa::Spikes& s) {
    std::vector<double> values;
    for (Index i = 0; i < s.extents().size(); ++i) {
        values.push_back(s.test(i / s.extents().channels, i % s.extents().channels) ? 1.0 : 0.0);
    }
    return values;
}
template <class Scalar>
std::vector<double> values_of(const staa::Analog<Scalar>& s) {
    return std::vector<double>(s.data(), s.data() + s.extents().size());
}

template <class Layer>
void compare_gradients(const GoldenCase& c, Layer& layer, typename Layer::Parameters& gradients, double tolerance) {
    const double floor = gradient_floor(c);
    visit_trained(
        layer,
        [&](const staa::ParameterName& name, auto&, auto& gradient) {
            compare("grad." + name.text, c.at("grad." + name.text), name.layout, gradient.data(), gradient.size(),
                    tolerance, floor);
        },
        gradients);
}

/// What the weights are after the call, or after training.
template <class Layer>
void compare_weights(const GoldenCase& c, Layer& layer, double tolerance) {
    for_each_tensor(layer, [&](const staa::ParameterName& name, auto& tensor) {
        compare("after." + name.text, c.at("after." + name.text), name.layout, tensor.data(), tensor.size(), tolerance);
    });
    compare_counters(c, layer);
}

/// A block as staa::Sgd sees a network.
template <class Layer>
struct Trainee {
    using Parameters = typename Layer::Parameters;
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) const {
        visit_trained(layer, visitor, trees...);
    }
    std::uint64_t identity() const { return 1; }
    void weights_changed() const {}
    Layer& layer;
    Parameters gradients;
};

/// A block on input.x [T, N, C, H, W]: output, gradients, weights after the call. `set_up` changes the layer first.
template <class Layer>
void check_block(
    const GoldenCase& c, double tolerance, const std::function<void(Layer&)>& set_up = [](Layer&) {}) {
    using Scalar = typename Layer::Scalar;
    const std::vector<Index>& shape = c.at("input.x").shape;
    REQUIRE(shape ==
            std::vector<Index>{shape[0], shape[1], Layer::Input::channels, Layer::Input::height, Layer::Input::width});
    staa::Arena arena;
    staa::Random random(1);
    const staa::Call call{shape[0], shape[1], arena, nullptr};
    Layer layer = staa::contract::build<Layer>(setup_of(c, shape[0]), random);
    load(layer, c);
    set_up(layer);

    staa::SignalOf<typename Layer::Input> x;
    x.resize(arena, Layer::Input::extents(shape[0], shape[1]));
    fill(x, c.at("input.x"));
    staa::SignalOf<typename Layer::Output> y;
    typename Layer::Tape tape;
    if constexpr (requires { tape.dropped; }) {
        if (c.config.contains("dropped"))
            for (const bool dropped : c.config.at("dropped"))
                tape.dropped.push_back(dropped);
    }
    layer.forward(x, y, tape, call);
    const std::vector<double> values = values_of(y);
    compare_maps("output.y", c.at("output.y"), values.data(), static_cast<Index>(values.size()), tolerance);

    staa::Analog<Scalar> dy, dx;
    dy.resize(arena, y.extents());
    fill(dy, c.at("cotangent.y"));
    Trainee<Layer> trainee{layer, {}};
    staa::set_zero_like(layer, trainee.gradients);
    layer.backward(x, dy, &dx, trainee.gradients, tape, call);
    compare_maps("grad.x", c.at("grad.x"), dx.data(), dx.extents().size(), tolerance);
    staa::absorb(layer, tape, call);
    compare_gradients(c, layer, trainee.gradients, tolerance);

    if (c.config.value("sgd", false)) {
        if (std::is_same_v<Scalar, float>)
            return;  // gradients that cancel, behind LayerNorm, drift from the reference's within three steps
        staa::Sgd<Trainee<Layer>> optimizer(
            staa::SgdOptions{.learning_rate = 0.01, .momentum = 0.9, .weight_decay = 5e-4});
        optimizer.step(trainee);
        for (int step = 1; step < 3; ++step) {
            layer.forward(x, y, tape, call);
            layer.backward(x, dy, &dx, trainee.gradients, tape, call);
            staa::absorb(layer, tape, call);
            optimizer.step(trainee);
        }
    }
    compare_weights(c, layer, tolerance);
}

/// How the cases of each name are checked, to a relative tolerance.
using Checks = std::map<std::string, std::function<void(const GoldenCase&, double)>>;

/// Checks all cases whose name is `selected`, and gives how many names there were; a case without a check is a failure.
template <class Selected>
int check_cases(const Selected& selected, const Checks& checks, double tolerance) {
    std::set<std::string> checked;
    for (const auto& file : golden_files()) {
        const GoldenCase c = read_golden(file);
        if (!selected(c.name()))
            continue;
        INFO(file.string());
        REQUIRE(checks.contains(c.name()));
        checks.at(c.name())(c, tolerance);
        checked.insert(c.name());
    }
    return static_cast<int>(checked.size());
}

/// A network: logits, loss, gradients, and, if the case has them, the weights after three steps of SGD.
template <class Net>
void check_network(const GoldenCase& c, double tolerance) {
    using Scalar = typename Net::Scalar;
    const GoldenTensor& input = c.at("input.x");
    const staa::Setup setup = setup_of(c, c.config.at("steps"));
    Net net(staa::NetworkOptions{.steps = setup.steps, .seed = 1, .neuron = setup.neuron});
    load(net, c);

    typename Net::Images images;
    if constexpr (Net::Input::is_constant) {
        images.resize(input.shape[0], input.shape[2], input.shape[3], input.shape[1]);
    } else {
        images.resize(input.shape[0], input.shape[1], input.shape[3], input.shape[4], input.shape[2]);
    }
    for_each_map_value(input.shape, [&](Index i, Index j) {
        images.data()[j] = static_cast<Scalar>(input.values[static_cast<std::size_t>(i)]);
    });
    const GoldenTensor& expected_labels = c.at("input.labels");
    staa::Labels labels(static_cast<Index>(expected_labels.values.size()));
    for (Index i = 0; i < labels.size(); ++i) {
        labels(i) = static_cast<int>(expected_labels.values[static_cast<std::size_t>(i)]);
    }

    const bool sgd = c.config.at("sgd");
    staa::Sgd<Net> optimizer(staa::SgdOptions{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 5e-4});
    typename Net::Tape tape;
    for (int step = 0; step < (sgd ? 3 : 1); ++step) {
        const auto logits = net.forward(images, tape);
        const auto loss = staa::cross_entropy(logits, labels);
        net.backward(loss.gradient, tape);
        if (step == 0) {
            compare("output.y", c.at("output.y"), staa::Layout::same, logits.data(), logits.size(), tolerance);
            compare("output.loss", c.at("output.loss"), staa::Layout::same, &loss.value, 1, tolerance);
            const double floor = gradient_floor(c);
            net.visit(
                [&](const staa::ParameterName& name, auto&, auto& gradient) {
                    compare("grad." + name.text, c.at("grad." + name.text), name.layout, gradient.data(),
                            gradient.size(), tolerance, floor);
                },
                net.gradients);
        }
        optimizer.step(net);
    }
    if (sgd) {
        compare_weights(c, net, tolerance);
    }
}

}  // namespace staa_tests
