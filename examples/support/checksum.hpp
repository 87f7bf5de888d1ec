// SPDX-License-Identifier: MIT
// Checksums of data sets and files: whether a run goes on with what it began with. They find mistakes, not attacks.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>

#include "staa/core/parallel.hpp"
#include "staa/data/event_data_set.hpp"
#include "staa/data/image_data_set.hpp"
#include "staa/data/mapped_file.hpp"

namespace example {

using staa::Index;

/// A checksum of 64 bits: FNV-1a on words of 8 bytes, with a shift that brings high bits down. It reads about 4 GB/s.
class Checksum {
 public:
    void add(std::uint64_t word) {
        state_ = (state_ ^ word) * 0x100000001B3u;
        state_ ^= state_ >> 32;
    }
    void add(std::span<const std::uint8_t> bytes) {
        add(static_cast<std::uint64_t>(bytes.size()));
        while (!bytes.empty()) {
            const std::size_t count = std::min<std::size_t>(8, bytes.size());
            std::uint64_t word = 0;
            std::memcpy(&word, bytes.data(), count);
            add(word);
            bytes = bytes.subspan(count);
        }
    }
    std::string text() const {
        char text[17];
        std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(state_));
        return text;
    }

 private:
    std::uint64_t state_ = 0xCBF29CE484222325u;
};

/// The checksum of a file.
inline std::string checksum_of(const std::filesystem::path& file) {
    const staa::MappedFile content(file, "a file of weights");
    Checksum sum;
    sum.add(content.bytes());
    return sum.text();
}

/// The checksum of all images and labels.
inline std::string checksum_of(const staa::StoredImages& images) {
    Checksum sum;
    for (Index i = 0; i < images.size(); ++i) {
        sum.add(images.sample(i).pixels);
        sum.add(static_cast<std::uint64_t>(images.sample(i).label));
    }
    return sum.text();
}

/// The checksum of the number of recordings and of at most a hundred of them, spread over the set: each is a file.
template <staa::EventDataSet DataSet>
std::string checksum_of(const DataSet& recordings) {
    constexpr Index most = 100;
    Checksum sum;
    sum.add(static_cast<std::uint64_t>(recordings.size()));
    const Index count = std::min(most, recordings.size());
    for (Index k = 0; k < count; ++k) {
        const staa::EventSample sample = recordings.sample(k * recordings.size() / count);
        sum.add(static_cast<std::uint64_t>(sample.label));
        for (const staa::Event& event : sample.events.list) {
            sum.add(static_cast<std::uint64_t>(event.t));
            sum.add(std::uint64_t{event.x} << 32 | std::uint64_t{event.y} << 1 | event.polarity);
        }
    }
    return sum.text();
}

}  // namespace example
