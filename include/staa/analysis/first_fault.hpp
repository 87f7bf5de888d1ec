// SPDX-License-Identifier: MIT
// Finds the layer in which a pass first gives a value that is NaN or infinite. It is for the moment after an Error or a
// loss that is not finite: a healthy training does not call it.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "staa/core/finite.hpp"
#include "staa/kernels/maps/elementwise.hpp"
#include "staa/networks/network.hpp"
#include "staa/networks/residual_paths.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// A copy of the layers of a network, made by the walk that every network has.
template <class Net>
typename Net::Chain copy_of_layers(const Net& net) {
    std::vector<const void*> layers;
    net.for_each_layer([&](const std::string&, const auto& layer) { layers.push_back(&layer); });
    Random random(0);
    typename Net::Chain chain(Setup{.steps = net.steps()}, random);
    std::size_t next = 0;
    const auto copy = [&](const std::string&, auto& layer) {
        layer = *static_cast<const std::remove_cvref_t<decltype(layer)>*>(layers[next++]);
    };
    Net::Chain::for_each(chain, copy);
    return chain;
}

/// A forward of layers one by one that stops at the first output with a value that is not finite. Each map is freed when
/// the next layer has read it.
class FaultSearch {
 public:
    explicit FaultSearch(const Call& call) : call_(call) {}

    std::string sentence;  ///< what was found; empty: nothing

    /// y = part(x). `names` are the names of the part's layers. Leaves y unfinished after the first fault.
    template <class Part>
    void run(const Part& part, const SignalOf<typename Part::Input>& x, SignalOf<typename Part::Output>& y,
             const LayerName* names) {
        if constexpr (!Composite<Part>) {
            typename Part::Tape tape;
            part.forward(x, y, tape, call_);
            look(y, *names);
        } else if constexpr (requires { Part::count; }) {
            run_row(part, x, y, names, std::make_index_sequence<Part::count>{});
        } else {
            run_sum(part, x, y, names);
        }
    }

 private:
    template <class Row, std::size_t... I>
    void run_row(const Row& row, const SignalOf<typename Row::Input>& x, SignalOf<typename Row::Output>& y,
                 const LayerName* names, std::index_sequence<I...>) {
        typename Row::Signals between;
        const auto run_part = [&](auto k) {
            if (!sentence.empty()) {
                return;
            }
            auto& to = at<k() + 1 == Row::count>(y, std::get<k()>(between));
            if constexpr (k() == 0) {
                run(std::get<k()>(row.parts), x, to, names);
            } else {
                run(std::get<k()>(row.parts), std::get<k() - 1>(between), to, names);
                std::get<k() - 1>(between).release();
            }
            names += layer_count_of<typename Row::template At<k()>>();
        };
        (run_part(std::integral_constant<std::size_t, I>{}), ...);
    }
    /// `last`, or `other`, which may have another type.
    template <bool IsLast, class Last, class Other>
    static auto& at(Last& last, Other& other) {
        if constexpr (IsLast) {
            return last;
        } else {
            return other;
        }
    }

    template <class Sum>
    void run_sum(const Sum& sum, const SignalOf<typename Sum::Input>& x, SignalOf<typename Sum::Output>& y,
                 const LayerName* names) {
        using Body = std::remove_cvref_t<decltype(sum.body)>;
        using Path = std::remove_cvref_t<decltype(sum.shortcut)>;
        run(sum.body, x, y, names);
        if constexpr (Path::layer_count > 0) {
            SignalOf<typename Path::Output> other;
            if (sentence.empty()) {
                run(sum.shortcut, x, other, names + Body::layer_count);
            }
            if (sentence.empty()) {
                add(other, y);
            }
        } else if (sentence.empty()) {
            add(x, y);
        }
        if (sentence.empty()) {
            look(y, names[Body::layer_count + Path::layer_count - 1],
                 "in the sum of the residual block that ends with layer ");
        }
    }
    template <class Scalar>
    static void add(const Analog<Scalar>& x, Analog<Scalar>& y) {
        add_values<Scalar>(y.extents().size(), x.data(), y.data());
    }
    template <class Scalar>
    static void add(const Spikes& x, Analog<Scalar>& y) {
        add_spikes<Scalar>(x.extents().images(), x.extents().map_pixels(), x.extents().channels, x.data(), y.data());
    }

    void look(const Spikes&, const LayerName&, const char* = "") {}
    template <class Scalar>
    void look(const Analog<Scalar>& y, const LayerName& name, const char* what = "in the output of layer ") {
        const Extents& e = y.extents();
        const Index place = first_not_finite(y.data(), e.size());
        if (place < e.size()) {
            const Index image = place / e.map_size(), pixel = place / e.channels % e.map_pixels();
            const std::string_view with_dot = name.view();
            std::ostringstream text;
            text << "the first value that is not finite is " << y.data()[place] << ", " << what
                 << with_dot.substr(0, with_dot.size() - 1) << " (" << name.kind << ") at step " << image / e.batch + 1
                 << " of " << e.steps << ", image " << image % e.batch << ", row " << pixel / e.width << ", column "
                 << pixel % e.width << ", channel " << place % e.channels;
            sentence = text.str();
        }
    }

    Call call_;
};

}  // namespace detail

/// A sentence about the first value in a forward in training mode that is NaN or infinite: a parameter or a statistic of
/// the network, or else the output of a layer, with its step, counted from 1, and its image, counted from 0. Empty if
/// all values are finite. Nothing is dropped. Images that the network refuses are an Error.
template <class Net>
std::string first_fault(const Net& net, const typename Net::Images& images) {
    std::string found;
    const auto look = [&](const ParameterName& name, const auto& tensor) {
        if constexpr (requires { tensor.data(); }) {
            if (found.empty() && detail::first_not_finite(tensor.data(), tensor.size()) < tensor.size()) {
                found = name.text + " of the network has a value that is not finite";
            }
        }
    };
    net.visit(look);
    net.visit_statistics(look);
    if (!found.empty()) {
        return found;
    }
    detail::check_images<typename Net::Input>(images);
    const Index steps = Net::Input::is_constant ? net.steps() : images.dimension(0);
    Arena arena;
    const Call call{steps, images.dimension(Net::Images::NumDimensions - 4), arena, nullptr, 0, false};
    Analog<typename Net::Scalar> input, output;
    detail::copy_images<typename Net::Input>(images.data(), input, call);
    detail::FaultSearch search(call);
    search.run(detail::copy_of_layers(net), input, output, Net::Chain::names.data());
    return search.sentence;
}

}  // namespace STAA_ABI
}  // namespace staa
