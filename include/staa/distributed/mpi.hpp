// SPDX-License-Identifier: MIT
// Training by several processes, on one machine or many, with MPI (https://www.mpi-forum.org). The only header that needs
// MPI; <staa/staa.hpp> does not include it. docs/distributed.md shows how to use it.
#pragma once

#include <cstddef>
#include <cstdio>
#include <exception>
#include <span>
#include <vector>

#include "staa/core/error.hpp"
#include "staa/core/process_group.hpp"
#include "staa/distributed/gradient_buckets.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Begins MPI, and ends it when the object is destroyed. If an exception destroys it, all processes of the job are ended:
/// the others would wait for this one for ever. Make one at the start of `main`, in a `try` block.
class MpiSession {
 public:
    /// The arguments of `main`. MPI that is running already, and MPI that can't begin, are an `Error`.
    MpiSession(int argc, char** argv) {
        int is_running = 0;
        MPI_Initialized(&is_running);
        if (is_running != 0) {
            fail("staa::MpiSession: MPI is running already; make one session per process");
        }
        int provided = 0;  // the library calls MPI from the thread of the training loop only
        if (MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS ||
            provided < MPI_THREAD_FUNNELED) {
            fail("staa::MpiSession: MPI did not begin, or allows no other threads beside its own");
        }
    }
    ~MpiSession() {
        if (std::uncaught_exceptions() > exceptions_) {
            std::fflush(nullptr);
            MPI_Abort(MPI_COMM_WORLD, 1);
        }
        MPI_Finalize();
    }
    MpiSession(const MpiSession&) = delete;
    MpiSession& operator=(const MpiSession&) = delete;

 private:
    int exceptions_ = std::uncaught_exceptions();
};

/// How an `MpiGroup` works.
struct MpiOptions {
    bool shares_statistics = false;  ///< see `ProcessGroup::shares_statistics`
    /// Gradients are sent when so many bytes of them are complete, at least 1. Small buckets leave early, large ones cost
    /// fewer messages.
    std::ptrdiff_t bucket_bytes = 1 << 20;
};

/// The processes of an MPI communicator as a `ProcessGroup`. All calls are collective, and must come from the thread that
/// began MPI. An error of MPI ends the job, which is MPI's default.
class MpiGroup final : public ProcessGroup {
 public:
    /// Needs an `MpiSession`, or an MPI that the program has begun itself; else it is an `Error`. The group has
    /// communicators of its own, so its messages do not meet those of the program.
    explicit MpiGroup(const MpiOptions& options = {}, MPI_Comm processes = MPI_COMM_WORLD)
        : options_(options), statistics_(checked(options, processes)), buckets_(processes, options.bucket_bytes) {}

    int rank() const override { return statistics_.rank(); }
    int size() const override { return statistics_.size(); }
    bool shares_statistics() const override { return options_.shares_statistics; }

    void sum(double* values, std::ptrdiff_t count) override {
        all_.resize(static_cast<std::size_t>(count * size()));
        const int items = detail::item_count(count);
        MPI_Allgather(values, items, MPI_DOUBLE, all_.data(), items, MPI_DOUBLE, statistics_.get());
        detail::add_in_order(all_.data(), count, size(), values);
    }

    void begin_gradients(std::span<const SharedGradient> gradients) override { buckets_.begin(gradients); }
    void gradients_ready(const void* begin, const void* end) override { buckets_.ready(begin, end); }
    void finish_gradients() override { buckets_.finish(); }

 private:
    static MPI_Comm checked(const MpiOptions& options, MPI_Comm processes) {
        int is_running = 0, is_over = 0;
        MPI_Initialized(&is_running);
        MPI_Finalized(&is_over);
        if (is_running == 0 || is_over != 0) {
            fail("staa::MpiGroup: MPI is not running; make an MpiSession first");
        }
        if (options.bucket_bytes < 1) {
            fail("staa::MpiGroup: bucket_bytes is ", options.bucket_bytes, "; expected 1 or more");
        }
        return processes;
    }

    MpiOptions options_;
    detail::Communicator statistics_;
    detail::GradientBuckets buckets_;
    std::vector<double> all_;
};

/// Makes all processes hold the values of the first one. Call it for the weights of a network that only the first process
/// has read from a file.
template <class Net>
void broadcast_weights(Net& net, MPI_Comm processes = MPI_COMM_WORLD) {
    const auto send = [&](const auto&, auto& value) {
        if constexpr (requires { value.data(); }) {
            MPI_Bcast(value.data(),
                      detail::item_count(value.size() * static_cast<std::ptrdiff_t>(sizeof(*value.data()))), MPI_BYTE,
                      0, processes);
        } else {
            MPI_Bcast(&value, sizeof(value), MPI_BYTE, 0, processes);
        }
    };
    net.visit(send);
    net.visit_statistics(send);
    net.weights_changed();
}

}  // namespace STAA_ABI
}  // namespace staa
