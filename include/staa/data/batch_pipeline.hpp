// SPDX-License-Identifier: MIT
// Threads that prepare batches ahead of the one that is being learnt from. The only file of this room that knows threads;
// core/parallel.hpp is for work that everybody waits for, this is for work that nobody should.
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

/// Fills batches 0, 1, 2, ... on worker threads, at most `slots` of them at a time: a batch is begun when the one that is
/// `slots` before it is no longer needed. What a sample becomes must depend on its batch and place only; then so does
/// everything, whatever the number of workers. A thread that waits for a batch helps to fill it, so that no workers at
/// all is a serial loop.
class BatchPipeline {
 public:
    /// Called once for each place of each batch, from several threads at a time; it may throw.
    using Fill = std::function<void(Index batch, Index place)>;

    /// What there is to do.
    struct Plan {
        Index samples = 0;  ///< in all batches together
        Index batch = 1;    ///< samples of each batch but the last
        Index slots = 1;    ///< batches whose memory there is
        int workers = 1;
    };

    BatchPipeline(const Plan& plan, Fill fill)
        : plan_(plan), fill_(std::move(fill)), slots_(static_cast<std::size_t>(plan.slots)) {
        threads_.reserve(static_cast<std::size_t>(plan.workers));
        for (int i = 0; i < plan.workers; ++i) {
            STAA_TRY {
                threads_.emplace_back([this] { work(); });
            }
            STAA_CATCH(...) { break; }  // the system has no more threads: these will do
        }
    }
    BatchPipeline(const BatchPipeline&) = delete;
    BatchPipeline& operator=(const BatchPipeline&) = delete;

    /// Stops the workers, each at the end of what it has in hand.
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

    /// Waits for batch `number`, one more than in the last call, and gives the memory of all before it free. If a sample
    /// of this batch threw, the exception of the first one is thrown here, whatever the order in which they were filled.
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
    /// How far a batch is.
    struct Slot {
        Index batch = -1, filled = 0;
        Index problem_place = 0;
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

    /// Takes the next few samples of a batch and fills them while others go on. Few, so that all help to finish a batch;
    /// more than one, because taking them costs as much as filling the smallest ones.
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

    /// The exception of the first sample that threw, and its place; the others are filled all the same.
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
    Index next_ = 0;    ///< the next sample that nobody has taken, counted through all batches
    Index needed_ = 0;  ///< the batch that is being looked at
    bool is_stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace STAA_ABI
}  // namespace staa

#undef STAA_TRY
#undef STAA_CATCH
