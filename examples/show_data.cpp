// SPDX-License-Identifier: MIT
// Draws the pictures of docs/data.md: the effect of augmentation on images and on recordings of an event camera, and
// the frames of recordings.
//
//     show_data --images cifar-10-batches-bin --recordings N-MNIST --out docs/pictures
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "staa/data/cifar.hpp"
#include "staa/data/event_augmentation.hpp"
#include "staa/data/event_frames.hpp"
#include "staa/data/loader.hpp"
#include "staa/data/mixing.hpp"
#include "staa/data/nmnist.hpp"
#include "staa/data/synthetic.hpp"
#include "staa/data/synthetic_events.hpp"
#include "staa/io/image.hpp"
#include "support/canvas.hpp"
#include "support/command_line.hpp"

namespace {

using example::Canvas;
using staa::Index;
using Pixels = staa::Tensor<std::uint8_t, 3>;

constexpr example::Colour ink{40, 44, 52};

/// A row of pictures with a name.
struct Row {
    std::string name;
    std::vector<Pixels> pictures;
};

/// Writes rows of pictures of one size as a PNG file, each pixel a square of `side`.
void write_rows(const std::filesystem::path& path, const std::vector<Row>& rows, int side, int name_width) {
    const int height = static_cast<int>(rows[0].pictures[0].dimension(0)) * side + 6;
    const int width = static_cast<int>(rows[0].pictures[0].dimension(1)) * side + 6;
    Canvas canvas(height * static_cast<int>(rows.size()) + 6,
                  name_width + width * static_cast<int>(rows[0].pictures.size()) + 6);
    int top = 6;
    for (const Row& row : rows) {
        canvas.text({10, top + height / 2.0 + 2}, row.name, 9, ink);
        int left = name_width;
        for (const Pixels& picture : row.pictures) {
            canvas.image(left, top, picture, side);
            left += width;
        }
        top += height;
    }
    staa::write_png(path, canvas.pixels());
    std::printf("%s\n", path.string().c_str());
}

/// Image `n` of a normalised batch, converted back to bytes.
Pixels picture_of(const staa::Tensor<float, 4>& images, Index n, const staa::Normalisation& normalisation) {
    Pixels picture(images.dimension(1), images.dimension(2), 3);
    for (Index y = 0; y < picture.dimension(0); ++y) {
        for (Index x = 0; x < picture.dimension(1); ++x) {
            for (Index c = 0; c < 3; ++c) {
                const auto channel = static_cast<std::size_t>(c);
                const double value = static_cast<double>(images(n, y, x, c)) * normalisation.deviation[channel] +
                                     normalisation.mean[channel];
                picture(y, x, c) = static_cast<std::uint8_t>(std::clamp(value * 255 + 0.5, 0.0, 255.0));
            }
        }
    }
    return picture;
}

using Mix = std::function<void(staa::Tensor<float, 4>&, const staa::Labels&)>;

/// The first eight images with an augmentation, and with `mix` applied to the batch.
Row varied(
    const std::string& name, const staa::StoredImages& images, const staa::Augmentation& augmentation,
    const Mix& mix = [](auto&, const auto&) {}) {
    staa::Loader loader{images, {.batch = 8, .seed = 4, .shuffle = false, .augmentation = augmentation}};
    Row row{name, {}};
    for (auto&& [batch, labels] : loader.epoch(1)) {
        mix(batch, labels);
        for (Index n = 0; n < labels.size(); ++n) {
            row.pictures.push_back(picture_of(batch, n, images.normalisation()));
        }
        break;
    }
    return row;
}

void show_images(const std::filesystem::path& path, const staa::StoredImages& images) {
    const auto none = staa::Augmentation::none();
    const auto with = [&](auto change) {
        staa::Augmentation augmentation = none;
        change(augmentation);
        return augmentation;
    };
    const int classes = images.classes();
    write_rows(path,
               {varied("as they are", images, none),  //
                varied("flip", images, with([](auto& a) { a.flip = true; })),
                varied("crop, padding 4", images, with([](auto& a) { a.crop_padding = 4; })),
                varied("Cutout 16", images, with([](auto& a) { a.cutout = 16; })),
                varied("AutoAugment", images, with([](auto& a) { a.policy = staa::Policy::auto_augment; })),
                varied("RandAugment", images, with([](auto& a) { a.policy = staa::Policy::rand_augment; })),
                varied("mixup", images, none,
                       [=](auto& batch, const auto& labels) {
                           staa::Random random(2);
                           staa::mixup(batch, labels, classes, 1.0, random);
                       }),
                varied("CutMix", images, none,
                       [=](auto& batch, const auto& labels) {
                           staa::Random random(2);
                           staa::cutmix(batch, labels, classes, 1.0, random);
                       })},
               2, 140);
}

/// The frames of a recording: brighter events are red, darker ones blue, and pixels without events dark grey.
Row frames_of(const std::string& name, const staa::Events& events, const staa::FrameOptions& options) {
    const auto frames = staa::event_frames(events, options);
    const double most = static_cast<double>(*std::max_element(frames.data(), frames.data() + frames.size()));
    Row row{name, {}};
    for (Index t = 0; t < frames.dimension(0); ++t) {
        Pixels picture(frames.dimension(2), frames.dimension(3), 3);
        for (Index y = 0; y < picture.dimension(0); ++y) {
            for (Index x = 0; x < picture.dimension(1); ++x) {
                const double scale = 220 / std::sqrt(std::max(most, 1.0));
                const double darker = scale * std::sqrt(static_cast<double>(frames(t, 0, y, x, 0)));
                const double brighter = scale * std::sqrt(static_cast<double>(frames(t, 0, y, x, 1)));
                const auto byte = [](double value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)); };
                picture(y, x, 0) = byte(30 + brighter);
                picture(y, x, 1) = byte(30 + 0.3 * (brighter + darker));
                picture(y, x, 2) = byte(30 + darker);
            }
        }
        row.pictures.push_back(std::move(picture));
    }
    return row;
}

staa::Events viewed(staa::Events events, const staa::EventView& view) {
    staa::Random random(1);
    staa::apply(view, events, random);
    return events;
}

void show_recordings(const std::filesystem::path& folder, const staa::Events& events) {
    const staa::FrameOptions eight{.steps = 8};
    write_rows(folder / "event_augmentation.png",
               {frames_of("as it is", events, eight), frames_of("flip", viewed(events, {.flipped = true}), eight),
                frames_of("roll", viewed(events, {.down = 6, .right = 9}), eight),
                frames_of("turn", viewed(events, {.turn = 25}), eight),
                frames_of("cut", viewed(events, {.cut_top = 8, .cut_left = 6, .cut_side = 14}), eight),
                frames_of("drop, half", viewed(events, {.drop = 0.5}), eight)},
               2, 120);
    const auto frames = [](staa::FrameRule rule, staa::FrameValue value) {
        return staa::FrameOptions{.steps = 8, .rule = rule, .duration = 30'000, .value = value};
    };
    write_rows(folder / "event_frames.png",
               {frames_of("by number", events, frames(staa::FrameRule::by_number, staa::FrameValue::counts)),
                frames_of("by time", events, frames(staa::FrameRule::by_time, staa::FrameValue::counts)),
                frames_of("by duration, 30 ms", events, frames(staa::FrameRule::by_duration, staa::FrameValue::counts)),
                frames_of("by number, binary", events, frames(staa::FrameRule::by_number, staa::FrameValue::binary))},
               2, 180);
}

void show_moving_shapes(const std::filesystem::path& path) {
    const staa::SyntheticEvents set(10);
    std::vector<Row> rows;
    for (Index i = 0; i < 10; ++i) {
        rows.push_back(frames_of(staa::SyntheticEvents::class_name(static_cast<int>(i)), set.sample(i).events,
                                 {.steps = 8, .rule = staa::FrameRule::by_time}));
    }
    write_rows(path, rows, 2, 180);
}

void run(const std::string& images, const std::string& recordings, const std::filesystem::path& out) {
    std::filesystem::create_directories(out);
    if (images == "synthetic") {
        show_images(out / "augmentation.png", staa::SyntheticImages(8));
    } else {
        show_images(out / "augmentation.png", staa::Cifar10::read(images, staa::Split::train, 8));
    }
    show_recordings(out, recordings == "synthetic"
                             ? staa::SyntheticEvents(3).sample(2).events
                             : staa::NMnist::open(recordings, staa::Split::train).sample(0).events);
    show_moving_shapes(out / "moving_shapes.png");
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Draws the effect of augmentation on images and recordings."};
    std::string images = "synthetic", recordings = "synthetic";
    std::filesystem::path out = "show_data_results";
    app.add_option("--images", images, "folder of CIFAR-10's binary files, or synthetic")->capture_default_str();
    app.add_option("--recordings", recordings, "folder of N-MNIST, or synthetic")->capture_default_str();
    app.add_option("--out", out, "folder for the pictures")->default_str(out.string());
    return example::run_and_report("show_data", [&] {
        if (const auto exit_code = example::parse(app, argc, argv)) {
            return *exit_code;
        }
        run(images, recordings, out);
        return 0;
    });
}
