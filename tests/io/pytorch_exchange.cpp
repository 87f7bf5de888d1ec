// SPDX-License-Identifier: MIT
// The library's side of pytorch_round_trip.py:  staa_pytorch_exchange WEIGHTS IMAGES LOGITS SAVED Loads WEIGHTS, writes
// the logits of the tensor "images" [N, 3, 32, 32] of the file IMAGES to LOGITS, one number per line, and saves the
// weights to SAVED.
#include <cstdio>
#include <exception>
#include <fstream>
#include <limits>

#include "staa/io/safetensors.hpp"
#include "staa/networks/resnet.hpp"

namespace {

using namespace staa;
using Net = ResNet20On<Image<3, 32, 32, double>, 4, 10>;

Net::Images read_images(const char* path) {
    Safetensors file = Safetensors::open(path);
    const std::vector<double> values = file.values<double>("images");
    Net::Images images(file.at("images").shape[0], 32, 32, 3);
    for (Index i = 0; i < images.size(); ++i) {
        const Index pixel = i / 3 % (32 * 32), n = i / (3 * 32 * 32), c = i % 3;
        images.data()[i] = values[static_cast<std::size_t>((n * 3 + c) * 32 * 32 + pixel)];
    }
    return images;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5) {
        std::fputs("usage: staa_pytorch_exchange WEIGHTS IMAGES LOGITS SAVED\n", stderr);
        return 2;
    }
    try {
        Net net(NetworkOptions{.steps = 2});
        load(net, argv[1]);
        const Net::Logits logits = net.infer(read_images(argv[2]));
        std::ofstream out(argv[3]);
        out.precision(std::numeric_limits<double>::max_digits10);
        for (Index i = 0; i < logits.size(); ++i) {
            out << logits.data()[i] << '\n';
        }
        save(net, argv[4]);
        return out.flush() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "staa_pytorch_exchange: %s\n", error.what());
        return 1;
    }
}
