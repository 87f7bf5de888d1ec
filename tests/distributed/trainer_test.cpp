// SPDX-License-Identifier: MIT
// The trainer and its checkpoints with several processes, against one process. Every process computes both.
#include <staa/staa.hpp>

#include <cmath>
#include <filesystem>
#include <string>

#include "staa/distributed/mpi.hpp"
#include "staa/training/checkpoint.hpp"
#include "support/catch.hpp"
#include "support/network_values.hpp"

namespace {

using namespace staa;
using staa_tests::check_close;

using Net = Network<Image<3, 32, 32, double>, Conv2d<4, 3, 4>, BatchNorm, StaaLif<>, Dropout, Conv2d<6>, BatchNorm,
                    Lif<>, GlobalAvgPool, Linear<10>>;
using Loaded = Loader<StoredImages, double>;

constexpr Index images_of_training = 50, images_of_test = 20;

const StoredImages& training_images() {
    static const SyntheticImages drawn(images_of_training);
    return drawn;
}
const StoredImages& test_images() {
    static const SyntheticImages drawn(images_of_test, 1, Split::test);
    return drawn;
}

/// A run of two epochs. Without a group it is that of one process. The last batch has 10 images, the others 20.
struct Run {
    explicit Run(ProcessGroup* group)
        : batches(training_images(), {.batch = 20, .workers = 0, .part = part(group), .parts = parts(group)}),
          tests(test_images(), {.batch = 20,
                                .augmentation = Augmentation::none(),
                                .workers = 0,
                                .part = part(group),
                                .parts = parts(group)}),
          trainer(net, sgd, {.epochs = 2, .batches_per_step = 2, .average_decay = 0.9, .group = group}) {}

    static Index part(const ProcessGroup* group) { return group == nullptr ? 0 : group->rank(); }
    static Index parts(const ProcessGroup* group) { return group == nullptr ? 1 : group->size(); }

    Net net{{.steps = 2, .seed = 3, .neuron = {.threshold = 0.4}}};
    Sgd<Net> sgd{{.learning_rate = 0.05, .momentum = 0.9}};
    Loaded batches, tests;
    Trainer<Net, Sgd<Net>> trainer;
};

/// The path of a file that all processes know, and the first one removes.
class SharedFile {
 public:
    explicit SharedFile(const ProcessGroup& group) : is_first_(group.rank() == 0) {
        int number = is_first_
                         ? static_cast<int>(std::filesystem::file_time_type::clock::now().time_since_epoch().count() %
                                            1'000'000'000)
                         : 0;
        MPI_Bcast(&number, 1, MPI_INT, 0, MPI_COMM_WORLD);
        path = std::filesystem::temp_directory_path() / ("staa_mpi_" + std::to_string(number) + ".safetensors");
    }
    ~SharedFile() {
        MPI_Barrier(MPI_COMM_WORLD);
        if (is_first_) {
            std::filesystem::remove(path);
        }
    }
    SharedFile(const SharedFile&) = delete;
    SharedFile& operator=(const SharedFile&) = delete;

    std::filesystem::path path;

 private:
    bool is_first_;
};

}  // namespace

TEST_CASE("a trainer with a group trains as one process does, and counts the images of all processes") {
    MpiGroup group({.shares_statistics = true});
    Run together(&group), alone(nullptr);
    together.trainer.run(together.batches, together.tests);
    alone.trainer.run(alone.batches, alone.tests);
    check_close(together.net, alone.net);
    check_close(together.trainer.tested_net(), alone.trainer.tested_net());
    for (std::size_t epoch = 0; epoch < 2; ++epoch) {
        const EpochResult& found = together.trainer.progress().epochs.at(epoch);
        const EpochResult& expected = alone.trainer.progress().epochs.at(epoch);
        CHECK(found.trained.images == images_of_training);
        CHECK(found.trained.correct == expected.trained.correct);
        CHECK(std::abs(found.trained.loss() - expected.trained.loss()) < 1e-9);
        CHECK(found.tested.images == images_of_test);
        CHECK(found.tested.correct == expected.tested.correct);
    }
}

TEST_CASE("one process goes on from the checkpoint of several, and several from that of one") {
    MpiGroup group({.shares_statistics = true});
    const SharedFile file(group);
    Run whole(nullptr);
    whole.trainer.run(whole.batches, whole.tests);
    const bool begins_together = GENERATE(true, false);
    Run first(begins_together ? &group : nullptr), second(begins_together ? nullptr : &group);
    first.trainer.must_stop = [&] { return first.trainer.progress().step == 3; };
    first.trainer.run(first.batches, first.tests);
    CHECK_FALSE(first.trainer.is_finished());
    if (group.rank() == 0 || begins_together) {
        Checkpoints(first.trainer, {.path = file.path}).save();
    }
    MPI_Barrier(MPI_COMM_WORLD);
    CHECK(Checkpoints(second.trainer, {.path = file.path}).resume());
    second.trainer.run(second.batches, second.tests);
    check_close(second.net, whole.net);
    MPI_Barrier(MPI_COMM_WORLD);
}

TEST_CASE("a checkpoint that only the first process sees is an error in all processes") {
    MpiGroup group;
    const SharedFile file(group);
    Run first(&group), second(&group);
    first.trainer.must_stop = [] { return true; };
    first.trainer.run(first.batches, first.tests);
    Checkpoints(first.trainer, {.path = file.path}).save();
    MPI_Barrier(MPI_COMM_WORLD);
    const std::string other_name = group.rank() == 0 ? "" : "_missing";
    Checkpoints checkpoints(second.trainer, {.path = file.path.string() + other_name});
    if (group.size() == 1) {
        CHECK(checkpoints.resume());
    } else {
        CHECK_THROWS_WITH(checkpoints.resume(), staa_tests::contains_text("must be the same file for all processes"));
    }
}

TEST_CASE("a run stops in all processes when one of them must stop") {
    MpiGroup group;
    Run run(&group);
    const bool is_last = group.rank() + 1 == group.size();
    run.trainer.must_stop = [&] { return is_last && run.trainer.progress().step == 2; };
    CHECK_FALSE(run.trainer.run(run.batches, run.tests));
    CHECK(run.trainer.progress().step == 2);
}
