// SPDX-License-Identifier: MIT
// The blocks of C++ in docs/your_own_data.md. quotes_test.cpp compares them.
#include <staa/staa.hpp>

#include <cstdint>
#include <cstdio>
#include <vector>

#include "support/catch.hpp"

namespace {

using namespace staa;

// [own type]
class Stripes {  // 28 x 28 grey pictures that are never stored: level or upright stripes
 public:
    staa::Index size() const { return 1000; }
    int classes() const { return 2; }
    staa::Index height() const { return 28; }
    staa::Index width() const { return 28; }
    staa::Index channels() const { return 1; }  // 1: grey; 3: red, green, blue
    staa::Normalisation normalisation() const { return {.mean = {0.5}, .deviation = {0.5}}; }
    staa::Sample sample(staa::Index i) const {  // the pixels must live as long as the data set
        const int label = static_cast<int>(i % 2);
        return {.pixels = label == 0 ? level_ : upright_, .label = label};
    }

 private:
    static std::vector<std::uint8_t> stripes(bool upright) {
        std::vector<std::uint8_t> pixels;
        for (int y = 0; y < 28; ++y) {
            for (int x = 0; x < 28; ++x) {
                pixels.push_back((upright ? x : y) % 4 < 2 ? 255 : 0);
            }
        }
        return pixels;
    }
    std::vector<std::uint8_t> level_ = stripes(false), upright_ = stripes(true);
};
static_assert(staa::ImageDataSet<Stripes>);
// [/own type]

/// What a user has: the bytes of all images, and a label of each.
std::vector<std::uint8_t> bytes_of_my_images() {
    const Stripes stripes;
    std::vector<std::uint8_t> bytes;
    for (Index i = 0; i < 200; ++i) {
        bytes.insert(bytes.end(), stripes.sample(i).pixels.begin(), stripes.sample(i).pixels.end());
    }
    return bytes;
}
std::vector<int> my_labels() {
    std::vector<int> labels;
    for (int i = 0; i < 200; ++i) {
        labels.push_back(i % 2);
    }
    return labels;
}

}  // namespace

TEST_CASE("docs/your_own_data.md: grey images in memory go through a loader, and a network learns them") {
    // [memory]
    const std::vector<std::uint8_t> pixels = bytes_of_my_images();  // [images, 28, 28], row by row
    const std::vector<int> labels = my_labels();                    // one per image, from 0
    staa::StoredImages::Description description{.height = 28, .width = 28, .classes = 2, .channels = 1};
    description.normalisation = staa::normalisation_of(staa::StoredImages(description, pixels, labels));
    const staa::StoredImages images(description, pixels, labels);
    staa::Loader batches{images, {.batch = 20, .augmentation = {.crop_padding = 2, .flip = false}}};
    // [/memory]
    // [network]
    using Net =
        staa::Network<staa::Image<1, 28, 28>, staa::Conv2d<8, 3, 2>, staa::BatchNorm, staa::Lif<>,
                      staa::Conv2d<8, 3, 2>, staa::BatchNorm, staa::Lif<>, staa::GlobalAvgPool, staa::Linear<2>>;
    Net net{{.steps = 2, .seed = 1}};
    staa::Tape<Net> tape;
    staa::Sgd<Net> sgd{{.learning_rate = 0.1, .momentum = 0.9}};
    for (staa::Index epoch = 0; epoch < 3; ++epoch) {
        for (auto&& [batch, batch_labels] : batches.epoch(epoch)) {  // [N, 28, 28, 1] and [N]
            net.backward(staa::cross_entropy(net.forward(batch, tape), batch_labels).gradient, tape);
            sgd.step(net);
        }
    }
    // [/network]
    Loader test{images, {.batch = 50, .shuffle = false, .augmentation = Augmentation::none()}};
    const Scores scores = evaluate(net, test);
    CHECK(scores.images == 200);
    CHECK(scores.correct > 190);
}

TEST_CASE("docs/your_own_data.md: a data set of one's own type") {
    const Stripes stripes;
    Loader loader{stripes, {.batch = 500, .augmentation = Augmentation::none()}};
    Index images = 0;
    for (auto&& [batch, labels] : loader.epoch(0)) {
        images += batch.dimension(0);
        CHECK(batch.dimension(3) == 1);
    }
    CHECK(images == 1000);
}
