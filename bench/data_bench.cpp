// SPDX-License-Identifier: MIT
// How fast recordings are read and batches are prepared, from files in the page cache. A training step of ResNet-20 at
// width 16 (network_bench.cpp) takes longer than the preparation of its batch, so that training does not wait for data.
#include <benchmark/benchmark.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "../tests/data/event_writers.hpp"
#include "staa/data/aedat2.hpp"
#include "staa/data/aedat3.hpp"
#include "staa/data/event_loader.hpp"
#include "staa/data/loader.hpp"
#include "staa/data/nmnist.hpp"
#include "staa/data/synthetic.hpp"

namespace {

namespace fs = std::filesystem;
using namespace staa;

/// A folder for the files that the benchmarks read. The destructor removes it.
class Folder {
 public:
    Folder()
        : path_(fs::temp_directory_path() /
                ("staa_data_bench_" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()))) {
        fs::create_directories(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path write(const std::string& name, const std::string& bytes) const {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << bytes;
        return path_ / name;
    }
    const fs::path& path() const { return path_; }

 private:
    fs::path path_;
};

/// A recording as long as those of DVS128 Gesture: 2 million events in 40 s, in packets of 4,096 events.
void read_gesture_recording(benchmark::State& state) {
    const Folder folder;
    const auto path =
        folder.write("a.aedat", staa_tests::aedat3_file(staa_tests::spread_events(128, 128, 2'000'000, 20), 4096));
    for (auto _ : state)
        benchmark::DoNotOptimize(read_aedat3(path).list.data());
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 2'000'000);
}
BENCHMARK(read_gesture_recording)->Unit(benchmark::kMillisecond)->UseRealTime();

/// One gesture of 6 s from that recording.
void read_gesture(benchmark::State& state) {
    const Folder folder;
    const auto path =
        folder.write("a.aedat", staa_tests::aedat3_file(staa_tests::spread_events(128, 128, 2'000'000, 20), 4096));
    for (auto _ : state)
        benchmark::DoNotOptimize(read_aedat3(path, {.from = 12'000'000, .to = 18'000'000}).list.data());
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(read_gesture)->Unit(benchmark::kMillisecond)->UseRealTime();

/// A recording as long as those of CIFAR10-DVS: 200,000 events.
void read_cifar10_dvs_recording(benchmark::State& state) {
    const Folder folder;
    const auto path = folder.write("a.aedat", staa_tests::aedat2_file(staa_tests::spread_events(128, 128, 200'000)));
    for (auto _ : state)
        benchmark::DoNotOptimize(read_aedat2(path).list.data());
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * 200'000);
}
BENCHMARK(read_cifar10_dvs_recording)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The frames of that recording: 128 x 128 as they are, smaller ones by area.
void paint_frames(benchmark::State& state) {
    const Events events = staa_tests::spread_events(128, 128, 200'000);
    const FramePainter painter({.steps = 10, .height = state.range(0), .width = state.range(0)}, 128, 128);
    std::vector<float> frames(static_cast<std::size_t>(10 * painter.height() * painter.width() * 2));
    for (auto _ : state) {
        painter.paint(events, frames.data(), painter.height() * painter.width() * 2);
        benchmark::DoNotOptimize(frames.data());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * events.size());
}
BENCHMARK(paint_frames)->ArgName("side")->Arg(128)->Arg(64)->Arg(48)->Unit(benchmark::kMillisecond)->UseRealTime();

template <class AnyLoader>
void run_epochs(benchmark::State& state, AnyLoader& loader, Index samples) {
    Index epoch = 0;
    for (auto _ : state) {
        for (auto&& batch : loader.epoch(++epoch))
            benchmark::DoNotOptimize(batch.images.data());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * samples);
}

/// One epoch of images of CIFAR's size, without a network that uses them. Items are images.
void load_images(benchmark::State& state) {
    const SyntheticImages images(2048);
    Loader loader{images,
                  {.batch = 64,
                   .augmentation = {.cutout = 16, .policy = static_cast<Policy>(state.range(1))},
                   .workers = static_cast<int>(state.range(0))}};
    run_epochs(state, loader, images.size());
}
BENCHMARK(load_images)
    ->ArgNames({"workers", "policy"})
    ->ArgsProduct({{0, 1, 2}, {static_cast<int>(Policy::none), static_cast<int>(Policy::auto_augment)}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// One epoch of recordings of N-MNIST's size and format, read from files. Items are recordings.
void load_recordings(benchmark::State& state) {
    const Folder folder;
    const Index count = 500;
    for (Index i = 0; i < count; ++i) {
        folder.write("Train/" + std::to_string(i % 10) + "/" + std::to_string(i) + ".bin",
                     staa_tests::nmnist_file(staa_tests::spread_events(34, 34, 4000, 70)));
    }
    const NMnist recordings = NMnist::open(folder.path(), Split::train);
    EventLoader loader{recordings,
                       {.batch = 32,
                        .frames = {.steps = 10},
                        .augmentation = {.roll = 2, .drop = 0.2},
                        .workers = static_cast<int>(state.range(0))}};
    run_epochs(state, loader, count);
}
BENCHMARK(load_recordings)->ArgName("workers")->Arg(0)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
