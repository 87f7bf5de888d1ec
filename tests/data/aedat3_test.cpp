// SPDX-License-Identifier: MIT
#include "staa/data/aedat3.hpp"

#include "data/event_writers.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Aedat3Options;
using staa::Event;
using staa::Events;
using namespace staa_tests;

Events parse(const std::string& file, const Aedat3Options& options = {}) {
    return staa::parse_aedat3(bytes_of(file), "a.aedat", options);
}

const std::string header = "#!AER-DAT3.1\r\n#!END-HEADER\r\n";  // 28 bytes; a first packet's events begin at byte 56

TEST_CASE("The bits of an AEDAT 3.1 polarity event are valid, polarity, y and x", "[data]") {
    const std::string event{"\x17\x00\x06\x00\x04\x03\x02\x01", 8};  // data 0x00060017, time 0x01020304
    CHECK(parse(header + PacketHeader{.capacity = 1}.text() + event).list == std::vector<Event>{{0x01020304, 3, 5, 1}});
}

TEST_CASE("AEDAT 3.1 events that were written are read back unchanged, for any size of packets", "[data]") {
    const Events events = spread_events(128, 128, 1000);
    CHECK(parse(aedat3_file(events, 1)) == events);
    CHECK(parse(aedat3_file(events, 100)) == events);
    CHECK(parse(aedat3_file(events, 5000)) == events);
}

TEST_CASE("The time overflow of an AEDAT 3.1 packet is bits 31 and up", "[data]") {
    const Events events = spread_events(128, 128, 100, 1 << 26, (std::int64_t{1} << 31) - 5);
    CHECK(events.list.back().t > std::int64_t{3} << 31);
    CHECK(parse(aedat3_file(events)) == events);
}

TEST_CASE("AEDAT 3.1 events that are not valid are left out", "[data]") {
    const std::string file = header + PacketHeader{.capacity = 3, .valid = 2}.text() + aedat3_event({1, 1, 1, 0}) +
                             aedat3_event({2, 2, 2, 0}, false) + aedat3_event({3, 3, 3, 0});
    CHECK(parse(file).list == std::vector<Event>{{1, 1, 1, 0}, {3, 3, 3, 0}});
}

TEST_CASE("An AEDAT 3.1 event that is marked as not valid may be outside the sensor", "[data]") {
    const std::string file =
        header + PacketHeader{.capacity = 1, .valid = 0}.text() + aedat3_event({1, 20000, 20000, 0}, false);
    CHECK(parse(file).size() == 0);
}

TEST_CASE("Of the room for `capacity` events in an AEDAT 3.1 packet, the first `number` are read", "[data]") {
    const std::string file = header + PacketHeader{.capacity = 3, .number = 1}.text() + aedat3_event({1, 1, 1, 0}) +
                             aedat3_event({9, 9, 9, 0}) + aedat3_event({9, 9, 9, 0}) +
                             PacketHeader{.capacity = 1}.text() + aedat3_event({2, 2, 2, 0});
    CHECK(parse(file).list == std::vector<Event>{{1, 1, 1, 0}, {2, 2, 2, 0}});
}

TEST_CASE("AEDAT 3.1 packets of other types are left out", "[data]") {
    for (const int type : {0, 2, 3, 13}) {
        const std::string file =
            header + PacketHeader{.type = type, .event_size = 36, .time_offset = 12, .capacity = 2}.text() +
            std::string(72, '\x7F') + PacketHeader{.capacity = 1}.text() + aedat3_event({2, 2, 2, 0});
        CHECK(parse(file).list == std::vector<Event>{{2, 2, 2, 0}});
    }
}

TEST_CASE("An AEDAT 3.1 packet of a type outside the format is an error with its byte", "[data]") {
    for (const int type : {14, -1}) {
        CHECK_THROWS_MATCHES(
            parse(header + PacketHeader{.type = type}.text()), staa::Error,
            Message("a.aedat: the packet at byte 28 is of type " + std::to_string(type) + ", expected 0 to 13"));
    }
}

TEST_CASE("AEDAT 3.1 packet sizes that contradict each other are an error with the packet's byte", "[data]") {
    for (const PacketHeader& packet :
         {PacketHeader{.event_size = 0, .capacity = 1}, PacketHeader{.event_size = -8, .capacity = 1},
          PacketHeader{.capacity = 1, .number = 2}, PacketHeader{.capacity = 2, .number = 1, .valid = 2},
          PacketHeader{.capacity = -1, .number = 0}, PacketHeader{.overflow = -1, .capacity = 0}}) {
        CHECK_THROWS_WITH(parse(header + packet.text()),
                          StartsWith("a.aedat: the packet at byte 28 has events of ") &&
                              EndsWith("expected a size above 0 and 0 <= valid <= number <= capacity, 0 <= overflow"));
    }
}

TEST_CASE("AEDAT 3.1 polarity events of another layout are an error with the packet's byte", "[data]") {
    CHECK_THROWS_MATCHES(parse(header + PacketHeader{.event_size = 16, .capacity = 0}.text()), staa::Error,
                         Message("a.aedat: the packet at byte 28 has polarity events of 16 bytes with the time at 4, "
                                 "expected 8 and 4"));
    CHECK_THROWS_MATCHES(parse(header + PacketHeader{.time_offset = 0, .capacity = 0}.text()), staa::Error,
                         Message("a.aedat: the packet at byte 28 has polarity events of 8 bytes with the time at 0, "
                                 "expected 8 and 4"));
}

TEST_CASE("A truncated AEDAT 3.1 event is an error with its byte, or left out on request", "[data]") {
    const std::string whole = aedat3_file({128, 128, {{1, 1, 1, 0}, {2, 2, 2, 1}}});
    const std::string file = whole.substr(0, whole.size() - 3);
    CHECK_THROWS_MATCHES(
        parse(file), staa::Error,
        Message("a.aedat: the event that begins at byte " + std::to_string(whole.size() - 8) +
                " is truncated: expected 8 bytes, found 5; EventReadOptions::drop_truncated leaves it out"));
    CHECK(parse(file, {.reading = {.drop_truncated = true}}).list == std::vector<Event>{{1, 1, 1, 0}});
}

TEST_CASE("An AEDAT 3.1 packet that promises more events than the file has is an error at once", "[data]") {
    const std::string file = header + PacketHeader{.capacity = 2'000'000'000}.text() + aedat3_event({1, 1, 1, 0});
    CHECK_THROWS_MATCHES(parse(file), staa::Error,
                         Message("a.aedat: the packet's next event that begins at byte 64 is truncated: expected 8 "
                                 "bytes, found 0; EventReadOptions::drop_truncated leaves it out"));
    CHECK(parse(file, {.reading = {.drop_truncated = true}}).size() == 1);
}

TEST_CASE("A truncated AEDAT 3.1 packet of another type is an error with its byte, or left out on request", "[data]") {
    const std::string file = header + PacketHeader{.type = 2, .event_size = 1000, .capacity = 3}.text() + "pixels";
    CHECK_THROWS_MATCHES(
        parse(file), staa::Error,
        Message("a.aedat: the packet that begins at byte 28 is truncated: expected 3028 bytes, found 34; "
                "EventReadOptions::drop_truncated leaves it out"));
    CHECK(parse(file, {.reading = {.drop_truncated = true}}).size() == 0);
}

TEST_CASE("An AEDAT 3.1 polarity packet whose unused room is cut off is an error, or its events are kept on request",
          "[data]") {
    const std::string file =
        header + PacketHeader{.capacity = 3, .number = 1}.text() + aedat3_event({1, 1, 1, 0}) + "room";
    CHECK_THROWS_MATCHES(
        parse(file), staa::Error,
        Message("a.aedat: the packet that begins at byte 28 is truncated: expected 52 bytes, found 40; "
                "EventReadOptions::drop_truncated leaves it out"));
    CHECK(parse(file, {.reading = {.drop_truncated = true}}).list == std::vector<Event>{{1, 1, 1, 0}});
}

TEST_CASE("A truncated AEDAT 3.1 packet header is an error with its byte, or left out on request", "[data]") {
    const std::string file = header + PacketHeader{}.text() + "\x01";
    CHECK_THROWS_MATCHES(parse(file), staa::Error,
                         Message("a.aedat: the packet header that begins at byte 56 is truncated: expected 28 bytes, "
                                 "found 1; EventReadOptions::drop_truncated leaves it out"));
    CHECK(parse(file, {.reading = {.drop_truncated = true}}).size() == 0);
}

TEST_CASE("An AEDAT 3.1 event outside the sensor is an error with its byte", "[data]") {
    const std::string file = header + PacketHeader{.capacity = 1}.text() + aedat3_event({1, 3, 128, 0});
    CHECK_THROWS_MATCHES(parse(file), staa::Error,
                         Message("a.aedat: the event at byte 56 is at x = 3, y = 128, outside the sensor of 128 x 128 "
                                 "pixels"));
    CHECK(parse(file, {.height = 180, .width = 240}).size() == 1);
}

TEST_CASE("An AEDAT 3.1 time below zero is an error with its byte", "[data]") {
    const std::string file = header + PacketHeader{.capacity = 1}.text() + little_endian(1) + little_endian(0xFFFFFFFF);
    CHECK_THROWS_MATCHES(parse(file), staa::Error, Message("a.aedat: the time at byte 60 is -1, expected 0 or more"));
}

TEST_CASE("An AEDAT 3.1 time that runs backwards is an error with its byte, or sorted on request", "[data]") {
    const std::string file = header + PacketHeader{.capacity = 1}.text() + aedat3_event({5, 1, 1, 0}) +
                             PacketHeader{.capacity = 1}.text() + aedat3_event({4, 2, 2, 0});
    CHECK_THROWS_MATCHES(parse(file), staa::Error,
                         Message("a.aedat: the event at byte 92 is at 4 us, before the one at 5 us that it follows; "
                                 "EventReadOptions::sort puts such events in order"));
    CHECK(parse(file, {.reading = {.sort = true}}).list == std::vector<Event>{{4, 2, 2, 0}, {5, 1, 1, 0}});
}

TEST_CASE("The options `from` and `to` keep the AEDAT 3.1 events at or after `from` and before `to`", "[data]") {
    const std::string file = aedat3_file({128, 128, {{9, 1, 1, 0}, {10, 2, 2, 0}, {19, 3, 3, 0}, {20, 4, 4, 0}}}, 3);
    CHECK(parse(file, {.from = 10, .to = 20}).list == std::vector<Event>{{10, 2, 2, 0}, {19, 3, 3, 0}});
    CHECK(parse(file, {.from = 21}).size() == 0);
}

TEST_CASE("An AEDAT 3.1 header alone is a recording without events", "[data]") {
    CHECK(parse(aedat3_header()).size() == 0);
}

TEST_CASE("A file that is not AEDAT 3.1 is an error that shows its first characters", "[data]") {
    CHECK_THROWS_MATCHES(parse(""), staa::Error,
                         Message("a.aedat is empty; expected a header that begins with #!AER-DAT3.1"));
    CHECK_THROWS_MATCHES(parse(aedat2_header()), staa::Error,
                         Message("a.aedat: the header begins with '#!AER-DAT2.0', expected #!AER-DAT3.1"));
}

TEST_CASE("An AEDAT 3.1 header without end is an error", "[data]") {
    CHECK_THROWS_MATCHES(parse("#!AER-DAT3.1\r\n#Format: RAW\r\n"), staa::Error,
                         Message("a.aedat: the header has no end: there is no line #!END-HEADER in its 28 bytes"));
    CHECK_THROWS_MATCHES(parse("#!AER-DAT3.1\r\nFormat: RAW\r\n#!END-HEADER\r\n"), staa::Error,
                         Message("a.aedat: the header line at byte 14 begins with 'F', expected # in every line up to "
                                 "#!END-HEADER"));
}

TEST_CASE("An AEDAT 3.1 file is read from disk, and a missing one is named", "[data]") {
    const TemporaryFolder folder;
    const Events events = spread_events(128, 128, 10);
    folder.write("a.aedat", aedat3_file(events));
    CHECK(staa::read_aedat3(folder.path() / "a.aedat") == events);
    CHECK_THROWS_MATCHES(staa::read_aedat3(folder.path() / "b.aedat"), staa::Error,
                         Message("no such file: " + folder.file("b.aedat") + "; expected a recording in AEDAT 3.1"));
}

}  // namespace
