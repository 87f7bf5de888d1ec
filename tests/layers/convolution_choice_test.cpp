// SPDX-License-Identifier: MIT
// Which kernels a convolution of spikes takes, and that it does not matter for the result.
#include <set>

#include "staa/layers/batch_norm.hpp"
#include "staa/layers/convolution/conv2d.hpp"
#include "staa/layers/linear.hpp"
#include "staa/layers/neurons/lif.hpp"
#include "staa/layers/pooling.hpp"
#include "staa/networks/network.hpp"
#include "support/finite_differences.hpp"

namespace {

using namespace staa;
using namespace staa_tests;

template <int Channels, int Size>
using SpikeMaps = Map<Channels, Size, Size, Signal::spikes, double>;

/// A convolution of spikes whose window holds every third neuron, forward and backward.
template <int Out, int Kernel, int Size>
auto convolved(ConvolutionChoice choice, ConvolutionUse& use) {
    auto run = std::make_unique<OneLayer<typename Conv2d<Out, Kernel>::template at<SpikeMaps<5, Size>>>>(
        Setup{.convolution = choice});
    run->x.add_window(run->arena);
    for (Index pixel = 0; pixel < run->x.extents().pixels(); ++pixel) {
        for (Index c = pixel % 3; c < 5; c += 3) {
            run->x.window()[pixel] |= std::uint64_t{1} << c;
        }
    }
    run->forward();
    run->backward();
    use = run->tape.use;
    return run;
}

std::set<ConvolutionKernel> kernels_of(const ConvolutionUse& use) {
    return {use.forward, use.weight_gradient, use.input_gradient};
}

template <class A, class B>
double largest_distance(const A& a, const B& b, Index size) {
    double largest = 0;
    for (Index i = 0; i < size; ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a.data()[i] - b.data()[i])));
    }
    return largest;
}

template <int Out, int Kernel, int Size>
void check_choices() {
    ConvolutionUse of_lists, of_numbers;
    const auto lists = convolved<Out, Kernel, Size>(ConvolutionChoice::sparse, of_lists);
    const auto numbers = convolved<Out, Kernel, Size>(ConvolutionChoice::dense, of_numbers);
    CHECK(kernels_of(of_lists) == std::set{ConvolutionKernel::lists});
    CHECK(kernels_of(of_numbers) == std::set{ConvolutionKernel::dense});
    CHECK(largest_distance(lists->y, numbers->y, lists->y.extents().size()) < 1e-12);
    CHECK(largest_distance(lists->gradients.weight, numbers->gradients.weight, lists->gradients.weight.size()) < 1e-12);
    for (Index i = 0; i < lists->dx.extents().size(); ++i) {
        const bool inside = i % 5 % 3 == i / 5 % 3;
        INFO("neuron " << i);
        CHECK(std::abs(lists->dx.data()[i] - (inside ? numbers->dx.data()[i] : 0.0)) < 1e-12);
    }
}

}  // namespace

TEST_CASE("A convolution of spikes over lists and one over numbers give the same, inside the window") {
    check_choices<7, 3, 6>();
    check_choices<40, 3, 2>();
    check_choices<7, 1, 4>();
}

TEST_CASE("A convolution says how its input fired and which kernels it took") {
    ConvolutionUse use;
    const auto run = convolved<40, 3, 6>(ConvolutionChoice::by_rate, use);
    CHECK(use.firing_rate == run->x.firing_rate());
    CHECK(std::abs(use.window - 1.0 / 3.0) < 0.05);
    CHECK(use.input_gradient == ConvolutionKernel::lists);
}

TEST_CASE("A convolution of spikes to few channels takes tables at any rate, with the same result up to rounding") {
    using Layer = Conv2d<20>::at<SpikeMaps<5, 6>>;
    for (const Index period : {1, 2, 50}) {
        INFO("every " << period << ". neuron fires");
        OneLayer<Layer> one(Setup{});
        for (Index i = 0; i < one.x.extents().size(); ++i) {
            std::uint64_t& word = one.x.data()[i / 5];
            word &= ~(std::uint64_t{1} << i % 5);
            word |= std::uint64_t{i % period == 0} << i % 5;
        }
        one.forward();
        CHECK(one.tape.use.forward == ConvolutionKernel::tables);
        const std::vector<double> of_tables(one.y.data(), one.y.data() + one.y.extents().size());
        one.layer.choice = ConvolutionChoice::dense;
        one.forward();
        CHECK(one.tape.use.forward == ConvolutionKernel::dense);
        CHECK(largest_distance(of_tables, one.y, one.y.extents().size()) < 1e-12);
    }
}

TEST_CASE("A stream packs its weights anew where a convolution is told to take other kernels") {
    using Layer = Conv2d<20>::at<SpikeMaps<5, 6>>;
    OneLayer<Layer> one(Setup{});
    Call call = one.call();
    call.revision = 1;
    typename Layer::State state;
    one.layer.infer(one.x, one.y, state, call);
    const std::vector<double> of_tables(one.y.data(), one.y.data() + one.y.extents().size());
    one.layer.choice = ConvolutionChoice::sparse;
    one.layer.infer(one.x, one.y, state, call);
    CHECK(largest_distance(of_tables, one.y, one.y.extents().size()) < 1e-12);
}

TEST_CASE("The window is where the surrogate has a slope, and only training makes one") {
    OneLayer<Lif<>::at<Frames<70, 3, 3, double>>> neurons(Setup{.neuron = {.threshold = 0.5, .surrogate_width = 0.8}});
    neurons.forward();
    REQUIRE(neurons.y.window() != nullptr);
    const std::vector<double> potentials = potentials_of(neurons);
    Index wrong = 0;
    for (Index i = 0; i < neurons.y.extents().size(); ++i) {
        const bool has_slope = std::abs(potentials[static_cast<std::size_t>(i)] - 0.5) < 0.4;
        wrong += has_slope != ((neurons.y.window()[i / 70 * 2 + i % 70 / 64] >> (i % 70 % 64) & 1) != 0);
    }
    CHECK(wrong == 0);
    CHECK(neurons.y.window_share() > 0.1);

    NeuronState<double> state;
    neurons.layer.infer(neurons.x, neurons.y, state, neurons.call());
    CHECK(neurons.y.window() == nullptr);
    CHECK(neurons.y.window_share() == 1.0);
}

TEST_CASE("A surrogate without bounds makes no window") {
    OneLayer<Lif<Arctangent>::at<Frames<3, 3, 3, double>>> neurons(Setup{});
    neurons.forward();
    CHECK(neurons.y.window() == nullptr);
}

TEST_CASE("A network shows every convolution by its name, and takes the kernels it was told to") {
    using Net = Network<Image<3, 8, 8>, Conv2d<4>, BatchNorm, Lif<>, Conv2d<5>, BatchNorm, Lif<>,
                        Sequential<Named<"last", Conv2d<6>>>, BatchNorm, Lif<>, GlobalAvgPool, Linear<2>>;
    Random random(3);
    Tensor<float, 4> images(2, 8, 8, 3);
    for (Index i = 0; i < images.size(); ++i) {
        images.data()[i] = static_cast<float>(random.normal());
    }
    for (const ConvolutionChoice choice : {ConvolutionChoice::sparse, ConvolutionChoice::dense}) {
        Net net({.seed = 1, .convolution = choice});
        Tape<Net> tape;
        const Tensor<float, 2> logits = net.forward(images, tape);
        net.backward(logits, tape);
        std::vector<std::string> names;
        for_each_convolution(net, tape, [&](const std::string& name, const ConvolutionUse& use) {
            names.push_back(name);
            const auto kernel =
                choice == ConvolutionChoice::sparse ? ConvolutionKernel::lists : ConvolutionKernel::dense;
            const bool reads_image = name == "0.";  // it has no window
            CHECK((use.forward == kernel && use.weight_gradient == kernel));
            CHECK((reads_image || use.input_gradient == kernel));
            CHECK((reads_image ? use.firing_rate == 1 : use.firing_rate > 0.02 && use.firing_rate < 0.9));
        });
        CHECK(names == std::vector<std::string>{"0.", "3.", "6.last."});
    }
}

TEST_CASE("An analog map of which much is 0 is convolved over lists, one without zeros is not, with the same result") {
    using Layer = Conv2d<40>::at<Map<5, 6, 6, Signal::analog, float>>;
    OneLayer<Layer> one(Setup{});
    one.forward();
    one.backward();
    CHECK(one.tape.use.weight_gradient == ConvolutionKernel::dense);
    CHECK((one.tape.use.firing_rate == 1 && one.tape.use.forward == ConvolutionKernel::dense));
    for (Index i = 0; i < one.x.extents().size(); ++i) {
        one.x.data()[i] = i % 4 == 0 ? one.x.data()[i] : 0.0f;
    }
    set_zero_like(one.layer, one.gradients);
    one.forward();
    CHECK((one.tape.use.firing_rate == 0.25 && one.tape.use.forward == ConvolutionKernel::lists));
    one.backward();
    CHECK(one.tape.use.weight_gradient == ConvolutionKernel::lists);
    const std::vector<float> of_lists(one.y.data(), one.y.data() + one.y.extents().size());
    const Tensor<float, 4> gradient_of_lists = one.gradients.weight;
    one.layer.choice = ConvolutionChoice::dense;
    set_zero_like(one.layer, one.gradients);
    one.forward();
    one.backward();
    CHECK(std::equal(of_lists.begin(), of_lists.end(), one.y.data()));
    CHECK(largest_distance(gradient_of_lists, one.gradients.weight, gradient_of_lists.size()) < 1e-4);
}
