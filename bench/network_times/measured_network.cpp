// SPDX-License-Identifier: MIT
// One network of staa_network_times. CMake compiles this file once per network, each time with another name, topology,
// width and neuron.
#include <chrono>
#include <cstddef>
#include <vector>

#include "network_times/counted_neuron.hpp"
#include "network_times/measurement.hpp"
#include "staa/io/safetensors.hpp"
#include "staa/networks/resnet.hpp"
#include "staa/networks/vgg.hpp"
#include "staa/training/loss.hpp"
#include "support/memory.hpp"

namespace {

using namespace network_times;
using namespace staa;

using Input = Image<3, 32, 32>;
template <int Width, class Neuron, class StemNeuron>
using ResNet20OfNeurons = ResNet20On<Input, Width, 10, Neuron, ConvBn, StemNeuron>;
template <int Width, class Neuron, class>
using Vgg13OfNeurons = Vgg13On<Input, Width, 10, Neuron>;

using Neuron = NETWORK_NEURON<>;
using Net = NETWORK_TOPOLOGY<NETWORK_WIDTH, Neuron, Lif<>>;
using CountedNet = NETWORK_TOPOLOGY<NETWORK_WIDTH, Counted<Neuron>, Counted<Lif<>>>;

constexpr NetworkOptions options{.steps = 4};

struct Batch {
    Net::Images images;
    Labels labels;
};

/// Images in the order [N, H, W, C], from PyTorch's order [N, C, H, W].
Net::Images read_images(Safetensors& file) {
    const std::vector<float> values = file.values<float>("images");
    constexpr Index pixels = Input::height * Input::width, channels = Input::channels;
    const Index count = static_cast<Index>(values.size()) / (pixels * channels);
    Net::Images images(count, Input::height, Input::width, channels);
    for (Index i = 0; i < images.size(); ++i) {
        const Index n = i / (pixels * channels), pixel = i / channels % pixels, channel = i % channels;
        images.data()[i] = values[static_cast<std::size_t>((n * channels + channel) * pixels + pixel)];
    }
    return images;
}

Batch read_batch(const std::filesystem::path& path) {
    Safetensors file = Safetensors::open(path);
    const std::vector<Index>& shape = file.at("images").shape;
    if (shape.size() != 4 || shape[1] != Input::channels || shape[2] != Input::height || shape[3] != Input::width) {
        fail(path.string(), ": \"images\" have another shape; expected [N, 3, 32, 32]");
    }
    Batch batch{read_images(file), {}};
    const std::vector<std::int64_t> labels = file.values<std::int64_t>("labels");
    batch.labels.resize(static_cast<Index>(labels.size()));
    for (Index n = 0; n < batch.labels.size(); ++n) {
        batch.labels(n) = static_cast<int>(labels[static_cast<std::size_t>(n)]);
    }
    return batch;
}

template <class Pass>
double seconds_of(Index passes, Pass&& pass) {
    const auto start = std::chrono::steady_clock::now();
    for (Index i = 0; i < passes; ++i) {
        pass();
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Seconds per pass, one value per repeat. The first passes ask for memory and fill the caches; the next one says how
/// many passes a repeat needs.
template <class Pass>
std::vector<double> time(const Request& request, Pass&& pass) {
    seconds_of(2, pass);
    const auto passes = 1 + static_cast<Index>(request.seconds / seconds_of(1, pass));
    std::vector<double> times;
    for (int repeat = 0; repeat < request.repeats; ++repeat) {
        times.push_back(seconds_of(passes, pass) / static_cast<double>(passes));
    }
    return times;
}

/// A training step: zero gradients, forward, cross entropy, backward. No optimiser, no dropped step.
std::vector<double> time_training(const Request& request, const Batch& batch, Net& net) {
    Tape<Net> tape;
    tape.draw_dropout = false;
    return time(request, [&] {
        net.zero_gradients();
        const auto logits = net.forward(batch.images, tape);
        net.backward(cross_entropy(logits, batch.labels).gradient, tape);
    });
}

std::vector<double> time_inference(const Request& request, const Batch& batch, const Net& net) {
    State<Net> memory = net.start();
    volatile float used = 0;  // a compiler may leave out what is not used
    return time(request, [&] { used = net.infer(batch.images, memory)(0, 0); });
}

/// Called after the timing, so that its memory is not in the peak.
void count_spikes(const Request& request, const Batch& batch, Measurement& found) {
    CountedNet net(options);
    load(net, request.weights);
    const auto logits = net.infer(batch.images);
    found.logits.assign(logits.data(), logits.data() + logits.size());
    found.firing_rates = counted_rates();
}

Measurement measure(const Request& request) {
    const Batch batch = read_batch(request.batch);
    Measurement found;
    found.images = batch.images.dimension(0);
    found.resident_before_mib = staa_bench::resident_mib();
    {
        Net net(options);
        load(net, request.weights);
        found.seconds =
            request.measure == "training" ? time_training(request, batch, net) : time_inference(request, batch, net);
        found.resident_peak_mib = staa_bench::resident_peak_mib();
    }
    count_spikes(request, batch, found);
    return found;
}

[[maybe_unused]] const bool entered = [] {
    built_networks().push_back({NETWORK_NAME, measure});
    return true;
}();

}  // namespace
