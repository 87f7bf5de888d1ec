// SPDX-License-Identifier: MIT
// The layers of a network with their gradients, and the ways to reach them: all in a row, one by its name, all tensors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "staa/core/parallel.hpp"
#include "staa/networks/for_each_layer.hpp"
#include "staa/networks/network_options.hpp"
#include "staa/networks/network_tape.hpp"
#include "staa/networks/sequential.hpp"
#include "staa/networks/weights_checksum.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What a network is, without the calls that run it: `Network` adds those. `Chain` is a `Sequential` on its input.
template <class Chain>
class NetworkLayers {
 public:
    using Scalar = typename Chain::Scalar;
    using Parameters = typename Chain::Parameters;
    using Tape = NetworkTape<Chain>;
    using State = NetworkState<Chain>;

    /// Calls visitor(name, layer, the trees' parts...) for every layer, in the order of the network. Layers inside
    /// residual blocks count too. A tree is an object of type Parameters (such as the gradients or a momentum), Tape or
    /// State of this network; it may be const. Its part is the Parameters, Tape or State of the layer. The name ends
    /// with a dot, because it is the beginning of the parameters' names. A tree of another network is an Error, as far
    /// as it can be known: Parameters by their sizes, a Tape or a State by the network that has filled it.
    template <class Visitor, class... Trees>
    void for_each_layer(Visitor&& visitor, Trees&... trees) {
        (check_tree(trees), ...);
        Chain::for_each(layers("for_each_layer"), visitor, tree(trees)...);
    }
    template <class Visitor, class... Trees>
    void for_each_layer(Visitor&& visitor, Trees&... trees) const {
        (check_tree(trees), ...);
        Chain::for_each(layers("for_each_layer"), visitor, tree(trees)...);
    }

    /// The layer with this name: net.layer<"stem.1">(). If no layer has this name, the program does not compile. Call
    /// this function again after each `infer`. A stream packs its weights again after a call of this function; it does
    /// not see a change through an older reference.
    template <FixedString Name>
    auto& layer() {
        return Chain::template layer<Name>(layers("layer"));
    }
    template <FixedString Name>
    const auto& layer() const {
        return Chain::template layer<Name>(layers("layer"));
    }

    /// Calls visitor(ParameterName, tensor, the trees' tensors...) for every trainable tensor. A tree is an object of
    /// type Parameters. A tree's tensor of another size is an Error, because a tree can belong to a network with other
    /// steps. Empty tensors are allowed, except in `gradients`: so a visitor can give a new tree its sizes.
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) {
        visit_trees(layers("visit"), "visit", visitor, trees...);
    }
    template <class Visitor, class... Trees>
    void visit(Visitor&& visitor, Trees&... trees) const {
        visit_trees(layers("visit"), "visit", visitor, trees...);
    }
    /// Calls visitor(ParameterName, tensor) for everything that is saved with the weights but is not trained: running
    /// averages, fixed encodings, constant M and N. Counters of batches are a std::int64_t in place of a tensor.
    template <class Visitor>
    void visit_statistics(Visitor&& visitor) {
        Chain::visit_statistics(layers("visit_statistics"), "", visitor);
    }
    template <class Visitor>
    void visit_statistics(Visitor&& visitor) const {
        Chain::visit_statistics(layers("visit_statistics"), "", visitor);
    }

    /// Adds the lines of `plan<Net>()`.
    static void describe(Plan& plan) { Chain::describe(plan, Chain::names.data()); }

    /// The number of trainable values of a network with `steps` steps.
    static constexpr Index parameter_count(Index steps) { return Chain::parameter_count(steps); }
    /// The number of trainable values.
    Index parameter_count() const { return parameter_count(options_.steps); }

    /// T, the number of time steps that the network was built for.
    Index steps() const { return options_.steps; }

    /// A number by which a tape, a state, an optimiser and an average know their network; no other network of this
    /// program has it. It moves with the network. A copy, and the target of a copy assignment, get a new one. 0: this
    /// network was moved from, and its calls are Errors.
    std::uint64_t identity() const { return identity_.number(); }

    /// Says that weights have changed, as by a step of an optimiser: `backward` then refuses the tapes of earlier
    /// forwards. Optimisers and `load` of the library call it. Call it where your own code changes weights by `visit`.
    void weights_changed() { revision_ = weights_ = detail::next_number(); }

    /// Sets the gradients to zero, and gives them their sizes if they have lost them. The step of an optimiser sets them
    /// to zero too. Only a loop without such a step calls it.
    void zero_gradients() {
        const auto set_zero = [](const ParameterName&, const auto& parameter, auto& gradient) {
            if (gradient.dimensions() != parameter.dimensions()) {
                gradient.resize(parameter.dimensions());
            }
            for_parts(gradient.size(), [&](Index first, Index last) {
                std::fill(gradient.data() + first, gradient.data() + last, Scalar(0));
            });
        };
        detail::check_not_moved(identity(), "staa::Network::zero_gradients");
        Chain::visit(layers_, "", set_zero, gradients);
    }

    Parameters gradients;  ///< backward adds to them, the step of an optimiser sets them to zero

 protected:
    /// Takes layers with initial values.
    NetworkLayers(Chain&& layers, const NetworkOptions& options) : layers_(std::move(layers)), options_(options) {
        set_zero_like(layers_, gradients);
    }

    // Moves are noexcept, so that a vector of networks moves them when it grows: copies would be other networks. Eigen's
    // tensors do not say that their moves never throw.
    NetworkLayers(const NetworkLayers&) = default;
    NetworkLayers(NetworkLayers&&) noexcept = default;
    NetworkLayers& operator=(const NetworkLayers&) = default;
    NetworkLayers& operator=(NetworkLayers&&) noexcept = default;
    ~NetworkLayers() = default;

    /// The layers, for a call that may change them: streams then pack their weights again.
    Chain& layers(const char* caller) {
        check_not_moved(caller);
        revision_ = detail::next_number();
        return layers_;
    }
    const Chain& layers(const char* caller) const {
        check_not_moved(caller);
        return layers_;
    }

    /// Throws an Error if this network was moved from.
    void check_not_moved(const char* caller) const {
        if (identity() == 0) {
            detail::check_not_moved(0, (std::string("staa::Network::") + caller).c_str());
        }
    }

    /// Throws an Error unless this network has filled the tape, with the weights that it has now, and its gradients have
    /// the sizes of the parameters.
    void check_backward(const Tape& tape) const {
        check_not_moved("backward");
        const detail::TapeOrigin& origin = tape.origin_.value;
        if (origin.network != identity()) {
            fail(
                "staa::Network::backward: the tape is that of another network's forward; call forward of this network "
                "with it first. A network that was assigned to counts as another one");
        }
        if (origin.weights != weights_) {
            fail(
                "staa::Network::backward: the weights have changed since the forward of this tape; call forward again "
                "after the step of an optimiser");
        }
        const auto look = [](const auto&...) {};
        visit_trees(layers_, "backward", look, gradients);
    }

    /// Before a call of a stream. A stream without a step begins with the weights of now; its checksum is for a file, so only
    /// a state that can get into one has it. Another stream goes on: throws an Error unless this network, with the
    /// weights of now, has computed it so far.
    void follow_stream(State& state, bool can_be_saved) const {
        detail::StreamOrigin& origin = state.origin_.value;
        if (state.logits_.steps > 0) {
            continue_stream(origin);
        } else if (origin.network != identity() || origin.revision != revision_) {
            origin = {identity(), revision_, can_be_saved ? detail::weights_checksum(layers_) : 0};
        }
    }
    /// Throws an Error if another network, or other weights, have computed the stream so far.
    void continue_stream(detail::StreamOrigin& origin) const {
        if (origin.checksum == 0) {
            fail("staa::Network::step: the state was moved from; begin a new stream with start()");
        }
        if (origin.network != 0 && origin.network != identity()) {
            fail(
                "staa::Network::step: the stream is that of another network; begin a new stream with start(). A "
                "network "
                "that was assigned to counts as another one");
        }
        if (origin.revision == revision_) {
            return;
        }
        if (detail::weights_checksum(layers_) != origin.checksum) {
            fail("staa::Network::step: ",
                 origin.network == 0 ? "the stream was saved with other weights than this network has; load those, or "
                                     : "the weights have changed since the stream began; ",
                 "begin a new stream with start()");
        }
        origin.network = identity();
        origin.revision = revision_;
    }

    Chain layers_;
    NetworkOptions options_;
    std::uint64_t revision_ = detail::next_number();  ///< of all that a stream packs; a visit changes it
    std::uint64_t weights_ = detail::next_number();   ///< `weights_changed` changes it
    detail::NetworkIdentity identity_;

 private:
    template <class Self, class Visitor, class... Trees>
    void visit_trees(Self& chain, const char* caller, Visitor& visitor, Trees&... trees) const {
        const auto checked = [&](const ParameterName& name, auto& parameter, auto&... tensors) {
            (check_size(caller, name, parameter, tensors, is_gradients(trees)), ...);
            visitor(name, parameter, tensors...);
        };
        Chain::visit(chain, "", checked, trees...);
    }
    template <class Parameter, class AnyTensor>
    static void check_size(const char* caller, const ParameterName& name, const Parameter& parameter,
                           const AnyTensor& tensor, bool is_gradients) {
        if (tensor.dimensions() != parameter.dimensions() && (is_gradients || tensor.size() != 0)) {
            fail_size(caller, name.text, parameter.size(), tensor.size(), is_gradients);
        }
    }
    [[noreturn]] static void fail_size(const char* caller, const std::string& name, Index expected, Index found,
                                       bool is_gradients) {
        fail("staa::Network::", caller, ": ", is_gradients ? "the gradient of " : "a tree's tensor for ", name, " has ",
             found, " values, but the parameter has ", expected,
             is_gradients ? "; `gradients` were emptied or those of another network: zero_gradients() makes new ones"
                          : "; the tree is that of a network with other steps");
    }
    bool is_gradients(const Parameters& any) const { return &any == &gradients; }

    void check_tree(const Parameters& parameters) const {
        const auto look = [](const auto&...) {};
        visit_trees(layers("for_each_layer"), "for_each_layer", look, parameters);
    }
    void check_tree(const Tape& tape) const { check_owner(tape.origin_.value.network, "tape"); }
    void check_tree(const State& state) const { check_owner(state.origin_.value.network, "state"); }
    void check_owner(std::uint64_t owner, const char* tree) const {
        if (owner != 0 && owner != identity()) {
            fail("staa::Network::for_each_layer: the ", tree, " is that of another network");
        }
    }

    static Parameters& tree(Parameters& parameters) { return parameters; }
    static const Parameters& tree(const Parameters& parameters) { return parameters; }
    static auto& tree(auto& tape_or_state) { return tape_or_state.layers_; }
};

}  // namespace STAA_ABI
}  // namespace staa
