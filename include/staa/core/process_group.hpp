// SPDX-License-Identifier: MIT
// What the processes of a distributed training do together. The library calls this interface; distributed/mpi.hpp
// implements it with MPI.
#pragma once

#include <cstddef>
#include <span>

#include "staa/core/config.hpp"

namespace staa {
inline namespace STAA_ABI {

/// Where the images of one process lie in the batch of all processes: the first of them, and the number of all images. A
/// total of 0 says that the batch is not shared.
struct BatchShare {
    std::ptrdiff_t first = 0, total = 0;  ///< the first image of this process, and the number of all images
};

/// A gradient tensor of a network, to be summed over all processes.
struct SharedGradient {
    const void* tensor = nullptr;    ///< the tensor object, by which `gradients_ready` knows it
    void* values = nullptr;          ///< its values
    std::ptrdiff_t size = 0;         ///< how many
    std::ptrdiff_t value_bytes = 0;  ///< of a value: 4 for float, 8 for double
};

/// Processes that train copies of one network, each on its part of every batch. All of them must make the same calls in
/// the same order. Every sum is added in the order of the ranks, so that all processes get the same bits, and the next run
/// does too.
class ProcessGroup {
 public:
    virtual ~ProcessGroup() = default;

    virtual int rank() const = 0;  ///< the number of this process, from 0
    virtual int size() const = 0;  ///< how many processes there are
    /// true: batch norm takes its statistics over the batch of all processes, so that training is that of one process.
    /// false: over the images of each process; the running averages then take in the statistics of all, rank by rank.
    virtual bool shares_statistics() const = 0;

    /// Replaces each value by its sum over all processes.
    virtual void sum(double* values, std::ptrdiff_t count) = 0;

    /// Begins the sums of gradients. `gradients` are in the order in which backward completes them.
    virtual void begin_gradients(std::span<const SharedGradient> gradients) = 0;
    /// Backward calls this when it has completed the tensors whose objects lie in [begin, end).
    virtual void gradients_ready(const void* begin, const void* end) = 0;
    /// Waits until all gradients hold their sums.
    virtual void finish_gradients() = 0;
};

}  // namespace STAA_ABI
}  // namespace staa
