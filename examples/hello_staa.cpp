// SPDX-License-Identifier: MIT
// A spiking network learns to tell ten figures apart, on pictures that it draws itself. Start reading here.
#include <cstdio>
#include <staa/staa.hpp>

using namespace staa;

using Net = Network<Image<3, 32, 32>,                                                      // input: one colour image
                    Conv2d<16, 3, 2>, BatchNorm, Lif<>,                                    // 16 x 16, plain neurons
                    Residual<Conv2d<16>, BatchNorm, Lif<>, Conv2d<16>, BatchNorm>, Lif<>,  // y = body(x) + x
                    Conv2d<32, 3, 2>, BatchNorm, StaaLif<>,                                // 8 x 8, with attention
                    GlobalAvgPool, Linear<10>>;                                            // logits of ten classes

int main() {
    SyntheticImages train(4000), test(1000, 1, Split::test);
    Loader batches{train, {.batch = 32}};
    Loader test_batches{test, {.batch = 100, .augmentation = Augmentation::none()}};

    Net net{{.steps = 2, .seed = 1}};  // T = 2 time steps
    Tape<Net> tape;                    // what forward leaves for backward
    Sgd<Net> sgd{{.learning_rate = 0.05, .momentum = 0.9, .weight_decay = 5e-4}};
    for (Index epoch = 0; epoch < 5; ++epoch) {
        double sum = 0;
        for (auto&& [images, labels] : batches.epoch(epoch)) {
            auto logits = net.forward(images, tape);
            auto [loss, gradient] = cross_entropy(logits, labels);
            net.backward(gradient, tape);
            sgd.step(net);
            sum += loss * static_cast<double>(labels.size());
        }
        std::printf("epoch %td: loss %.3f\n", epoch + 1, sum / 4000);
    }
    Index correct = 0;
    for (auto&& [images, labels] : test_batches.epoch(0)) {
        correct += count_correct(net.infer(images), labels);
    }
    std::printf("test accuracy: %.2f %%\n", static_cast<double>(correct) / 10);
}
