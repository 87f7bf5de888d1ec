// SPDX-License-Identifier: MIT
// The smallest use of the library: a network, a batch of two images, their logits.
#include <staa/staa.hpp>

using Net = staa::Network<staa::Image<3, 8, 8>, staa::Conv2d<8>, staa::BatchNorm, staa::Lif<>, staa::GlobalAvgPool,
                          staa::Linear<10>>;

int main() {
    Net net{{.steps = 2, .seed = 1}};
    staa::Tensor<float, 4> images(2, 8, 8, 3);
    images.setRandom();
    const auto logits = net.infer(images);
    return logits.dimension(0) == 2 && logits.dimension(1) == 10 ? 0 : 1;
}
