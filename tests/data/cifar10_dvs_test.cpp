// SPDX-License-Identifier: MIT
#include "staa/data/cifar10_dvs.hpp"

#include <set>

#include "data/event_writers.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Cifar10Dvs;
using staa::Cifar10DvsOptions;
using staa::Index;
using staa::Split;
using namespace staa_tests;

constexpr const char* classes[] = {"airplane", "automobile", "bird",  "cat",  "deer",
                                   "dog",      "frog",       "horse", "ship", "truck"};

/// `count` recordings per class, each with one event whose time is the number of the recording.
void write_recordings(const TemporaryFolder& folder, int count) {
    for (const std::string name : classes) {
        for (int i = 0; i < count; ++i) {
            folder.write(name + "/cifar10_" + name + "_" + std::to_string(i) + ".aedat",
                         aedat2_file({128, 128, {{i, 1, 2, 1}}}));
        }
    }
}

/// The numbers of a split's recordings, class after class.
std::vector<std::int64_t> numbers(const Cifar10Dvs& set) {
    std::vector<std::int64_t> result;
    for (Index i = 0; i < set.size(); ++i) {
        result.push_back(set.sample(i).events.list.front().t);
    }
    return result;
}

static_assert(staa::EventDataSet<Cifar10Dvs>);

TEST_CASE("The random split of CIFAR10-DVS uses a tenth of each class for testing and the rest for training",
          "[data]") {
    const TemporaryFolder folder;
    write_recordings(folder, 20);
    const auto train = Cifar10Dvs::open(folder.path(), Split::train),
               test = Cifar10Dvs::open(folder.path(), Split::test);

    REQUIRE(train.size() == 180);
    REQUIRE(test.size() == 20);
    for (Index i = 0; i < 20; ++i) {
        CHECK(test.sample(i).label == i / 2);
    }
    std::set<std::filesystem::path> all;
    for (Index i = 0; i < 180; ++i) {
        all.insert(train.path(i));
    }
    for (Index i = 0; i < 20; ++i) {
        all.insert(test.path(i));
    }
    CHECK(all.size() == 200);
}

TEST_CASE("The random split of CIFAR10-DVS depends on its seed and differs between classes", "[data]") {
    const TemporaryFolder folder;
    write_recordings(folder, 20);
    const auto tested = [&](std::uint64_t seed) {
        return numbers(Cifar10Dvs::open(folder.path(), Split::test, {.seed = seed}));
    };
    CHECK(tested(1) == tested(1));
    CHECK(tested(1) != tested(2));
    std::set<std::pair<std::int64_t, std::int64_t>> pairs;
    for (std::size_t i = 0; i < 10; ++i) {
        pairs.insert({tested(1)[2 * i], tested(1)[2 * i + 1]});
    }
    CHECK(pairs.size() > 5);
}

TEST_CASE("The splits by number use the last or the first 100 of each class for testing", "[data]") {
    const TemporaryFolder folder;
    write_recordings(folder, 102);
    const auto tested = [&](staa::Cifar10DvsSplit split) {
        return numbers(Cifar10Dvs::open(folder.path(), Split::test, {.split = split}));
    };
    const auto last = tested(staa::Cifar10DvsSplit::last_100), first = tested(staa::Cifar10DvsSplit::first_100);
    REQUIRE(last.size() == 1000);
    REQUIRE(first.size() == 1000);
    for (std::size_t i = 0; i < 1000; ++i) {
        REQUIRE(last[i] == static_cast<std::int64_t>(i % 100 + 2));
        REQUIRE(first[i] == static_cast<std::int64_t>(i % 100));
    }
    CHECK(numbers(Cifar10Dvs::open(folder.path(), Split::train, {.split = staa::Cifar10DvsSplit::last_100})).size() ==
          20);
}

TEST_CASE("Too few recordings for a split of CIFAR10-DVS are an error", "[data]") {
    const TemporaryFolder folder;
    write_recordings(folder, 9);
    CHECK_THROWS_MATCHES(
        Cifar10Dvs::open(folder.path(), Split::train), staa::Error,
        Message(folder.file("airplane") + " has 9 recordings, expected at least 10 for this split of CIFAR10-DVS"));
    CHECK_THROWS_MATCHES(
        Cifar10Dvs::open(folder.path(), Split::train, {.split = staa::Cifar10DvsSplit::last_100}), staa::Error,
        Message(folder.file("airplane") + " has 9 recordings, expected at least 101 for this split of CIFAR10-DVS"));
}

TEST_CASE("A class of CIFAR10-DVS that is missing is named", "[data]") {
    const TemporaryFolder folder;
    write_recordings(folder, 10);
    std::filesystem::remove_all(folder.path() / "frog");
    CHECK_THROWS_MATCHES(
        Cifar10Dvs::open(folder.path(), Split::train), staa::Error,
        Message("no such folder: " + folder.file("frog") + "; expected a class folder of CIFAR10-DVS"));
}

TEST_CASE("CIFAR10-DVS sorts times that run backwards by default", "[data]") {
    const TemporaryFolder folder;
    write_recordings(folder, 10);
    for (int i = 0; i < 10; ++i) {
        folder.write("airplane/cifar10_airplane_" + std::to_string(i) + ".aedat",
                     aedat2_file({128, 128, {{5, 1, 1, 0}, {4, 2, 2, 0}}}));
    }
    CHECK(Cifar10Dvs::open(folder.path(), Split::train).sample(0).events.list.front().t == 4);
    const auto strict = Cifar10Dvs::open(folder.path(), Split::train, {.reading = {}});
    CHECK_THROWS_WITH(strict.sample(0), contains_text("before the one at 5 us"));
}

}  // namespace
