// SPDX-License-Identifier: MIT
// Threads that prepare the next batches while the network learns from the current one. This is the only file of this
// folder that starts threads. core/parallel.hpp is for loops whose caller waits for the result; these threads run
// beside the caller.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "staa/core/parallel.hpp"

#if defined(__cpp_exceptions)
#define STAA_TRY try
#define STAA_CATCH(exception) catch (exception)
#else
#define STAA_TRY if (true)
#define STAA_CATCH(exception) else
#endif

namespace staa {
inline namespace STAA_ABI {

/// Fills batches first, first + 1, ... on worker threads. At most `slots` batches have memory at a time: batch b is begun when
/// batch b - slots is no longer needed. The result of `Fill` must depend on batch and place only; then the batches are
/// the same for any number of workers. A thread that waits for a batch helps to fill it, so that 0 workers make a
/// serial loop.
class BatchPipeline {
 public:
    /// Called once for each place (from 0) of each batch, from several threads at a time; it may throw.
    using Fill = std::function<void(Index batch, Index place)>;

    /// The amount of work.
    struct Plan {
        Index samples = 0;  ///< of all batches together
        Index batch = 1;    ///< samples of each batch but the last
        Index slots = 1;    ///< batches that have memory at the same time
        int workers = 1;    ///< threads
        Index first = 0;    ///< the batch to begin with; earlier ones are not filled
    };

    /// Starts the threads of the plan.
    BatchPipeline(const Plan& plan, Fill fill)
        : plan_(plan),
          fill_(std::move(fill)),
          slots_(static_cast<std::size_t>(plan.slots)),
          next_(plan.first * plan.batch),
          needed_(plan.first) {
        threads_.reserve(static_cast<std::size_t>(plan.workers));
        for (int i = 0; i < plan.workers; ++i) {
            STAA_TRY {
                threads_.emplace_back([this] { work(); });
            }
            STAA_CATCH(...) { break; }  // the system starts no more threads: go on with these
        }
    }
    BatchPipeline(const BatchPipeline&) = delete;
    BatchPipeline& operator=(const BatchPipeline&) = delete;

    /// Stops the workers. Each of them first fills the samples that it has taken.
    ~BatchPipeline() {
        {
            const std::lock_guard lock(mutex_);
            is_stopped_ = true;
        }
        may_fill_.notify_all();
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }

    /// Waits for batch `number`, which must be plan.first or one more than in the last call, and frees the memory of all earlier
    /// batches. If samples of this batch threw, throws the exception of the first of them by place, not by time: the
    /// result does not depend on the threads.
    void wait_for(Index number) {
        std::unique_lock lock(mutex_);
        needed_ = number;
        may_fill_.notify_all();
        while (!is_whole(number)) {
            if (can_take()) {
                fill_next(lock);
            } else {
                is_filled_.wait(lock);
            }
        }
        if (slot(number).problem) {
            std::rethrow_exception(slot(number).problem);
        }
    }

 private:
    /// The progress of a batch.
    struct Slot {
        Index batch = -1, filled = 0;
        Index problem_place = 0;  ///< of the first sample that threw, if one did
        std::exception_ptr problem;
    };

    Slot& slot(Index batch) { return slots_[static_cast<std::size_t>(batch % plan_.slots)]; }
    Index size_of(Index batch) const { return std::min(plan_.batch, plan_.samples - batch * plan_.batch); }
    bool is_whole(Index batch) { return slot(batch).batch == batch && slot(batch).filled == size_of(batch); }
    bool can_take() const { return next_ < plan_.samples && next_ / plan_.batch < needed_ + plan_.slots; }

    void work() {
        std::unique_lock lock(mutex_);
        while (!is_stopped_) {
            if (can_take()) {
                fill_next(lock);
            } else {
                may_fill_.wait(lock);
            }
        }
    }

    /// Takes the next few samples of a batch and fills them without the lock. Few, so that all threads help to finish a
    /// batch. More than one, because taking a sample (under the lock) costs as much as filling a small one.
    void fill_next(std::unique_lock<std::mutex>& lock) {
        const Index batch = next_ / plan_.batch, first = next_ % plan_.batch;
        const Index portion = std::max(Index{1}, plan_.batch / (8 * (plan_.workers + 1)));
        const Index last = std::min(first + portion, size_of(batch));
        next_ += last - first;
        Slot& to = slot(batch);
        if (first == 0) {
            to = {batch, 0, 0, nullptr};
        }
        lock.unlock();
        const auto [problem, place] = fill_samples(batch, first, last);
        lock.lock();
        if (problem && (!to.problem || place < to.problem_place)) {
            to.problem = problem;
            to.problem_place = place;
        }
        to.filled += last - first;
        if (is_whole(batch)) {
            is_filled_.notify_one();
        }
    }

    /// Fills the samples [first, last). Gives the exception of the first sample that threw, and its place; the samples
    /// after it are filled nevertheless.
    std::pair<std::exception_ptr, Index> fill_samples(Index batch, Index first, Index last) const {
        std::pair<std::exception_ptr, Index> problem{nullptr, 0};
        for (Index place = first; place < last; ++place) {
            STAA_TRY { fill_(batch, place); }
            STAA_CATCH(...) {
                if (!problem.first) {
                    problem = {std::current_exception(), place};
                }
            }
        }
        return problem;
    }

    Plan plan_;
    Fill fill_;
    std::mutex mutex_;
    std::condition_variable may_fill_, is_filled_;
    std::vector<Slot> slots_;
    Index next_;    ///< the next sample that no thread has taken, counted over all batches
    Index needed_;  ///< the batch that the caller waits for or uses
    bool is_stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace STAA_ABI
}  // namespace staa

#undef STAA_TRY
#undef STAA_CATCH
