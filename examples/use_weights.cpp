// SPDX-License-Identifier: MIT
// Says what is on a picture, with published weights: use_weights picture.png, from the root of the repository.
#include <cstdio>
#include <staa/data/cifar.hpp>
#include <staa/data/read_picture.hpp>
#include <staa/io/safetensors.hpp>
#include <staa/staa.hpp>

int main(int count, char** arguments) {
    staa::Vgg6<64, 10> net{{.steps = 2}};
    staa::load(net, "examples/weights/vgg6_staa.safetensors");
    for (int i = 1; i < count; ++i) {
        auto picture = staa::read_picture(arguments[i]);
        auto logits = net.infer(staa::network_input(picture, 32, 32, staa::Cifar10::statistics));
        auto likeliest = std::max_element(logits.data(), logits.data() + logits.size()) - logits.data();
        std::printf("%s: %s\n", arguments[i], staa::cifar10_class_names[static_cast<std::size_t>(likeliest)]);
    }
}
