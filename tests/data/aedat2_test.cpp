// SPDX-License-Identifier: MIT
#include "staa/data/aedat2.hpp"

#include "data/event_writers.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Event;
using staa::Events;
using namespace staa_tests;

Events parse(const std::string& file, const staa::EventReadOptions& options = {}) {
    return staa::parse_aedat2(bytes_of(file), "a.aedat", options);
}

const std::string header = "#!AER-DAT2.0\r\n";  // 14 bytes

TEST_CASE("An AEDAT 2.0 address is mirrored: address 0 is column 127 and row 127, and polarity is inverted", "[data]") {
    const std::string event{"\x00\x00\x03\x05\x00\x01\x02\x03", 8};  // address 0x0305: b = 3, a = 2, bit 0 set
    CHECK(parse(header + event).list == std::vector<Event>{{0x010203, 124, 125, 0}});
    CHECK(parse(header + big_endian(0) + big_endian(1)).list == std::vector<Event>{{1, 127, 127, 1}});
    CHECK(parse(header + big_endian(0x7FFF) + big_endian(1)).list == std::vector<Event>{{1, 0, 0, 0}});
}

TEST_CASE("AEDAT 2.0 events that were written are read back unchanged", "[data]") {
    const Events events = spread_events(128, 128, 3000);
    const Events read = parse(aedat2_file(events));
    CHECK(read == events);
}

TEST_CASE("AEDAT 2.0 times are unsigned", "[data]") {
    CHECK(parse(header + big_endian(0) + big_endian(0xFFFFFFFF)).list.front().t == 4294967295);
}

TEST_CASE("An AEDAT 2.0 header alone is a recording without events", "[data]") {
    CHECK(parse(aedat2_header()).size() == 0);
    CHECK(parse(aedat2_header()).width == 128);
}

TEST_CASE("AEDAT 2.0 lines may end in a line feed alone", "[data]") {
    CHECK(parse("#!AER-DAT2.0\n# a\n" + big_endian(0) + big_endian(1)).size() == 1);
}

TEST_CASE("A special event of AEDAT 2.0 is left out", "[data]") {
    const std::string file =
        header + big_endian(0) + big_endian(5) + big_endian(0x8000) + big_endian(6) + big_endian(2) + big_endian(7);
    CHECK(parse(file).list == std::vector<Event>{{5, 127, 127, 1}, {7, 127, 126, 1}});
}

TEST_CASE("An AEDAT 2.0 address above those of a DVS128 camera is an error with its byte", "[data]") {
    CHECK_THROWS_MATCHES(
        parse(header + big_endian(0) + big_endian(5) + big_endian(0x10000) + big_endian(6)), staa::Error,
        Message("a.aedat: the address at byte 22 is 0x10000, expected at most 0xffff from a DVS128 camera"));
}

TEST_CASE("A truncated last AEDAT 2.0 event is an error with its byte, or left out on request", "[data]") {
    const std::string file = header + big_endian(0) + big_endian(5) + big_endian(0);
    CHECK_THROWS_MATCHES(parse(file), staa::Error,
                         Message("a.aedat: the event that begins at byte 22 is truncated: expected 8 bytes, found 4; "
                                 "EventReadOptions::drop_truncated leaves it out"));
    CHECK(parse(file, {.drop_truncated = true}).size() == 1);
}

TEST_CASE("An AEDAT 2.0 time that runs backwards is an error with its byte, or sorted on request", "[data]") {
    const std::string file = header + big_endian(0) + big_endian(5) + big_endian(2) + big_endian(4);
    CHECK_THROWS_MATCHES(parse(file), staa::Error,
                         Message("a.aedat: the event at byte 22 is at 4 us, before the one at 5 us that it follows; "
                                 "EventReadOptions::sort puts such events in order"));
    CHECK(parse(file, {.sort = true}).list == std::vector<Event>{{4, 127, 126, 1}, {5, 127, 127, 1}});
}

TEST_CASE("A file that is not AEDAT 2.0 is an error that shows its first characters", "[data]") {
    CHECK_THROWS_MATCHES(parse(""), staa::Error,
                         Message("a.aedat is empty; expected a header that begins with #!AER-DAT2.0"));
    CHECK_THROWS_MATCHES(parse("#!AER-DAT3.1\r\n"), staa::Error,
                         Message("a.aedat: the header begins with '#!AER-DAT3.1', expected #!AER-DAT2.0"));
    CHECK_THROWS_MATCHES(parse({"PK\x03\x04 zip", 8}), staa::Error,
                         Message("a.aedat: the header begins with 'PK?? zip', expected #!AER-DAT2.0"));
}

TEST_CASE("An AEDAT 2.0 header line without end is an error with its byte", "[data]") {
    CHECK_THROWS_MATCHES(parse(header + "# half a li"), staa::Error,
                         Message("a.aedat: the header line that begins at byte 14 is truncated: it has no end"));
}

TEST_CASE("An AEDAT 2.0 file is read from disk, and a missing one is named", "[data]") {
    const TemporaryFolder folder;
    const Events events = spread_events(128, 128, 10);
    folder.write("a.aedat", aedat2_file(events));
    CHECK(staa::read_aedat2(folder.path() / "a.aedat") == events);
    CHECK_THROWS_MATCHES(staa::read_aedat2(folder.path() / "b.aedat"), staa::Error,
                         Message("no such file: " + folder.file("b.aedat") + "; expected a recording in AEDAT 2.0"));
}

}  // namespace
