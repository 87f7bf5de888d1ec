// SPDX-License-Identifier: MIT
#include "staa/layers/dropout.hpp"

#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

using Maps = Frames<67, 3, 5, double>;
using SpikeMaps = Map<67, 3, 5, Signal::spikes, double>;
static_assert(Layer<Dropout::at<Maps>> && Layer<Dropout::at<SpikeMaps>>);
static_assert(!Dropout::at<SpikeMaps>::Output::is_spikes && Dropout::at<Image<3, 4, 4>>::Output::is_constant);

/// Three steps of two images with dropout drawn from `seed`.
template <class In = Maps>
struct Dropped : OneLayer<Dropout::at<In>> {
    explicit Dropped(double probability, std::uint64_t seed = 5) : OneLayer<Dropout::at<In>>(Setup{.steps = 3}, 2) {
        this->layer.probability = probability;
        Random generator(seed);
        this->forward(&generator);
    }
    std::vector<double> output() const { return {this->y.data(), this->y.data() + this->y.extents().size()}; }
};

}  // namespace

TEST_CASE("Dropout: about a share p is dropped, and the others are scaled by 1 / (1 - p)") {
    for (const double p : {0.2, 0.5, 0.9}) {
        const Dropped<> one(p);
        Index zeros = 0;
        bool scaled = true;
        for (Index i = 0; i < one.y.extents().size(); ++i) {
            zeros += one.y.data()[i] == 0 ? 1 : 0;
            scaled = scaled && (one.y.data()[i] == 0 || one.y.data()[i] == one.x.data()[i] * (1 / (1 - p)));
        }
        CHECK(scaled);
        CHECK_THAT(static_cast<double>(zeros) / static_cast<double>(one.y.extents().size()), WithinAbs(p, 0.04));
    }
}

TEST_CASE("Dropout: the pattern is the same at every step of a call, and another for each image") {
    const Dropped<> one(0.5);
    const Index size = one.y.extents().map_size();
    const auto kept = [&](Index image) {
        std::vector<bool> bits;
        for (Index i = 0; i < size; ++i) {
            bits.push_back(one.y.map(image)[i] != 0);
        }
        return bits;
    };
    CHECK((kept(0) == kept(2) && kept(0) == kept(4) && kept(1) == kept(3)));
    CHECK(kept(0) != kept(1));
}

TEST_CASE("Dropout: the pattern is a function of the generator, for any number of threads") {
    const std::vector<double> expected = Dropped<>(0.5).output();
    const int before = threads();
    set_threads(1);
    CHECK(Dropped<>(0.5).output() == expected);
    set_threads(before);
    CHECK(Dropped<>(0.5, 6).output() != expected);
}

TEST_CASE("Dropout: without a generator the pattern of the tape stands, and without a pattern nothing is dropped") {
    Dropped<> one(0.5);
    const std::vector<double> expected = one.output();
    one.forward();
    CHECK(one.output() == expected);

    OneLayer<Dropout::at<Maps>> fresh(Setup{.steps = 3}, 2);
    fresh.forward();
    CHECK(std::equal(fresh.y.data(), fresh.y.data() + fresh.y.extents().size(), fresh.x.data()));

    one.batch = 1;  // a pattern of two images is none of one
    one.x.resize(one.arena, Maps::extents(3, 1));
    std::fill_n(one.x.data(), one.x.extents().size(), 1.0);
    one.forward();
    CHECK(std::all_of(one.y.data(), one.y.data() + one.y.extents().size(), [](double y) { return y == 1; }));
}

TEST_CASE("Dropout: inference, and training with probability 0, change nothing") {
    Dropped<> one(0.0);
    CHECK(std::equal(one.y.data(), one.y.data() + one.y.extents().size(), one.x.data()));
    one.layer.probability = 0.5;
    Analog<double> y;
    Nothing state;
    one.layer.infer(one.x, y, state, one.call());
    CHECK(std::equal(y.data(), y.data() + y.extents().size(), one.x.data()));
}

TEST_CASE("Dropout: spikes give what the same zeros and ones as numbers give") {
    Dropped<SpikeMaps> bits(0.3);
    OneLayer<Dropout::at<Maps>> numbers(Setup{.steps = 3}, 2);
    for (Index i = 0; i < numbers.x.extents().size(); ++i) {
        numbers.x.data()[i] = bits.x.test(i / 67, i % 67) ? 1.0 : 0.0;
    }
    numbers.layer.probability = 0.3;
    Random generator(5);
    numbers.forward(&generator);
    CHECK(std::equal(bits.y.data(), bits.y.data() + bits.y.extents().size(), numbers.y.data()));
    Nothing state;
    bits.layer.infer(bits.x, bits.y, state, bits.call());
    CHECK(std::equal(bits.y.data(), bits.y.data() + bits.y.extents().size(), numbers.x.data()));
}

TEST_CASE("Dropout: gradients are the derivatives, through the pattern of forward") {
    Dropout::at<Frames<3, 2, 3, double>> layer;
    layer.probability = 0.4;
    const GradientReport report = staa::check_gradients(layer);
    check_report(report);
    check_report(staa::check_gradients<Dropout, Image<3, 2, 3, double>>());
}

TEST_CASE("Dropout: a probability below 0, or of 1 and more, is an Error") {
    for (const double p : {-0.1, 1.0, std::nan("")}) {
        CHECK_THROWS_WITH(Dropped<>(p), contains_text("staa::Dropout: probability is") && contains_text("[0, 1)"));
    }
}
