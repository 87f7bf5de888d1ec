// SPDX-License-Identifier: MIT
#include "staa/training/checkpoint.hpp"

#include <staa/staa.hpp>

#include <limits>
#include <memory>
#include <sstream>
#include <string>

#include "staa/training/trainer.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace staa;
using staa_tests::contains_text;
using staa_tests::TemporaryFolder;

/// A network with every kind of state: batch norm, STAA neurons with time-step dropout, momentum.
using Net = Network<Image<3, 32, 32>, Conv2d<4, 3, 4>, BatchNorm, StaaLif<>, Conv2d<4, 3, 2>, BatchNorm, StaaLif<>,
                    GlobalAvgPool, Linear<10>>;

/// A training run on images that it draws itself: 3 epochs of 5 steps.
struct Run {
    explicit Run(TrainerOptions options = {.epochs = 3}) : trainer(*net, sgd, with_schedule(std::move(options))) {}

    static TrainerOptions with_schedule(TrainerOptions options) {
        options.learning_rate = CosineSchedule({.learning_rate = 0.1, .steps = 15});
        return options;
    }

    /// Trains until the step with this number is done, over all epochs.
    bool run_to(Index step) {
        trainer.must_stop = [this, step] { return trainer.progress().step >= step; };
        return trainer.run(loader, test_loader);
    }

    std::string weights() const {
        std::ostringstream bytes;
        save(trainer.tested_net(), bytes);
        return bytes.str();
    }

    static inline const SyntheticImages images{80}, test_images{20, 1, Split::test};
    Loader<SyntheticImages> loader{images, {.batch = 16, .workers = 0}};
    Loader<SyntheticImages> test_loader{test_images, {.batch = 20, .augmentation = Augmentation::none(), .workers = 0}};
    std::unique_ptr<Net> net = std::make_unique<Net>(NetworkOptions{.steps = 2, .neuron = {.step_dropout = 0.5}});
    Sgd<Net> sgd{{.momentum = 0.9}};
    Trainer<Net, Sgd<Net>> trainer;
};

}  // namespace

TEST_CASE("a run that goes on from checkpoints at any step ends with the weights of one that was not interrupted") {
    const TemporaryFolder folder;
    const bool with_everything = GENERATE(false, true);
    const TrainerOptions options = with_everything ? TrainerOptions{.epochs = 3,
                                                                    .batches_per_step = 2,
                                                                    .label_smoothing = 0.1,
                                                                    .largest_gradient_norm = 0.5,
                                                                    .average_decay = 0.9}
                                                   : TrainerOptions{.epochs = 3};
    Run whole(options);
    CHECK(whole.run_to(1000));
    for (const Index stop : {1, 4, 5, 6, 12, 14}) {
        INFO("interrupted after step " << stop);
        {
            Run first(options);
            if (first.run_to(stop)) {
                continue;  // the run has fewer steps
            }
            save_checkpoint(first.trainer, folder / "checkpoint");
        }
        Run second(options);
        REQUIRE(load_checkpoint(second.trainer, folder / "checkpoint"));
        CHECK(second.trainer.progress().step == stop);
        CHECK(second.run_to(1000));
        CHECK(second.weights() == whole.weights());
        CHECK(second.trainer.progress().best_accuracy == whole.trainer.progress().best_accuracy);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(second.trainer.progress().epochs[i].trained.loss_sum ==
                  whole.trainer.progress().epochs[i].trained.loss_sum);
            CHECK(second.trainer.progress().epochs[i].tested.correct ==
                  whole.trainer.progress().epochs[i].tested.correct);
        }
    }
}

TEST_CASE("a checkpoint that was loaded is written again with the same bytes") {
    const TemporaryFolder folder;
    Run run;
    run.run_to(7);
    save_checkpoint(run.trainer, folder / "a", {{"seed", "1"}});
    Run other;
    load_checkpoint(other.trainer, folder / "a", {{"seed", "1"}});
    save_checkpoint(other.trainer, folder / "b", {{"seed", "1"}});
    CHECK(folder.content("a") == folder.content("b"));
}

TEST_CASE("where there is no checkpoint, a run begins anew") {
    const TemporaryFolder folder;
    Run run;
    CHECK_FALSE(load_checkpoint(run.trainer, folder / "checkpoint"));
    CHECK(run.trainer.progress().step == 0);
}

TEST_CASE("a finished run says so, and has nothing left to do") {
    const TemporaryFolder folder;
    Run run;
    run.run_to(1000);
    save_checkpoint(run.trainer, folder / "checkpoint");
    Run again;
    REQUIRE(load_checkpoint(again.trainer, folder / "checkpoint"));
    CHECK(again.trainer.is_finished());
    CHECK(again.run_to(0));
    CHECK(again.trainer.progress().step == 15);
}

TEST_CASE("a checkpoint with another configuration is an error that lists all differences, and nothing has changed") {
    const TemporaryFolder folder;
    Run run;
    run.run_to(2);
    save_checkpoint(run.trainer, folder / "checkpoint", {{"data", "CIFAR-10"}, {"recipe", "fast"}, {"steps", "2"}});
    Run other;
    const std::string before = other.weights();
    CHECK_THROWS_MATCHES(
        load_checkpoint(other.trainer, folder / "checkpoint", {{"data", "CIFAR-100"}, {"steps", "2"}, {"width", "16"}}),
        Error,
        Catch::Matchers::Message((folder / "checkpoint").string() +
                                 ": this checkpoint belongs to another run:"
                                 "\n  data: CIFAR-10 in the checkpoint, CIFAR-100 now"
                                 "\n  recipe: fast in the checkpoint, nothing now"
                                 "\n  width: nothing in the checkpoint, 16 now"));
    CHECK(other.weights() == before);
    CHECK(other.trainer.progress().step == 0);
}

TEST_CASE("a file of weights is no checkpoint, and nothing has changed") {
    const TemporaryFolder folder;
    Run run;
    save(*run.net, folder / "weights");
    CHECK_THROWS_WITH(load_checkpoint(run.trainer, folder / "weights"),
                      contains_text("this is no checkpoint of a training run"));
    CHECK(run.trainer.progress().step == 0);
}

TEST_CASE("a checkpoint is written when the steps or the seconds of its options have passed") {
    const TemporaryFolder folder;
    Run run;
    Checkpoints by_steps(run.trainer, {.path = folder / "steps", .seconds = 1e9, .steps = 3});
    Checkpoints by_time(run.trainer, {.path = folder / "time", .seconds = 0});
    run.run_to(2);
    by_steps.save_if_due();
    by_time.save_if_due();
    CHECK_FALSE(std::filesystem::exists(folder / "steps"));
    CHECK(std::filesystem::exists(folder / "time"));
    run.run_to(3);
    by_steps.save_if_due();
    CHECK(std::filesystem::exists(folder / "steps"));
}

TEST_CASE("a checkpoint of a trainer with other options is refused") {
    const TemporaryFolder folder;
    Run run;
    run.run_to(2);
    save_checkpoint(run.trainer, folder / "checkpoint");
    Run other({.epochs = 3, .batches_per_step = 2});
    CHECK_THROWS_WITH(load_checkpoint(other.trainer, folder / "checkpoint"),
                      contains_text("batches per step: 1 in the checkpoint, 2 now"));
}

TEST_CASE("a checkpoint with a value that is not finite is refused, and the run stays as it was") {
    const TemporaryFolder folder;
    Run run;
    run.run_to(2);
    save_checkpoint(run.trainer, folder / "checkpoint");
    std::string bytes = folder.content("checkpoint");
    bytes.replace(bytes.size() - 4, 4, std::string("\0\0\xC0\x7F", 4));  // the last value: NaN
    write_whole_file(folder / "checkpoint", bytes);
    Run other;
    const std::string before = other.weights();
    CHECK_THROWS_WITH(load_checkpoint(other.trainer, folder / "checkpoint"), contains_text("has the value nan"));
    CHECK(other.weights() == before);
}

TEST_CASE("a run with a value that is not finite does not replace its last good checkpoint") {
    const TemporaryFolder folder;
    Run run;
    run.run_to(2);
    save_checkpoint(run.trainer, folder / "checkpoint");
    const std::string good = folder.content("checkpoint");
    run.net->layer<"7">().parameters.bias(0) = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(save_checkpoint(run.trainer, folder / "checkpoint"),
                      contains_text("network.7.bias has a value that is not finite; the checkpoint before stays"));
    CHECK(folder.content("checkpoint") == good);
}

TEST_CASE("a run that goes on with a loader of fewer batches than it has done is an error that says so") {
    const TemporaryFolder folder;
    Run run;
    run.run_to(4);
    save_checkpoint(run.trainer, folder / "checkpoint");
    Run other;
    REQUIRE(load_checkpoint(other.trainer, folder / "checkpoint"));
    other.trainer.progress().batch = 6;
    CHECK_THROWS_WITH(other.run_to(1000),
                      "staa::Trainer: the run stands behind batch 6 of epoch 1, but an epoch of this loader has 5 "
                      "batches; expected the data set and the batch size with which the run began");
}

TEST_CASE("numbers of a checkpoint that cannot be are refused") {
    const TemporaryFolder folder;
    Run run;
    run.run_to(7);
    save_checkpoint(run.trainer, folder / "checkpoint");
    const std::string good = folder.content("checkpoint");
    const auto replaced = [&](const std::string& from, const std::string& to) {
        std::string bytes = good;
        const std::size_t at = bytes.find(from);
        REQUIRE(at != std::string::npos);
        REQUIRE(from.size() == to.size());
        bytes.replace(at, from.size(), to);
        write_whole_file(folder / "changed", bytes);
        return load_checkpoint(run.trainer, folder / "changed");
    };
    CHECK(replaced("\\\"step\\\":7", "\\\"step\\\":8"));
    CHECK_THROWS_WITH(replaced("\\\"step\\\":7", "\\\"step\\\":e"), contains_text("no valid staa.progress"));
    CHECK_THROWS_WITH(replaced("\\\"epoch\\\":2", "\\\"epoch\\\":9"), contains_text("no valid staa.progress"));
    CHECK_THROWS_WITH(replaced("\\\"best_epoch\\\":1", "\\\"best_epoch\\\":5"),
                      contains_text("no valid staa.progress"));
    CHECK_THROWS_AS(load_checkpoint(run.trainer, folder / "."), Error);
}

TEST_CASE("gradients that an error has left do not come into a run that goes on") {
    const TemporaryFolder folder;
    Run whole, run;
    whole.run_to(1000);
    run.run_to(3);
    save_checkpoint(run.trainer, folder / "checkpoint");
    run.net->visit([](const ParameterName&, const auto&,
                      auto& gradient) { gradient.setConstant(std::numeric_limits<float>::quiet_NaN()); },
                   run.net->gradients);
    REQUIRE(load_checkpoint(run.trainer, folder / "checkpoint"));
    CHECK(run.run_to(1000));
    CHECK(run.weights() == whole.weights());
}
