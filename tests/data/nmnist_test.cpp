// SPDX-License-Identifier: MIT
#include "staa/data/nmnist.hpp"

#include "data/event_writers.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Event;
using staa::Events;
using staa::Index;
using staa::NMnist;
using staa::Split;
using namespace staa_tests;

Events parse(const std::string& file, const staa::EventReadOptions& options = {}) {
    return staa::parse_nmnist(bytes_of(file), "a.bin", options);
}

static_assert(staa::EventDataSet<NMnist>);

TEST_CASE("The five bytes of an N-MNIST event are x, y, polarity and 23 bits of time", "[data]") {
    const Events events = parse({"\x21\x0A\x81\x02\x03", 5});
    CHECK(events.height == 34);
    CHECK(events.width == 34);
    CHECK(events.list == std::vector<Event>{{0x010203, 33, 10, 1}});
    CHECK(parse({"\x00\x00\x7F\xFF\xFF", 5}).list == std::vector<Event>{{0x7FFFFF, 0, 0, 0}});
}

TEST_CASE("N-MNIST events that were written are read back unchanged", "[data]") {
    const Events events = spread_events(34, 34, 500);
    CHECK(parse(nmnist_file(events)) == events);
}

TEST_CASE("A time overflow of N-MNIST adds 2^13 us to all later times and is no event", "[data]") {
    const Events events = spread_events(34, 34, 500, 200);
    const std::string file = nmnist_file(events, true);
    REQUIRE(file.size() > 5 * 500);
    CHECK(parse(file) == events);
    CHECK(parse(nmnist_event(0, 240, 0, 0) + nmnist_event(1, 240, 1, 5) + nmnist_event(3, 4, 1, 6)).list ==
          std::vector<Event>{{2 * 8192 + 6, 3, 4, 1}});
}

TEST_CASE("An N-MNIST recording of overflows alone has no events", "[data]") {
    CHECK(parse(nmnist_event(0, 240, 0, 0)).size() == 0);
}

TEST_CASE("An empty N-MNIST file is an error", "[data]") {
    CHECK_THROWS_MATCHES(parse(""), staa::Error, Message("a.bin is empty; expected events of 5 bytes"));
}

TEST_CASE("A truncated last N-MNIST event is an error with its byte, or left out on request", "[data]") {
    const std::string file = nmnist_event(1, 2, 0, 3) + nmnist_event(4, 5, 1, 6).substr(0, 3);
    CHECK_THROWS_MATCHES(parse(file), staa::Error,
                         Message("a.bin: the event that begins at byte 5 is truncated: expected 5 bytes, found 3; "
                                 "EventReadOptions::drop_truncated leaves it out"));
    CHECK(parse(file, {.drop_truncated = true}).list == std::vector<Event>{{3, 1, 2, 0}});
}

TEST_CASE("An N-MNIST event outside the sensor is an error with its byte", "[data]") {
    CHECK_THROWS_MATCHES(
        parse(nmnist_event(0, 0, 0, 0) + nmnist_event(34, 2, 0, 3)), staa::Error,
        Message("a.bin: the event at byte 5 is at x = 34, y = 2, outside the sensor of 34 x 34 pixels"));
    CHECK_THROWS_MATCHES(
        parse(nmnist_event(2, 239, 0, 0)), staa::Error,
        Message("a.bin: the event at byte 0 is at x = 2, y = 239, outside the sensor of 34 x 34 pixels"));
}

TEST_CASE("An N-MNIST time that runs backwards is an error with its byte, or sorted on request", "[data]") {
    const std::string file =
        nmnist_event(1, 1, 0, 5) + nmnist_event(2, 2, 0, 9) + nmnist_event(3, 3, 1, 8) + nmnist_event(4, 4, 1, 9);
    CHECK_THROWS_MATCHES(parse(file), staa::Error,
                         Message("a.bin: the event at byte 10 is at 8 us, before the one at 9 us that it follows; "
                                 "EventReadOptions::sort puts such events in order"));
    CHECK(parse(file, {.sort = true}).list ==
          std::vector<Event>{{5, 1, 1, 0}, {8, 3, 3, 1}, {9, 2, 2, 0}, {9, 4, 4, 1}});
}

TEST_CASE("N-MNIST events of equal time are not taken for times that run backwards", "[data]") {
    CHECK(parse(nmnist_event(1, 1, 0, 5) + nmnist_event(2, 2, 0, 5)).size() == 2);
}

TEST_CASE("A missing N-MNIST recording is named", "[data]") {
    const TemporaryFolder folder;
    CHECK_THROWS_MATCHES(staa::read_nmnist(folder.path() / "a.bin"), staa::Error,
                         Message("no such file: " + folder.file("a.bin") + "; expected a recording of N-MNIST"));
}

/// A recording of one event in the folder of each digit; digit 3 has two of them.
void write_digits(const TemporaryFolder& folder, const std::string& split) {
    for (int digit = 0; digit < 10; ++digit) {
        const std::string class_folder = split + "/" + std::to_string(digit) + "/";
        folder.write(class_folder + "00010.bin", nmnist_event(digit, 0, 1, 10));
        if (digit == 3) {
            folder.write(class_folder + "00002.bin", nmnist_event(digit, 0, 1, 2));
        }
    }
}

TEST_CASE("N-MNIST is the recordings of a split, digit after digit, in the order of their numbers", "[data]") {
    const TemporaryFolder folder;
    write_digits(folder, "Train");
    const auto set = NMnist::open(folder.path(), Split::train);

    REQUIRE(set.size() == 11);
    CHECK(set.classes() == 10);
    CHECK(set.height() == 34);
    CHECK(set.width() == 34);
    CHECK(set.sample(2).label == 2);
    CHECK(set.sample(3).label == 3);
    CHECK(set.sample(3).events.list.front().t == 2);
    CHECK(set.sample(4).label == 3);
    CHECK(set.sample(4).events.list.front().t == 10);
    CHECK(set.sample(10).label == 9);
}

TEST_CASE("The test split of N-MNIST is read from the folder Test", "[data]") {
    const TemporaryFolder folder;
    write_digits(folder, "Test");
    CHECK(NMnist::open(folder.path(), Split::test).size() == 11);
    CHECK_THROWS_MATCHES(NMnist::open(folder.path(), Split::train), staa::Error,
                         Message("no such folder: " + folder.file("Train/0") + "; expected a class folder of N-MNIST"));
}

TEST_CASE("An N-MNIST digit without recordings is an error", "[data]") {
    const TemporaryFolder folder;
    write_digits(folder, "Train");
    std::filesystem::remove(folder.path() / "Train/7/00010.bin");
    CHECK_THROWS_MATCHES(
        NMnist::open(folder.path(), Split::train), staa::Error,
        Message("no file that ends in .bin in " + folder.file("Train/7") + "; expected a class folder of N-MNIST"));
}

TEST_CASE("A bad N-MNIST file is an error when its sample is read, not earlier", "[data]") {
    const TemporaryFolder folder;
    write_digits(folder, "Train");
    folder.write("Train/0/00010.bin", "abc");
    const auto set = NMnist::open(folder.path(), Split::train);
    CHECK_THROWS_WITH(set.sample(0),
                      StartsWith(folder.file("Train/0/00010.bin") + ": the event that begins at byte 0"));
    CHECK(set.sample(1).label == 1);
}

}  // namespace
