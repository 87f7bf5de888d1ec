// SPDX-License-Identifier: MIT
#include <classifier.hpp>

int main() {
    Classifier net{{.steps = 2, .seed = 1}};
    staa::Tensor<float, 4> images(2, 8, 8, 3);
    images.setRandom();
    Classifier::Tape tape;
    net.backward(net.forward(images, tape), tape);
    return net.infer(images).dimension(1) == 10 ? 0 : 1;
}
