// SPDX-License-Identifier: MIT
// Reads AEDAT 3.1, the file format of DVS128 Gesture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "staa/data/aedat_bytes.hpp"
#include "staa/data/events.hpp"
#include "staa/data/mapped_file.hpp"

namespace staa {
inline namespace STAA_ABI {

/// How an AEDAT 3.1 file is read.
struct Aedat3Options {
    Index height = 128, width = 128;  ///< of the sensor, in pixels
    /// Events with from <= t < to are kept, in microseconds. The other events are checked, too.
    std::int64_t from = std::numeric_limits<std::int64_t>::min(), to = std::numeric_limits<std::int64_t>::max();
    EventReadOptions reading{};  ///< which defects of a file are accepted
};

namespace detail {

/// Reads the packets of a file one after the other.
class Aedat3Parser {
 public:
    Aedat3Parser(std::span<const std::uint8_t> bytes, const std::string& file, const Aedat3Options& options)
        : bytes_(bytes),
          size_(static_cast<Index>(bytes.size())),
          file_(file),
          options_(options),
          events_(options.height, options.width, file, options.reading) {
        check_aedat_version(bytes, "#!AER-DAT3.1", file);
    }

    Events parse() {
        Index byte = end_of_header();
        if (options_.from == std::numeric_limits<std::int64_t>::min()) {
            events_.reserve((size_ - byte) / event_size);
        }
        while (byte < size_) {
            byte = parse_packet(byte);
        }
        return events_.take();
    }

 private:
    static constexpr Index header_size = 28, event_size = 8, time_offset = 4;
    static constexpr int polarity_type = 1, types = 14;  // libcaer: 0 special, 1 polarity, 2 frame, ... 13 matrix

    struct Packet {
        int type;
        std::int32_t event_size, time_offset, overflow, capacity, number, valid;
    };

    std::int32_t number_at(Index byte) const {
        return static_cast<std::int32_t>(little_endian_u32(bytes_.data() + byte));
    }

    Index end_of_header() const {
        for (Index byte = 0; byte < size_;) {
            const std::string_view line = line_at(bytes_, byte);
            if (!line.starts_with('#')) {
                fail(file_, ": the header line at byte ", byte, " begins with '", printable(line.substr(0, 1)),
                     "', expected # in every line up to #!END-HEADER");
            }
            byte += static_cast<Index>(line.size());
            if (line == "#!END-HEADER\r\n" || line == "#!END-HEADER\n") {
                return byte;
            }
        }
        fail(file_, ": the header has no end: there is no line #!END-HEADER in its ", size_, " bytes");
    }

    /// Reads the packet at `byte`. Gives the position of the next packet.
    Index parse_packet(Index byte) {
        if (size_ - byte < header_size) {
            events_.end_truncated("packet header", byte, header_size, size_ - byte);
            return size_;
        }
        const Packet packet = packet_at(byte);
        const Index body = byte + header_size, length = Index{packet.capacity} * packet.event_size;
        const Index end = std::min(size_, body + length);
        if (packet.type == polarity_type) {
            parse_events(packet, body, std::min(end, body + Index{packet.number} * event_size));
        }
        if (end - body < length) {
            events_.end_truncated("packet", byte, header_size + length, size_ - byte);
        }
        return end;
    }

    Packet packet_at(Index byte) const {
        const auto type = static_cast<std::int16_t>(number_at(byte) & 0xFFFF);
        const Packet packet{type,
                            number_at(byte + 4),
                            number_at(byte + 8),
                            number_at(byte + 12),
                            number_at(byte + 16),
                            number_at(byte + 20),
                            number_at(byte + 24)};
        if (type < 0 || type >= types) {
            fail(file_, ": the packet at byte ", byte, " is of type ", type, ", expected 0 to ", types - 1);
        }
        const bool fits = packet.event_size > 0 && packet.valid >= 0 && packet.valid <= packet.number &&
                          packet.number <= packet.capacity && packet.overflow >= 0;
        if (!fits) {
            fail(file_, ": the packet at byte ", byte, " has events of ", packet.event_size, " bytes, capacity ",
                 packet.capacity, ", number ", packet.number, ", valid ", packet.valid, ", time overflow ",
                 packet.overflow, "; expected a size above 0 and 0 <= valid <= number <= capacity, 0 <= overflow");
        }
        if (type == polarity_type && (packet.event_size != event_size || packet.time_offset != time_offset)) {
            fail(file_, ": the packet at byte ", byte, " has polarity events of ", packet.event_size,
                 " bytes with the time at ", packet.time_offset, ", expected ", event_size, " and ", time_offset);
        }
        return packet;
    }

    /// Reads the events of a packet that lie in the bytes [byte, end). In a truncated file these are fewer than the
    /// packet's number.
    void parse_events(const Packet& packet, Index byte, Index end) {
        const Index expected = byte + Index{packet.number} * event_size;
        const std::int64_t overflow = std::int64_t{packet.overflow} << 31;
        for (; byte + event_size <= end; byte += event_size) {
            const std::uint32_t data = little_endian_u32(bytes_.data() + byte);
            const bool is_valid = (data & 1) != 0;
            if (is_valid) {
                add(data, number_at(byte + time_offset), overflow, byte);
            }
        }
        if (byte < expected) {
            events_.end_truncated(byte < end ? "event" : "packet's next event", byte, event_size, end - byte);
        }
    }

    void add(std::uint32_t data, std::int32_t time, std::int64_t overflow, Index byte) {
        if (time < 0) {
            fail(file_, ": the time at byte ", byte + time_offset, " is ", time, ", expected 0 or more");
        }
        const std::int64_t t = overflow | time;
        events_.add({t, static_cast<std::uint16_t>(data >> 17 & 0x7FFF), static_cast<std::uint16_t>(data >> 2 & 0x7FFF),
                     static_cast<std::uint8_t>(data >> 1 & 1)},
                    byte, t >= options_.from && t < options_.to);
    }

    std::span<const std::uint8_t> bytes_;
    Index size_;
    const std::string& file_;
    Aedat3Options options_;
    EventCollector events_;
};

}  // namespace detail

/// Reads the bytes of an AEDAT 3.1 file; `file` is its name in error messages. The header is `#!AER-DAT3.1` and further
/// lines that begin with `#`, up to `#!END-HEADER`. Packets follow, little-endian, each with a header of 28 bytes:
///
///     i16 type | i16 source | i32 event size | i32 time offset | i32 time overflow | i32 capacity | i32 number | i32 valid
///
/// and room for `capacity` events, of which the first `number` are used. A polarity event (type 1) is u32 data, i32
/// time:
///
///     valid = data[0],   polarity = data[1],   y = data[16:2],   x = data[31:17],   t = time | overflow << 31
///
/// Events that are not valid are left out, and so are packets of the other types that the format defines (0 to 13). Any
/// other type, sizes that contradict each other, a truncated event or packet, a coordinate outside the sensor and a
/// time that is negative or runs backwards are each an `Error` that names the byte. A packet also counts as truncated
/// if only its unused room is cut off. A file without packets is a recording without events.
inline Events parse_aedat3(std::span<const std::uint8_t> bytes, const std::string& file,
                           const Aedat3Options& options = {}) {
    return detail::Aedat3Parser(bytes, file, options).parse();
}

/// Reads a recording in AEDAT 3.1; see `parse_aedat3`. A missing file is an `Error` too.
inline Events read_aedat3(const std::filesystem::path& path, const Aedat3Options& options = {}) {
    const MappedFile file(path, "a recording in AEDAT 3.1");
    return parse_aedat3(file.bytes(), path.string(), options);
}

}  // namespace STAA_ABI
}  // namespace staa
