// SPDX-License-Identifier: MIT
// The command line of train_cifar.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>

#include "staa/core/error.hpp"
#include "staa/core/parallel.hpp"

namespace example {

using staa::Index;

struct Options {
    std::string data = "synthetic";
    int classes = 10;
    int width = 16;
    std::string neuron = "staa";
    Index steps = 2;
    Index epochs = 0;  ///< before `read_options` fills it in; as the next four, it depends on the data
    Index batch = 0;
    double learning_rate = 0;
    Index limit_train = 0;
    Index limit_test = 0;
    int threads = staa::threads();
    Index seed = 1;
    std::filesystem::path out = "train_cifar_results";

    bool is_synthetic() const { return data == "synthetic"; }
};

inline void check_range(const char* name, Index value, Index least, Index most) {
    if (value < least || value > most) {
        staa::fail(name, " ", value, ": expected a whole number from ", least, " to ", most);
    }
}

/// What no file and no network has to be asked for.
inline void check(const Options& options) {
    constexpr Index million = 1'000'000;
    check_range("--steps", options.steps, 1, 1000);
    check_range("--epochs", options.epochs, 1, million);
    check_range("--batch", options.batch, 1, million);
    check_range("--limit-train", options.limit_train, 1, million);
    check_range("--limit-test", options.limit_test, 1, million);
    check_range("--threads", options.threads, 1, 1024);
    check_range("--seed", options.seed, 0, std::numeric_limits<Index>::max());
    if (!(options.learning_rate > 0 && options.learning_rate <= std::numeric_limits<float>::max())) {
        staa::fail("--lr ", options.learning_rate, ": expected a number above 0, such as 0.1");
    }
    if (options.is_synthetic() && options.classes != 10) {
        staa::fail("--classes ", options.classes, ": the synthetic data set has 10; for ", options.classes,
                   " give a folder with --data");
    }
}

/// Fills in `options` from the command line. Gives the exit code where the program has nothing left to do: 0 after
/// --help, 1 after a command line that can't be read; both have then been printed. An option out of its range is a
/// staa::Error.
inline std::optional<int> read_options(int argc, const char* const* argv, Options& options) {
    CLI::App app{"Trains a spiking ResNet-20 on CIFAR-10, CIFAR-100 or a data set that it draws itself."};
    app.add_option(
           "--data", options.data,
           "folder of CIFAR's binary files (data_batch_1.bin, ...; CIFAR-100: train.bin, test.bin), or synthetic")
        ->capture_default_str();
    app.add_option("--classes", options.classes, "10 or 100")->capture_default_str();
    app.add_option("--width", options.width, "channels of the first stage: 16 or 64")->capture_default_str();
    app.add_option("--neuron", options.neuron, "staa: with spatial-temporal attention; lif: without")
        ->capture_default_str();
    app.add_option("--steps", options.steps, "time steps an image is shown for (T)")->capture_default_str();
    const auto* epochs = app.add_option("--epochs", options.epochs, "passes over the images (synthetic: 8, else 30)");
    const auto* batch = app.add_option("--batch", options.batch, "images a step of SGD (synthetic: 32, else 64)");
    const auto* learning_rate =
        app.add_option("--lr", options.learning_rate,
                       "learning rate at the start; it falls to 0 along a cosine (synthetic: 0.03, else 0.1)");
    const auto* limit_train =
        app.add_option("--limit-train", options.limit_train, "training images to use (synthetic: 6000, else all)");
    const auto* limit_test =
        app.add_option("--limit-test", options.limit_test, "test images to use (synthetic: 1000, else all)");
    app.add_option("--threads", options.threads, "threads")->capture_default_str();
    app.add_option("--seed", options.seed, "of the weights, the order of the images and their crops")
        ->capture_default_str();
    app.add_option("--out", options.out, "folder for log.csv, metrics.json and learning_curves.png")
        ->default_str(options.out.string());
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
    }
    constexpr Index all = 1'000'000;
    const auto fill_in = [&](const CLI::Option* option, auto& value, auto synthetic, auto cifar) {
        if (option->count() == 0) {
            value = options.is_synthetic() ? synthetic : cifar;
        }
    };
    fill_in(epochs, options.epochs, 8, 30);
    fill_in(batch, options.batch, 32, 64);
    fill_in(learning_rate, options.learning_rate, 0.03, 0.1);
    fill_in(limit_train, options.limit_train, Index{6000}, all);
    fill_in(limit_test, options.limit_test, Index{1000}, all);
    check(options);
    return std::nullopt;
}

}  // namespace example
