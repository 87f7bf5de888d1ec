// SPDX-License-Identifier: MIT
// Steps that several processes make together, against those of one process. Every process computes both.
#include <staa/staa.hpp>

#include <vector>

#include "staa/distributed/mpi.hpp"
#include "support/catch.hpp"
#include "support/network_values.hpp"

namespace {

using namespace staa;
using staa_tests::check_close;
using staa_tests::contains_text;
using staa_tests::values_of;

/// A layer of every kind that has to do with the other processes: norms, dropout of images and of steps.
template <class Scalar>
using NetOf = Network<Image<3, 8, 8, Scalar>, Conv2d<6>, BatchNorm, Lif<>, Dropout, Conv2d<6>, BatchNorm, StaaLif<>,
                      Residual<Conv2d<6>, BatchNorm>, Lif<>, GlobalAvgPool, Linear<4>>;
using Net = NetOf<double>;

constexpr Index batch = 8, steps_of_training = 10;

template <class Scalar>
Tensor<Scalar, 4> images_of_step(Index step) {
    Tensor<Scalar, 4> images(batch, 8, 8, 3);
    Random random(static_cast<std::uint64_t>(step));
    for (Index i = 0; i < images.size(); ++i) {
        images.data()[i] = static_cast<Scalar>(random.normal());
    }
    return images;
}

Labels labels_of_step(Index step) {
    Labels labels(batch);
    for (Index i = 0; i < batch; ++i) {
        labels(i) = static_cast<int>((i + step) % 4);
    }
    return labels;
}

/// The images and labels [first, first + count) of a batch.
template <class Scalar>
Tensor<Scalar, 4> part_of(const Tensor<Scalar, 4>& images, Index first, Index count) {
    return images.slice(std::array<Index, 4>{first, 0, 0, 0}, std::array<Index, 4>{count, 8, 8, 3});
}
Labels part_of(const Labels& labels, Index first, Index count) {
    return labels.slice(std::array<Index, 1>{first}, std::array<Index, 1>{count});
}

/// Where part `part` of `parts` lies in a batch. The parts are of different sizes if 8 can't be divided.
BatchShare share_of(Index part, Index parts) { return {batch * part / parts, batch}; }
Index images_in(Index part, Index parts) { return batch * (part + 1) / parts - batch * part / parts; }

template <class AnyNet>
AnyNet new_net() {
    return AnyNet({.steps = 3, .seed = 5, .neuron = {.threshold = 0.4, .step_dropout = 0.3}});
}
template <class AnyNet>
Sgd<AnyNet> new_optimizer() {
    return Sgd<AnyNet>{{.learning_rate = 0.1, .momentum = 0.9, .weight_decay = 1e-3}};
}

/// Ten steps of all processes.
template <class Scalar>
NetOf<Scalar> train_together(MpiGroup& group) {
    using AnyNet = NetOf<Scalar>;
    AnyNet net = new_net<AnyNet>();
    Sgd<AnyNet> sgd = new_optimizer<AnyNet>();
    Tape<AnyNet> tape(9);
    tape.group = &group;
    tape.share = share_of(group.rank(), group.size());
    const Index mine = images_in(group.rank(), group.size());
    for (Index step = 0; step < steps_of_training; ++step) {
        const auto logits = net.forward(part_of(images_of_step<Scalar>(step), tape.share.first, mine), tape);
        auto gradient = cross_entropy(logits, part_of(labels_of_step(step), tape.share.first, mine)).gradient;
        gradient = (gradient * (Scalar(mine) / Scalar(batch))).eval();
        begin_gradients(net, group);
        net.backward(gradient, tape);
        group.finish_gradients();
        sgd.step(net);
    }
    return net;
}

/// The same steps of one process with whole batches.
Net train_alone() {
    Net net = new_net<Net>();
    Sgd<Net> sgd = new_optimizer<Net>();
    Tape<Net> tape(9);
    for (Index step = 0; step < steps_of_training; ++step) {
        const auto logits = net.forward(images_of_step<double>(step), tape);
        net.backward(cross_entropy(logits, labels_of_step(step)).gradient, tape);
        sgd.step(net);
    }
    return net;
}

/// The same steps of one process that takes every batch in parts, one after the other.
Net train_in_parts(Index parts) {
    Net net = new_net<Net>();
    Sgd<Net> sgd = new_optimizer<Net>();
    Tape<Net> tape(9);
    for (Index step = 0; step < steps_of_training; ++step) {
        const Random before = tape.random;
        for (Index part = 0; part < parts; ++part) {
            const Index mine = images_in(part, parts);
            tape.random = before;  // the steps that are dropped are those of the whole batch
            tape.share = share_of(part, parts);
            const auto logits = net.forward(part_of(images_of_step<double>(step), tape.share.first, mine), tape);
            auto gradient = cross_entropy(logits, part_of(labels_of_step(step), tape.share.first, mine)).gradient;
            gradient = (gradient * (double(mine) / double(batch))).eval();
            net.backward(gradient, tape);
        }
        sgd.step(net);
    }
    return net;
}

/// Whether the values are the same bits in all processes.
bool is_equal_everywhere(const std::vector<double>& values) {
    std::vector<double> of_first = values;
    MPI_Bcast(of_first.data(), static_cast<int>(of_first.size()), MPI_DOUBLE, 0, MPI_COMM_WORLD);
    return of_first == values;
}

}  // namespace

TEST_CASE("with shared statistics processes make the steps of one process with the whole batch") {
    MpiGroup group({.shares_statistics = true});
    check_close(train_together<double>(group), train_alone());
}

TEST_CASE("with statistics of their own processes make the steps of a loop over the parts of the batch") {
    MpiGroup group;
    check_close(train_together<double>(group), train_in_parts(group.size()));
}

TEST_CASE("all processes have the same bits after every training, in float too") {
    MpiGroup shared({.shares_statistics = true}), own;
    CHECK(is_equal_everywhere(values_of(train_together<float>(shared))));
    CHECK(is_equal_everywhere(values_of(train_together<float>(own))));
}

TEST_CASE("the size of the buckets does not change a bit") {
    MpiGroup small({.bucket_bytes = 1}), large({.bucket_bytes = 1 << 28});
    CHECK(values_of(train_together<float>(small)) == values_of(train_together<float>(large)));
}

TEST_CASE("a sum has the values of all processes") {
    MpiGroup group;
    std::vector<double> values{1, static_cast<double>(group.rank()), 0.1};
    group.sum(values.data(), 3);
    const int n = group.size();
    CHECK(values[0] == n);
    CHECK(values[1] == n * (n - 1) / 2);
    CHECK(is_equal_everywhere(values));
}

TEST_CASE("weights that the first process has become those of all") {
    Net net({.steps = 3, .seed = static_cast<std::uint64_t>(MpiGroup().rank())});
    broadcast_weights(net);
    CHECK(is_equal_everywhere(values_of(net)));
}

TEST_CASE("buckets below one byte and a second session are errors") {
    CHECK_THROWS_WITH(MpiGroup({.bucket_bytes = 0}), contains_text("bucket_bytes is 0"));
    CHECK_THROWS_WITH(MpiSession(0, nullptr), contains_text("MPI is running already"));
}
