// SPDX-License-Identifier: MIT
// The loop over epochs and batches that every training program needs. examples/trainer.cpp shows it in a few lines, and
// examples/hello_staa.cpp shows the same loop written out.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "staa/analysis/first_fault.hpp"
#include "staa/core/finite.hpp"
#include "staa/networks/network.hpp"
#include "staa/training/evaluate.hpp"
#include "staa/training/optimizer.hpp"
#include "staa/training/process_gradients.hpp"
#include "staa/training/progress.hpp"
#include "staa/training/weight_average.hpp"

namespace staa {
inline namespace STAA_ABI {

/// What a `Trainer` does.
struct TrainerOptions {
    Index epochs = 1;  ///< passes over the training images, at least 1
    /// The learning rate of a step, counted from 0 over the whole training: a schedule, such as CosineSchedule. Empty:
    /// the rate of the optimiser stays as it is.
    std::function<double(Index step)> learning_rate{};
    Index batches_per_step = 1;        ///< a step uses the mean gradient of this many batches
    double label_smoothing = 0;        ///< of the cross entropy, from 0 to below 1
    double largest_gradient_norm = 0;  ///< gradients are clipped to this norm before each step; 0: never
    /// The moving average of the weights (WeightAverage) is tested in place of the weights. 0: none.
    double average_decay = 0;
    Index patience = 0;              ///< stop after this many epochs without a better test accuracy; 0: never
    std::uint64_t seed = 1;          ///< of dropout
    EvaluationOptions evaluation{};  ///< how the test looks at an image
    /// The processes that share every batch (distributed/mpi.hpp); null: this one trains alone. Give the loaders the
    /// parts: {.part = group.rank(), .parts = group.size()}. All processes need the same options, weights and seeds.
    ProcessGroup* group = nullptr;
};

/// Trains a network: forward, loss, backward and step for every batch, and a test after every epoch.
///
///     Trainer trainer{net, sgd, {.epochs = 10, .learning_rate = CosineSchedule{{.steps = 10 * batches.batches()}}}};
///     trainer.on_epoch = [](auto& done) { std::printf("%.2f %%\n", done.progress().epochs.back().tested.accuracy()); };
///     trainer.run(batches, test_batches);
///
/// The trainer refers to the network and to the optimiser: both must outlive it. `Checkpoints`
/// (training/checkpoint.hpp) makes a run go on after it was interrupted.
///
/// With `TrainerOptions::group` several processes train one network: each trains on its part of every batch, all make the
/// same steps, and `progress` counts the images of all.
template <class Net, class Optimizer>
class Trainer {
 public:
    using Scalar = typename Net::Scalar;
    /// What a program does between two steps or epochs. It may read everything. What it changes is not part of a
    /// checkpoint: let `TrainerOptions::learning_rate` set the rate.
    using Callback = std::function<void(Trainer&)>;

    /// An option out of its range is an `Error`.
    Trainer(Net& net, Optimizer& optimizer, TrainerOptions options)
        : options_(std::move(options)), net_(&net), optimizer_(&optimizer), tape_(options_.seed) {
        if (options_.epochs < 1 || options_.batches_per_step < 1 || options_.patience < 0) {
            fail("staa::Trainer: ", options_.epochs, " epochs, ", options_.batches_per_step, " batches per step and a ",
                 "patience of ", options_.patience, "; expected at least 1, 1 and 0");
        }
        detail::check_option("staa::Trainer", "label_smoothing", options_.label_smoothing, 0, 1);
        detail::check_option("staa::Trainer", "largest_gradient_norm", options_.largest_gradient_norm, 0,
                             std::numeric_limits<double>::max());
        detail::check_option("staa::Trainer", "average_decay", options_.average_decay, 0, 1);
        tape_.group = options_.group;
        if (options_.average_decay != 0) {
            average_.emplace(net, WeightAverageOptions{.decay = options_.average_decay});
        }
    }

    Callback on_step;   ///< is called after every step of the optimiser
    Callback on_epoch;  ///< is called after every epoch, when the test is done
    /// Is asked after every step of the optimiser: true stops the run. `run` then returns false.
    std::function<bool()> must_stop;

    /// Trains until all epochs are done, and returns true. Returns false if `must_stop` stopped the run; a further call
    /// then goes on. A loss, a gradient or a running average that is not finite is an `Error` that names the place in the
    /// run and, where it can (`first_fault`), the layer and the step; the weights and averages stay as before that batch.
    /// A progress that does not fit the loader, of a checkpoint of other data for example, is an `Error`.
    template <class TrainLoader, class TestLoader>
    bool run(TrainLoader& train_loader, TestLoader& test_loader) {
        if (progress_.batch < 0 || progress_.batch > train_loader.batches()) {
            fail("staa::Trainer: the run stands behind batch ", progress_.batch, " of epoch ", progress_.epoch,
                 ", but an epoch of this loader has ", train_loader.batches(),
                 " batches; expected the data set and the batch size with which the run began");
        }
        if (progress_.batch % options_.batches_per_step == 0) {
            net_->zero_gradients();  // what an earlier Error may have left
        }
        typename Net::State state = net_->start();
        while (!is_finished()) {
            if (!train_epoch(train_loader)) {
                return false;
            }
            finish_epoch(test_loader, state);
        }
        return true;
    }

    /// Whether all epochs are done, or the patience is at its end.
    bool is_finished() const {
        const auto done = static_cast<Index>(progress_.epochs.size());
        return done >= options_.epochs || (options_.patience > 0 && done - progress_.best_epoch >= options_.patience);
    }

    const TrainingProgress& progress() const { return progress_; }  ///< how far the run is
    /// How far the training is.
    TrainingProgress& progress() { return progress_; }
    const TrainerOptions& options() const { return options_; }  ///< what the trainer was made with
    Net& net() { return *net_; }                                ///< the network that is trained
    /// The network that is trained.
    const Net& net() const { return *net_; }
    /// The network that is tested: the moving average of the weights if there is one, else the network itself.
    const Net& tested_net() const { return average_ ? average_->network() : *net_; }
    Optimizer& optimizer() { return *optimizer_; }  ///< the optimiser
    Tape<Net>& tape() { return tape_; }             ///< of the last forward, with the generator of dropout

    /// The options that a checkpoint must have in common with the run that goes on from it, by name.
    std::map<std::string, std::string> configuration() const {
        const auto text = [](double value) {
            std::ostringstream out;
            out << value;
            return out.str();
        };
        return {{"epochs", std::to_string(options_.epochs)},
                {"batches per step", std::to_string(options_.batches_per_step)},
                {"label smoothing", text(options_.label_smoothing)},
                {"largest gradient norm", text(options_.largest_gradient_norm)},
                {"average decay", text(options_.average_decay)},
                {"seed", std::to_string(options_.seed)},
                {"steps", std::to_string(net_->steps())},
                {"mirror", options_.evaluation.mirror ? "true" : "false"}};
    }

    /// Shows everything that a resumed run needs besides `progress`: visitor(ParameterName, tensor) for weights, running
    /// statistics and the optimiser's tensors, visitor(ParameterName, std::int64_t&) for counters. The generator of dropout
    /// is `tape().random`.
    template <class Visitor>
    void visit_state(Visitor&& visitor) {
        const auto within = [&](const char* group) {
            return [&visitor, group](const ParameterName& name, auto& value) {
                visitor(ParameterName{group + name.text, name.layout, name.shape}, value);
            };
        };
        net_->visit(within("network."));
        net_->visit_statistics(within("network."));
        optimizer_->visit_state(*net_, within("optimizer."));
        if (average_) {
            average_->visit_state(within("average."));
        }
    }

 private:
    using Clock = std::chrono::steady_clock;
    static double seconds_since(Clock::time_point start) {
        return std::chrono::duration<double>(Clock::now() - start).count();
    }

    /// Trains the rest of the epoch. Returns false if the run must stop before its end.
    template <class TrainLoader>
    bool train_epoch(TrainLoader& loader) {
        Clock::time_point start = Clock::now();
        for (auto&& [images, labels] : loader.epoch(progress_.epoch, progress_.batch)) {
            const Index in_step = progress_.batch % options_.batches_per_step;
            const Index first = progress_.batch - in_step;
            const Index count = std::min(options_.batches_per_step, loader.batches() - first);
            if constexpr (requires { loader.share(Index{0}); }) {
                tape_.share = loader.share(progress_.batch);
            }
            train_batch(images, labels, count);
            if (in_step + 1 < count) {
                continue;
            }
            make_step();
            progress_.training_seconds += seconds_since(start);
            start = Clock::now();
            if (on_step) {
                on_step(*this);
            }
            if (stops()) {
                return false;
            }
        }
        return true;
    }

    /// Whether `must_stop` of any process says so.
    bool stops() const {
        double requests = must_stop && must_stop() ? 1 : 0;
        if (options_.group != nullptr) {
            options_.group->sum(&requests, 1);
        }
        return requests > 0;
    }

    /// Adds the gradients of a batch, divided by `count`, the number of batches of the step. If processes share the batch,
    /// each of them adds its part of the mean over all images. The sum over the processes is made of the gradients of
    /// the whole step, with its last batch.
    void train_batch(const typename Net::Images& images, const Labels& labels, Index count) {
        const auto logits = net_->forward(images, tape_);
        auto loss = cross_entropy(logits, labels, options_.label_smoothing);
        Scores batch;
        batch.add(loss.value, logits, labels);
        batch.sum_over(options_.group);
        if (!detail::is_finite(batch.loss())) {
            fail("staa::Trainer: the loss is not finite in epoch ", progress_.epoch, ", batch ", progress_.batch + 1,
                 " (step ", progress_.step + 1, " of the run), where the learning rate is ",
                 optimizer_->options.learning_rate, ": training has diverged; try a smaller learning rate",
                 fault_in(images));
        }
        const Index share = batch.images * count;  // the gradient counts as this part of the step's images
        if (share != labels.size()) {
            loss.gradient = (loss.gradient / (static_cast<Scalar>(share) / static_cast<Scalar>(labels.size()))).eval();
        }
        const bool is_last_of_step = progress_.batch % options_.batches_per_step + 1 == count;
        with_context(
            progress_.batch + 1, [&] { backward(loss.gradient, is_last_of_step); }, [&] { return fault_in(images); });
        progress_.trained.add(batch);
        ++progress_.batch;
    }

    void backward(const typename Net::Logits& gradient, bool is_last_of_step) {
        if (options_.group == nullptr || !is_last_of_step) {
            net_->backward(gradient, tape_);
            return;
        }
        begin_gradients(*net_, *options_.group);
        net_->backward(gradient, tape_);
        options_.group->finish_gradients();
    }

    /// The end of a message: where the values of a batch are not finite. Processes that share statistics would have to
    /// run the search together: with a group there is none.
    std::string fault_in(const typename Net::Images& images) const {
        const std::string fault = options_.group == nullptr ? first_fault(*net_, images) : "";
        return fault.empty() ? "" : "; " + fault;
    }

    void make_step() {
        if (options_.learning_rate) {
            optimizer_->options.learning_rate = options_.learning_rate(progress_.step);
        }
        if (progress_.batch <= options_.batches_per_step) {
            progress_.learning_rate = optimizer_->options.learning_rate;
        }
        if (options_.largest_gradient_norm > 0) {
            clip_gradients(*net_, options_.largest_gradient_norm);
        }
        with_context(
            progress_.batch, [&] { optimizer_->step(*net_); }, [] { return ""; });
        if (average_) {
            average_->update(*net_);
        }
        ++progress_.step;
    }

    /// Calls body(). Its Error gets the place in the run, and what `more` says.
    template <class Body, class More>
    void with_context([[maybe_unused]] Index batch, const Body& body, [[maybe_unused]] const More& more) {
#if defined(__cpp_exceptions)
        try {
            body();
        } catch (const Error& error) {
            fail("staa::Trainer: epoch ", progress_.epoch, ", batch ", batch, " (step ", progress_.step + 1,
                 " of the run): ", error.what(), more());
        }
#else
        body();
#endif
    }

    /// Throws an Error if a weight or a running statistic is not finite, before a checkpoint holds it.
    void check_network() const {
        const auto check = [&](const ParameterName& name, const auto& tensor) {
            if constexpr (requires { tensor.data(); }) {
                if (detail::first_not_finite(tensor.data(), tensor.size()) < tensor.size()) {
                    fail(
                        "staa::Trainer: ", name.text, " is not finite after epoch ", progress_.epoch,
                        ": training has diverged; try a smaller learning rate, and look for values in the images that ",
                        "are not finite");
                }
            }
        };
        std::as_const(*net_).visit(check);
        std::as_const(*net_).visit_statistics(check);
    }

    /// Tests the network and begins the next epoch.
    template <class TestLoader>
    void finish_epoch(TestLoader& loader, typename Net::State& state) {
        check_network();
        const Clock::time_point start = Clock::now();
        EpochResult result{.epoch = progress_.epoch,
                           .learning_rate = progress_.learning_rate,
                           .trained = progress_.trained,
                           .tested = evaluate(tested_net(), loader, state, options_.evaluation)};
        result.tested.sum_over(options_.group);
        if (!detail::is_finite(result.tested.loss_sum)) {
            fail("staa::Trainer: the test loss of epoch ", progress_.epoch,
                 " is not finite: training has diverged; try a smaller learning rate");
        }
        result.seconds = progress_.training_seconds + seconds_since(start);
        result.images_per_second = static_cast<double>(result.trained.images) / progress_.training_seconds;
        if (progress_.best_epoch == 0 || result.tested.accuracy() > progress_.best_accuracy) {
            progress_.best_epoch = result.epoch;
            progress_.best_accuracy = result.tested.accuracy();
        }
        progress_.epochs.push_back(result);
        ++progress_.epoch;
        progress_.batch = 0;
        progress_.trained = {};
        progress_.training_seconds = 0;
        if (on_epoch) {
            on_epoch(*this);
        }
    }

    TrainerOptions options_;
    Net* net_;
    Optimizer* optimizer_;
    Tape<Net> tape_;
    std::optional<WeightAverage<Net>> average_;
    TrainingProgress progress_;
};

}  // namespace STAA_ABI
}  // namespace staa
