// SPDX-License-Identifier: MIT
#include "staa/core/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <set>
#include <thread>
#include <vector>

#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "support/catch.hpp"

namespace {

using staa::Index;

/// Sets the number of threads for as long as it lives.
class Threads {
 public:
    explicit Threads(int count) : before_(staa::threads()) { staa::set_threads(count); }
    ~Threads() { staa::set_threads(before_); }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

 private:
    int before_;
};

constexpr Index cheap = 1, dear = 1 << 20;

TEST_CASE("Every index is visited once, with one thread and with two", "[core]") {
    const int threads = GENERATE(1, 2);
    const Index cost = GENERATE(cheap, dear);
    const Threads set(threads);
    for (const Index count : {1, 2, 7, 1000}) {
        INFO(count << " tasks of cost " << cost << ", " << threads << " threads");
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
        staa::parallel_for(count, cost, [&](Index i) { ++visits[static_cast<std::size_t>(i)]; });
        for (const std::atomic<int>& visit : visits) {
            CHECK(visit == 1);
        }
    }
}

TEST_CASE("Without tasks nothing is called", "[core]") {
    const Threads set(2);
    bool is_called = false;
    staa::parallel_for(0, dear, [&](Index) { is_called = true; });
    CHECK_FALSE(is_called);
}

TEST_CASE("Work that is too small for several threads runs on the calling thread", "[core]") {
    const Threads set(2);
    bool is_callers = true;
    staa::parallel_for(1000, cheap, [&, caller = std::this_thread::get_id()](Index) {
        is_callers = is_callers && std::this_thread::get_id() == caller;
    });
    CHECK(is_callers);
}

TEST_CASE("No more threads work than set_threads allows", "[core]") {
    const Threads set(2);
    std::mutex mutex;
    std::set<std::thread::id> workers;
    staa::parallel_for(1000, dear, [&](Index) {
        const std::lock_guard lock(mutex);
        workers.insert(std::this_thread::get_id());
    });
    CHECK(workers.size() <= 2);
}

TEST_CASE("may_split is true where there are several threads, but not inside a parallel_for", "[core]") {
    const Threads two(2);
    CHECK(staa::may_split() == (staa::threads() > 1));
    std::atomic<int> split_again{0};
    staa::parallel_for(2, dear, [&](Index) { split_again += staa::may_split() ? 1 : 0; });
    CHECK(split_again == 0);
    staa::set_threads(1);
    CHECK_FALSE(staa::may_split());
}

TEST_CASE("for_parts visits every value of an array once", "[core]") {
    const Threads two(2);
    for (const Index size : {0, 1, 1 << 14, (1 << 14) + 1, 100000}) {
        INFO("size " << size);
        std::vector<char> met(static_cast<std::size_t>(size), 0);  // a part owns its places
        staa::for_parts(size, [&](Index first, Index last) {
            for (Index i = first; i < last; ++i)
                ++met[static_cast<std::size_t>(i)];
        });
        CHECK(std::all_of(met.begin(), met.end(), [](char times) { return times == 1; }));
    }
}

TEST_CASE("The number of threads is the one that was set, and at least 1", "[core]") {
#if defined(_OPENMP)
    const int settable = 3;
#else
    const int settable = 1;
#endif
    const Threads restored_after(3);
    CHECK(staa::threads() == settable);
    for (const int count : {1, 0, -5}) {
        staa::set_threads(count);
        CHECK(staa::threads() == 1);
    }
}

TEST_CASE("What a task throws comes out of the loop, on one thread and on two, and the next loop runs", "[core]") {
    const Threads set(GENERATE(1, 2));
    for (const Index thrower : {0, 7, 99}) {
        CHECK_THROWS_AS(staa::parallel_for(100, dear,
                                           [&](Index i) {
                                               if (i == thrower) {
                                                   throw std::bad_alloc();
                                               }
                                           }),
                        std::bad_alloc);
    }
    CHECK_THROWS_AS(staa::parallel_for(100, dear, [](Index) { throw std::bad_alloc(); }), std::bad_alloc);
    std::atomic<int> calls{0};
    staa::parallel_for(100, dear, [&](Index) { ++calls; });
    CHECK(calls == 100);
}

TEST_CASE("A million threads are as many as the machine can use", "[core]") {
    const Threads set(1000000);
    CHECK(staa::threads() <= std::max(64, 4 * static_cast<int>(std::thread::hardware_concurrency())));
    std::atomic<int> calls{0};
    staa::parallel_for(1000, dear, [&](Index) { ++calls; });
    CHECK(calls == 1000);
}

#if defined(__unix__)
TEST_CASE("A process that was forked after a loop runs its loops on one thread", "[core]") {
    const Threads set(2);
    staa::parallel_for(100, dear, [](Index) {});
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);  // where the loop hangs
        std::atomic<int> calls{0};
        staa::set_threads(2);
        staa::parallel_for(100, dear, [&](Index) { ++calls; });
        _exit(calls == 100 && staa::threads() == 1 && !staa::may_split() ? 0 : 1);
    }
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
#if defined(_OPENMP)
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
#endif
    CHECK(WIFEXITED(status));
    staa::parallel_for(100, dear, [](Index) {});  // the parent has its threads
}
#endif

}  // namespace
