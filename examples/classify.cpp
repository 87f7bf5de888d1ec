// SPDX-License-Identifier: MIT
// Says what is on pictures, with a trained network:
//     classify --weights examples/weights/vgg6_staa.safetensors picture.png another.jpg
// The file of weights says which network it belongs to. With --data it measures the accuracy on the test images.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string>
#include <vector>

#include "staa/core/parallel.hpp"
#include "staa/data/cifar.hpp"
#include "staa/data/read_picture.hpp"
#include "support/classifier.hpp"
#include "support/command_line.hpp"

namespace {

using namespace example;

struct ClassifyOptions {
    std::filesystem::path weights, data;
    std::vector<std::filesystem::path> pictures;
    std::size_t top = 3;
    bool mirror = true;
    int threads = staa::threads();
};

/// Prints the likeliest classes: "cat.png: cat 93.1 %, dog 4.2 %, deer 0.9 %".
void print_likeliest(const std::string& picture, const std::vector<double>& probabilities,
                     const std::vector<std::string>& class_names, std::size_t top) {
    std::vector<std::size_t> order(probabilities.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return probabilities[a] > probabilities[b]; });
    std::printf("%s:", picture.c_str());
    for (std::size_t i = 0; i < std::min(top, order.size()); ++i) {
        std::printf("%s %s %.1f %%", i > 0 ? "," : "", class_names[order[i]].c_str(), 100 * probabilities[order[i]]);
    }
    std::putchar('\n');
}

void measure(const Classifier& classifier, const WeightsDescription& description, const ClassifyOptions& options) {
    const auto accuracy = [&](const staa::StoredImages& images) {
        return classifier.evaluate(images, {.mirror = options.mirror}).accuracy();
    };
    const double result = description.choice.classes == 100
                              ? accuracy(staa::Cifar100::read(options.data, staa::Split::test))
                              : accuracy(staa::Cifar10::read(options.data, staa::Split::test));
    std::printf("test accuracy: %.2f %%\n", result);
}

/// Gives the number of pictures that could not be read.
int classify(const ClassifyOptions& options) {
    staa::set_threads(options.threads);
    staa::Safetensors file = staa::Safetensors::open(options.weights);
    const WeightsDescription description = description_of(file);
    const auto classifier = find_network<BuiltClassifier>(description.choice).load(file, description.options);
    if (!options.data.empty()) {
        measure(*classifier, description, options);
    }
    int failures = 0;
    for (const auto& picture : options.pictures) {
        try {
            const auto image = staa::network_input(staa::read_picture(picture), 32, 32, description.normalisation);
            print_likeliest(picture.string(), classifier->probabilities(image, {.mirror = options.mirror}),
                            description.class_names, options.top);
        } catch (const staa::Error& error) {
            std::fprintf(stderr, "classify: %s\n", error.what());
            ++failures;
        }
    }
    return failures;
}

}  // namespace

int main(int argc, char** argv) {
    ClassifyOptions options;
    CLI::App app{"Says what is on pictures, with the weights of a network that train_cifar trained."};
    app.add_option("--weights", options.weights, "safetensors file that train_cifar wrote")->required();
    app.add_option("--data", options.data, "folder of CIFAR's binary files: measures the accuracy on the test images");
    add_option(app, "--top", options.top, "number of classes to print per picture")->check(CLI::Range(1, 1000));
    app.add_option("--mirror", options.mirror, "look at each picture and at its mirror image: true or false");
    add_option(app, "--threads", options.threads, "number of threads")->check(CLI::Range(1, 1024));
    app.add_option("pictures", options.pictures, "PNG or JPEG files; their middle is resized to 32 x 32 pixels");
    return run_and_report("classify", [&] {
        if (const auto exit_code = parse(app, argc, argv)) {
            return *exit_code;
        }
        return classify(options) == 0 ? 0 : 1;
    });
}
