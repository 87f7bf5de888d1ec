// SPDX-License-Identifier: MIT
// Two layers of one's own in a network: their gradients are checked, then the network learns. docs/own_layer.md explains
// them step by step and quotes the parts between the marks.
// [names]
#include <staa/staa.hpp>
#include <staa/testing/check_gradients.hpp>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>

using staa::Analog;
using staa::Call;
using staa::Index;
using staa::Nothing;
// [/names]

// [dropout]
/// Dropout: in training y = factor · x, where a factor is 0 with probability p and else 1 / (1 - p); in evaluation y = x.
struct OwnDropout {
    static constexpr const char* kind = "own dropout";

    template <class In>
    struct at : staa::LayerDefaults<In> {
        static_assert(!In::is_spikes, "OwnDropout: its input is spikes, but it needs analog values");
        using Output = In;
        using Scalar = typename In::Scalar;
        static constexpr bool reads_input = false;

        struct Tape {
            staa::Buffer<Scalar> factors;  ///< [T, N, H, W, C]
        };

        void forward(const Analog<Scalar>& x, Analog<Scalar>& y, Tape& tape, const Call& call) const {
            const Index size = x.extents().size();
            if (call.random != nullptr || tape.factors.size() != size) {
                tape.factors.resize(call.arena, size);
                std::generate_n(tape.factors.data(), size, [&] {
                    const bool drops = call.random != nullptr && call.random->uniform() < probability;
                    const double kept = call.random != nullptr ? 1 / (1 - probability) : 1;
                    return static_cast<Scalar>(drops ? 0 : kept);
                });
            }
            multiply(x, tape, y, call);
        }

        void infer(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            y.resize(call.arena, x.extents());
            std::copy_n(x.data(), x.extents().size(), y.data());
        }

        void backward(const Analog<Scalar>&, const Analog<Scalar>& dy, Analog<Scalar>* dx, Nothing&, Tape& tape,
                      const Call& call) const {
            if (dx != nullptr) {
                multiply(dy, tape, *dx, call);
            }
        }

        static void multiply(const Analog<Scalar>& from, const Tape& tape, Analog<Scalar>& to, const Call& call) {
            to.resize(call.arena, from.extents());
            for (Index i = 0; i < from.extents().size(); ++i) {
                to.data()[i] = tape.factors.data()[i] * from.data()[i];
            }
        }

        double probability = 0.2;
    };
};
// [/dropout]

/// A learnt scale per channel.
struct ChannelScale {
    static constexpr const char* kind = "channel scale";

    template <class In>
    struct at : staa::LayerDefaults<In> {
        static_assert(!In::is_spikes, "ChannelScale: its input is spikes, but it needs analog values");
        // [scale types]
        using Output = In;
        using Scalar = typename In::Scalar;
        static constexpr bool reads_input = true;

        struct Parameters {
            staa::Tensor<Scalar, 1> scale;  ///< [C]
        };
        Parameters parameters{staa::filled<Scalar>(1, In::channels)};
        // [/scale types]

        // [scale visit]
        static constexpr Index parameter_count(Index) { return In::channels; }

        template <class Self, class Visitor, class... Trees>
        static void visit(Self& self, const std::string& prefix, Visitor&& visitor, Trees&... trees) {
            visitor(staa::ParameterName{prefix + "scale", staa::Layout::same, {In::channels}}, self.parameters.scale,
                    trees.scale...);
        }
        // [/scale visit]

        // [scale forward]
        /// y = scale · x, channel by channel
        void forward(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            multiply(x, y, call);
        }
        void infer(const Analog<Scalar>& x, Analog<Scalar>& y, Nothing&, const Call& call) const {
            multiply(x, y, call);
        }

        void multiply(const Analog<Scalar>& from, Analog<Scalar>& to, const Call& call) const {
            to.resize(call.arena, from.extents());
            staa::parallel_for(to.extents().images(), to.extents().map_size(), [&](Index image) {
                for (Index i = 0; i < to.extents().map_size(); ++i) {
                    to.map(image)[i] = parameters.scale(i % In::channels) * from.map(image)[i];
                }
            });
        }
        // [/scale forward]

        // [scale backward]
        /// d_scale = sum of dy · x over all steps, images and pixels;  dx = scale · dy
        void backward(const Analog<Scalar>& x, const Analog<Scalar>& dy, Analog<Scalar>* dx, Parameters& gradients,
                      Nothing&, const Call& call) const {
            const Index images = x.extents().images(), size = x.extents().map_size();
            const staa::Scratch<Scalar> sums(call.arena, images * In::channels);  // a row per image
            staa::parallel_for(images, size, [&](Index image) {
                Scalar* sum = sums.data() + image * In::channels;
                std::fill_n(sum, In::channels, Scalar(0));
                for (Index i = 0; i < size; ++i) {
                    sum[i % In::channels] += dy.map(image)[i] * x.map(image)[i];
                }
            });
            for (Index i = 0; i < images * In::channels; ++i) {
                gradients.scale(i % In::channels) += sums.data()[i];
            }
            if (dx != nullptr) {
                multiply(dy, *dx, call);
            }
        }
        // [/scale backward]
    };
};

// [network]
/// For images of Side x Side. To be trained in float with spikes, to be checked in double with ramps.
template <class Real, class Surrogate, int Side>
using Net =
    staa::Network<staa::Image<3, Side, Side, Real>, staa::Conv2d<16, 3, 2>, staa::BatchNorm, staa::Lif<Surrogate>,
                  staa::Conv2d<32, 3, 2>, staa::BatchNorm, staa::Named<"scale", ChannelScale>, staa::Lif<Surrogate>,
                  staa::GlobalAvgPool, staa::Named<"dropout", OwnDropout>, staa::Linear<10>>;
// [/network]

// [check]
/// Each layer alone, then both in a network with ramps in place of spikes.
bool gradients_are_right() {
    using Small = staa::Frames<5, 4, 3, double>;
    const staa::GradientReport of_dropout = staa::check_gradients<OwnDropout, Small>();
    const staa::GradientReport of_scale = staa::check_gradients<ChannelScale, Small>();

    Net<double, staa::Ramp, 8> net({.steps = 2, .neuron = {.surrogate_width = 2}});
    net.layer<"dropout">().probability = 0.4;
    const staa::GradientReport of_network = staa::check_gradients(net);

    std::cout << "OwnDropout: " << of_dropout << "ChannelScale: " << of_scale << "network: " << of_network;
    return of_dropout.ok() && of_scale.ok() && of_network.ok();
}
// [/check]

// [train]
using Trained = Net<float, staa::Rectangle, 32>;

/// The mean loss in evaluation, over all images.
double loss_of(const Trained& net, staa::Loader<staa::SyntheticImages>& loader, Index images) {
    double sum = 0;
    for (auto&& [batch, labels] : loader.epoch(0)) {
        sum += staa::cross_entropy(net.infer(batch), labels).value * static_cast<double>(labels.size());
    }
    return sum / static_cast<double>(images);
}

/// Whether a few epochs on images that are drawn by the program make the loss smaller.
bool learns() {
    const staa::SyntheticImages data(640);
    staa::Loader loader{data, {.batch = 64}};
    Trained net({.steps = 2});
    staa::Sgd<Trained> sgd{{.learning_rate = 0.1, .momentum = 0.9}};
    staa::Tape<Trained> tape;
    const double before = loss_of(net, loader, data.size());
    for (Index epoch = 1; epoch <= 3; ++epoch) {
        for (auto&& [images, labels] : loader.epoch(epoch)) {
            const Trained::Logits logits = net.forward(images, tape);  // draws from the tape's generator
            net.backward(staa::cross_entropy(logits, labels).gradient, tape);
            sgd.step(net);
        }
    }
    const double after = loss_of(net, loader, data.size());
    std::printf("loss before %.3f, after 3 epochs %.3f\n", before, after);
    return after < before;
}
// [/train]

int main() {
    const bool is_right = gradients_are_right();
    return is_right && learns() ? 0 : 1;
}
