// SPDX-License-Identifier: MIT
// What belongs to one network - a tape, gradients, an optimiser, slow weights, an average, a stream - is refused with
// another network of the same type, whatever made it another one.
#include "staa/networks/identity.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/staa_lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "staa/training/lookahead.hpp"
#include "staa/training/loss.hpp"
#include "staa/training/optimizer.hpp"
#include "staa/training/weight_average.hpp"
#include "support/catch.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

/// Its position encoding has values per step.
using Net = Network<Image<1, 4, 4>, Conv2d<2>, BatchNorm, StaaLif<>, GlobalAvgPool, Linear<2>>;

Net::Images images(Index count = 2) {
    Net::Images values(count, 4, 4, 1);
    Random random(1);
    for (Index i = 0; i < values.size(); ++i) {
        values.data()[i] = static_cast<float>(random.normal());
    }
    return values;
}

Net::Logits gradient(const Net& net, Tape<Net>& tape) {
    Labels labels(2);
    labels.setValues({0, 1});
    return cross_entropy(net.forward(images(), tape), labels).gradient;
}

/// A network, and everything that a training and a stream leave for later.
struct Trained {
    explicit Trained(Net* trained) : net(trained) {
        net->backward(gradient(*net, tape), tape);
        sgd.step(*net);
        adamw.step(*net);
        lamb.step(*net);
        lookahead.emplace(*net, 1);
        average.emplace(*net, WeightAverageOptions{});
        average->update(*net);
        d_logits = gradient(*net, tape);
        net->step(images(), state);
    }

    Net* net;
    Tape<Net> tape;
    Net::Logits d_logits;
    Sgd<Net> sgd{SgdOptions{}};
    AdamW<Net> adamw{AdamWOptions{}};
    Lamb<Net> lamb{LambOptions{}};
    std::optional<Lookahead<Net>> lookahead;
    std::optional<WeightAverage<Net>> average;
    State<Net> state;
};

/// A use of a network with what belongs to it.
struct Use {
    std::string what;
    std::function<void(Net&, Trained&)> call;
};
const std::vector<Use>& uses() {
    static const std::vector<Use> all{
        {"staa::Network::step", [](Net& net, Trained& its) { net.step(images(), its.state); }},
        {"staa::Network::backward", [](Net& net, Trained& its) { net.backward(its.d_logits, its.tape); }},
        {"staa::Network::for_each_layer",
         [](Net& net, Trained& its) { net.for_each_layer([](const auto&...) {}, its.tape); }},
        {"staa::Network::for_each_layer",
         [](Net& net, Trained& its) { net.for_each_layer([](const auto&...) {}, its.state); }},
        {"staa::WeightAverage", [](Net& net, Trained& its) { its.average->update(net); }},
        {"staa::Sgd", [](Net& net, Trained& its) { its.sgd.step(net); }},
        {"staa::Sgd", [](Net& net, Trained& its) { its.sgd.visit_state(net, [](const auto&...) {}); }},
        {"staa::AdamW", [](Net& net, Trained& its) { its.adamw.step(net); }},
        {"staa::Lamb", [](Net& net, Trained& its) { its.lamb.step(net); }},
        {"staa::Lookahead", [](Net& net, Trained& its) { its.lookahead->update(net); }},
    };
    return all;
}

std::string error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

/// Every use of `net` with what belongs to another network is an Error of its function that says so.
void check_all_refused(Net& net, Trained& others) {
    for (const Use& use : uses()) {
        const std::string error = error_of([&] { use.call(net, others); });
        INFO(use.what << ": " << error);
        CHECK(error.rfind(use.what, 0) == 0);
        CHECK(error.find("another network") != std::string::npos);
    }
}

void check_all_allowed(Net& net, Trained& its) {
    for (const Use& use : uses()) {
        INFO(use.what);
        CHECK(error_of([&] { use.call(net, its); }) == "no error");
    }
}

}  // namespace

TEST_CASE("what belongs to one network is refused with another one, whatever its number of steps") {
    for (const Index steps : {2, 8}) {
        Net net(NetworkOptions{.steps = 2, .seed = 1}), other(NetworkOptions{.steps = steps, .seed = 2});
        Trained its(&net);
        check_all_refused(other, its);
        check_all_allowed(net, its);
    }
}

TEST_CASE("a copy is another network") {
    Net net(NetworkOptions{.steps = 2});
    Trained its(&net);
    Net copy = net;
    CHECK(copy.identity() != net.identity());
    check_all_refused(copy, its);
    check_all_allowed(net, its);
    Trained of_copy(&copy);
    check_all_allowed(copy, of_copy);
}

TEST_CASE("a network that was assigned to, or made anew in the same place, is another one") {
    for (const Index steps : {2, 8}) {
        std::optional<Net> net(std::in_place, NetworkOptions{.steps = 2, .seed = 1});
        Net other(NetworkOptions{.steps = steps, .seed = 2});
        Trained its(&*net);
        *net = other;
        check_all_refused(*net, its);
        Trained again(&*net);
        check_all_allowed(*net, again);
        net.emplace(NetworkOptions{.steps = steps, .seed = 3});
        check_all_refused(*net, again);
    }
}

TEST_CASE("everything goes on with a network that has moved, also when a vector grows") {
    Net first(NetworkOptions{.steps = 2});
    Trained its(&first);
    std::vector<Net> nets;
    nets.push_back(std::move(first));
    check_all_allowed(nets[0], its);
    for (int more = 0; more < 9; ++more) {
        nets.emplace_back(NetworkOptions{.steps = 2});
    }
    its.d_logits = gradient(nets[0], its.tape);
    its.state = nets[0].start();
    nets[0].step(images(), its.state);
    check_all_allowed(nets[0], its);
    Net target(NetworkOptions{.steps = 8});
    Trained of_target(&target);
    target = std::move(nets[0]);
    its.d_logits = gradient(target, its.tape);
    check_all_refused(target, of_target);
    its.state = target.start();
    check_all_allowed(target, its);
    std::swap(target, nets[1]);
    its.d_logits = gradient(nets[1], its.tape);
    its.state = nets[1].start();
    check_all_allowed(nets[1], its);
}

TEST_CASE("a network that was moved from, and a copy of it, is an error in every call until it is assigned to") {
    Net net(NetworkOptions{.steps = 2});
    Trained its(&net);
    Net moved = std::move(net);
    Net copy = net;  // NOLINT: what is left behind is what this is about
    Tape<Net> tape;
    State<Net> state;
    const auto look = [](const auto&...) {};
    for (Net* left : {&net, &copy}) {
        CHECK(left->identity() == 0);
        for (const std::function<void()>& call : std::vector<std::function<void()>>{
                 [&] { left->forward(images(), tape); }, [&] { left->forward_steps(images(), tape); },
                 [&] { left->backward(its.d_logits, its.tape); }, [&] { left->infer(images()); },
                 [&] { left->infer(images(), state); }, [&] { left->step(images(), state); },
                 [&] { left->visit(look); }, [&] { std::as_const(*left).visit(look, left->gradients); },
                 [&] { left->visit_statistics(look); }, [&] { left->for_each_layer(look); },
                 [&] { left->layer<"0">(); }, [&] { left->zero_gradients(); }, [&] { clip_gradients(*left, 1.0); },
                 [&] { Sgd<Net>(SgdOptions{}).step(*left); }, [&] { Lookahead<Net>{*left}; },
                 [&] { its.average->update(*left); }}) {
            CHECK_THAT(error_of(call), contains_text("moved from"));
            CHECK(error_of(call).rfind("staa::", 0) == 0);
        }
        *left = moved;
        CHECK_NOTHROW(left->infer(images()));
    }
    Trained again(&net);
    check_all_allowed(net, again);
}

TEST_CASE("a tape, a state, an optimiser and an average that were moved from are errors") {
    Net net(NetworkOptions{.steps = 2});
    Trained its(&net);
    const Tape<Net> tape = std::move(its.tape);
    const State<Net> state = std::move(its.state);
    const Sgd<Net> sgd = std::move(its.sgd);
    const std::optional<WeightAverage<Net>> average = std::move(its.average);
    // NOLINTBEGIN: what is left behind is what this is about
    CHECK_THROWS_WITH(net.backward(its.d_logits, its.tape), contains_text("the tape is empty"));
    CHECK_THROWS_WITH(net.step(images(), its.state), contains_text("the state was moved from"));
    CHECK_THROWS_WITH(its.sgd.step(net), "staa::Sgd: this optimiser was moved from; use the one that it was moved to");
    CHECK_THROWS_WITH(its.average->update(net), contains_text("this average was moved from"));
    CHECK_THROWS_WITH(its.average->network(), contains_text("this average was moved from"));
    CHECK_NOTHROW(net.forward(images(), its.tape));
    CHECK_NOTHROW(net.infer(images(), its.state));
    // NOLINTEND
}

TEST_CASE("gradients that were emptied, or that another network has, are an error until they are set to zero") {
    Net net(NetworkOptions{.steps = 2}), other(NetworkOptions{.steps = 8});
    Tape<Net> tape;
    Sgd<Net> sgd(SgdOptions{});
    const auto look = [](const auto&...) {};
    for (const Net::Parameters& wrong : {Net::Parameters{}, other.gradients}) {
        net.gradients = wrong;
        const auto d_logits = gradient(net, tape);
        CHECK_THROWS_WITH(net.backward(d_logits, tape), contains_text("staa::Network::backward: the gradient of"));
        CHECK_THROWS_WITH(sgd.step(net), contains_text("staa::Network::visit: the gradient of"));
        CHECK_THROWS_AS(clip_gradients(net, 1.0), Error);
        CHECK_THROWS_AS(net.for_each_layer(look, net.gradients), Error);
        net.zero_gradients();
        CHECK_NOTHROW(net.backward(d_logits, tape));
        CHECK_NOTHROW(sgd.step(net));
    }
}

TEST_CASE("a visit compares the sizes of its trees, and lets a visitor size an empty one") {
    Net net(NetworkOptions{.steps = 2}), other(NetworkOptions{.steps = 8});
    const auto look = [](const auto&...) {};
    CHECK_THROWS_WITH(
        net.visit(look, other.gradients),
        contains_text("has 16 values, but the parameter has 4; the tree is that of a network with other"));
    CHECK_THROWS_AS(std::as_const(net).for_each_layer(look, std::as_const(other.gradients)), Error);
    Net::Parameters momentum;
    const auto make = [](const ParameterName&, const auto& parameter, auto& velocity) {
        velocity.resize(parameter.dimensions());
        velocity.setZero();
    };
    CHECK_NOTHROW(net.visit(make, momentum));
    CHECK_NOTHROW(net.visit(look, net.gradients, momentum));
}

TEST_CASE("a tape from before a change of the weights is refused, whatever changed them") {
    Net net(NetworkOptions{.steps = 2});
    Tape<Net> tape;
    Sgd<Net> sgd(SgdOptions{});
    Lookahead<Net> lookahead(net, 1);
    for (const std::function<void()>& change :
         std::vector<std::function<void()>>{[&] { sgd.step(net); }, [&] { AdamW<Net>(AdamWOptions{}).step(net); },
                                            [&] { lookahead.update(net); }, [&] { net.weights_changed(); }}) {
        const auto d_logits = gradient(net, tape);
        net.backward(d_logits, tape);
        change();
        CHECK_THROWS_WITH(net.backward(d_logits, tape),
                          "staa::Network::backward: the weights have changed since the forward of this tape; call "
                          "forward again after the step of an optimiser");
    }
}

TEST_CASE("gradients add up over two tapes and over two backwards of one, and a visit between them may read") {
    Net net(NetworkOptions{.steps = 2, .neuron = {.step_dropout = 0}});
    Tape<Net> first, second;
    const auto d_first = gradient(net, first), d_second = gradient(net, second);
    double norm = 0;
    net.backward(d_first, first);
    norm = gradient_norm(net);
    net.visit([](const ParameterName&, const auto&, const auto&) {}, net.gradients);
    net.infer(images());
    net.backward(d_second, second);
    net.backward(d_first, first);
    CHECK_THAT(gradient_norm(net), WithinRel(3 * norm, 1e-4));
}

TEST_CASE("a stream whose weights change is refused, and one whose network was only looked at goes on") {
    Net net(NetworkOptions{.steps = 4});
    State<Net> state = net.start();
    net.step(images(), state);
    net.visit([](const ParameterName&, auto&) {});
    net.layer<"0">();
    CHECK_NOTHROW(net.step(images(), state));
    net.visit([](const ParameterName&, auto& parameter) { parameter = parameter * 1.5f; });
    CHECK_THROWS_WITH(net.step(images(), state),
                      "staa::Network::step: the weights have changed since the stream began; begin a new stream with "
                      "start()");
    CHECK(state.steps() == 2);
    CHECK_NOTHROW(net.infer(images(), state));
}
