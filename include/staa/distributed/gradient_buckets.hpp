// SPDX-License-Identifier: MIT
// Sums of gradients over processes, which go on while backward does.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <span>
#include <vector>

// MPI's C++ bindings are out of date, and a program would have to link them.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include "staa/core/error.hpp"
#include "staa/core/process_group.hpp"

namespace staa {
inline namespace STAA_ABI {
namespace detail {

/// A copy of a communicator, which is freed with this object.
class Communicator {
 public:
    explicit Communicator(MPI_Comm original) {
        MPI_Comm_dup(original, &copy_);
        MPI_Comm_rank(copy_, &rank_);
        MPI_Comm_size(copy_, &size_);
    }
    ~Communicator() { MPI_Comm_free(&copy_); }
    Communicator(const Communicator&) = delete;
    Communicator& operator=(const Communicator&) = delete;
    MPI_Comm get() const { return copy_; }
    int rank() const { return rank_; }
    int size() const { return size_; }

 private:
    MPI_Comm copy_ = MPI_COMM_NULL;
    int rank_ = 0, size_ = 1;
};

/// A count for MPI, which counts in int.
inline int item_count(std::ptrdiff_t count) {
    if (count > std::numeric_limits<int>::max()) {
        fail("staa::MpiGroup: a message of ", count, " items is too long for MPI");
    }
    return static_cast<int>(count);
}

/// sums[i] = the sum over the processes of all[process][i], from the first process to the last.
template <class Scalar>
void add_in_order(const Scalar* all, std::ptrdiff_t count, int processes, Scalar* sums) {
    std::copy_n(all, count, sums);
    for (int process = 1; process < processes; ++process) {
        const Scalar* more = all + process * count;
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            sums[i] += more[i];
        }
    }
}

/// Sums gradients in buckets. A bucket is a list of tensors, one after the other in a buffer. Its sum has two messages
/// that do not block:
///   1. every process sends part p of its buffer to process p (MPI_Ialltoall), which adds the parts in the order of the
///      ranks;
///   2. every process gets all sums (MPI_Iallgather).
/// Together they carry as many bytes as the best all-reduce, and unlike MPI_Iallreduce they say in which order numbers are
/// added. The two messages have a communicator each: on a communicator all processes must begin their messages in the
/// same order, which here is that of the buckets.
class GradientBuckets {
 public:
    GradientBuckets(MPI_Comm processes, std::ptrdiff_t bucket_bytes)
        : parts_(processes), sums_(processes), bucket_bytes_(bucket_bytes) {}
    GradientBuckets(const GradientBuckets&) = delete;
    GradientBuckets& operator=(const GradientBuckets&) = delete;

    /// Divides the gradients into buckets, in their order. A sum that was not finished, as after an exception in
    /// backward, is an Error: the other processes wait for it.
    void begin(std::span<const SharedGradient> gradients) {
        if (is_open_) {
            fail("staa::MpiGroup: a sum of gradients was begun before the last one was finished");
        }
        is_open_ = true;
        if (!std::equal(gradients.begin(), gradients.end(), tensors_.begin(), tensors_.end(), is_same)) {
            make_buckets(gradients);
        }
        ready_.assign(tensors_.size(), false);
        sent_ = added_ = 0;
    }

    /// Notes the tensors in [begin, end) as complete, sends the buckets that are complete now, and gives MPI time to go on
    /// with the others.
    void ready(const void* begin, const void* end) {
        if (!is_open_) {
            return;
        }
        for (std::size_t i = 0; i < tensors_.size(); ++i) {
            const std::less<const void*> is_before;
            if (!is_before(tensors_[i].tensor, begin) && is_before(tensors_[i].tensor, end)) {
                ready_[i] = true;
            }
        }
        while (sent_ < buckets_.size() && is_ready(buckets_[sent_])) {
            send(buckets_[sent_++]);
        }
        while (added_ < sent_ && is_done(buckets_[added_].request)) {
            add(buckets_[added_++]);
        }
    }

    /// Sends what is left, and waits for all sums.
    void finish() {
        while (sent_ < buckets_.size()) {
            send(buckets_[sent_++]);
        }
        while (added_ < buckets_.size()) {
            MPI_Wait(&buckets_[added_].request, MPI_STATUS_IGNORE);
            add(buckets_[added_++]);
        }
        for (Bucket& bucket : buckets_) {
            MPI_Wait(&bucket.request, MPI_STATUS_IGNORE);
            copy(bucket, Way::out);
        }
        is_open_ = false;
    }

 private:
    /// Tensors first, .., last - 1 of one type.
    struct Bucket {
        std::size_t first = 0, last = 0;
        std::ptrdiff_t value_bytes = 0, values = 0;
        std::ptrdiff_t part = 0;                   ///< values per process; the last part may be filled up with zeros
        std::vector<std::byte> mine, others, sum;  ///< all my values; my part of every process; the sum of that part
        MPI_Request request = MPI_REQUEST_NULL;
    };
    enum class Way { in, out };

    static bool is_same(const SharedGradient& a, const SharedGradient& b) {
        return a.tensor == b.tensor && a.values == b.values && a.size == b.size && a.value_bytes == b.value_bytes;
    }

    void make_buckets(std::span<const SharedGradient> gradients) {
        tensors_.assign(gradients.begin(), gradients.end());
        buckets_.clear();
        for (std::size_t i = 0; i < tensors_.size(); ++i) {
            const SharedGradient& tensor = tensors_[i];
            if (buckets_.empty() || buckets_.back().values * buckets_.back().value_bytes >= bucket_bytes_ ||
                buckets_.back().value_bytes != tensor.value_bytes) {
                buckets_.emplace_back().first = i;
                buckets_.back().value_bytes = tensor.value_bytes;
            }
            buckets_.back().last = i + 1;
            buckets_.back().values += tensor.size;
        }
        for (Bucket& bucket : buckets_) {
            bucket.part = (bucket.values + parts_.size() - 1) / parts_.size();
            const auto bytes = static_cast<std::size_t>(bucket.part * bucket.value_bytes);
            bucket.mine.assign(bytes * static_cast<std::size_t>(parts_.size()), std::byte{0});
            bucket.others.resize(bucket.mine.size());
            bucket.sum.resize(bytes);
        }
    }

    bool is_ready(const Bucket& bucket) const {
        const auto first = ready_.begin();
        return std::all_of(first + static_cast<std::ptrdiff_t>(bucket.first),
                           first + static_cast<std::ptrdiff_t>(bucket.last), [](bool is) { return is; });
    }

    static bool is_done(MPI_Request& request) {
        int flag = 0;
        MPI_Test(&request, &flag, MPI_STATUS_IGNORE);
        return flag != 0;
    }

    static MPI_Datatype type_of(const Bucket& bucket) { return bucket.value_bytes == 8 ? MPI_DOUBLE : MPI_FLOAT; }

    void send(Bucket& bucket) {
        copy(bucket, Way::in);
        const int part = item_count(bucket.part);
        MPI_Ialltoall(bucket.mine.data(), part, type_of(bucket), bucket.others.data(), part, type_of(bucket),
                      parts_.get(), &bucket.request);
    }

    /// Adds the parts of all processes, and sends the sum to all.
    void add(Bucket& bucket) {
        if (bucket.value_bytes == 8) {
            add_as<double>(bucket);
        } else {
            add_as<float>(bucket);
        }
        const int part = item_count(bucket.part);
        MPI_Iallgather(bucket.sum.data(), part, type_of(bucket), bucket.mine.data(), part, type_of(bucket), sums_.get(),
                       &bucket.request);
    }
    template <class Scalar>
    void add_as(Bucket& bucket) const {
        add_in_order(reinterpret_cast<const Scalar*>(bucket.others.data()), bucket.part, parts_.size(),
                     reinterpret_cast<Scalar*>(bucket.sum.data()));
    }

    /// Copies the tensors into the bucket, or out of it.
    void copy(Bucket& bucket, Way way) {
        std::byte* at = bucket.mine.data();
        for (std::size_t i = bucket.first; i < bucket.last; ++i) {
            const auto bytes = static_cast<std::size_t>(tensors_[i].size * tensors_[i].value_bytes);
            if (way == Way::in) {
                std::memcpy(at, tensors_[i].values, bytes);
            } else {
                std::memcpy(tensors_[i].values, at, bytes);
            }
            at += bytes;
        }
    }

    Communicator parts_, sums_;
    std::ptrdiff_t bucket_bytes_;
    std::vector<SharedGradient> tensors_;
    std::vector<Bucket> buckets_;
    std::vector<bool> ready_;
    std::size_t sent_ = 0, added_ = 0;  ///< buckets whose first message has begun; whose second one has
    bool is_open_ = false;
};

}  // namespace detail
}  // namespace STAA_ABI
}  // namespace staa
