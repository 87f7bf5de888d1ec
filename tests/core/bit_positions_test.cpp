// SPDX-License-Identifier: MIT
#include "staa/core/bit_positions.hpp"

#include <vector>

#include "support/catch.hpp"

namespace {

using staa::Index;
using namespace staa::detail;

TEST_CASE("The set bits of a byte are listed in ascending order, plus an offset", "[core]") {
    for (unsigned byte = 0; byte < 256; ++byte) {
        for (const Index offset : {0, 7, 65528}) {
            std::vector<std::uint16_t> expected;
            for (unsigned bit = 0; bit < 8; ++bit) {
                if ((byte >> bit & 1u) != 0) {
                    expected.push_back(static_cast<std::uint16_t>(offset + bit));
                }
            }
            std::vector<std::uint16_t> listed(8);
            const Index count = list_byte(0xABCDEF00u | byte, four_times(offset), listed.data());
            listed.resize(static_cast<std::size_t>(count));
            CHECK(listed == expected);
        }
    }
}

TEST_CASE("The set bits of a word, or of its first bits, are listed in ascending order, as their places plus an offset",
          "[core]") {
    std::uint16_t places[64];
    for (std::size_t i = 0; i < 64; ++i) {
        places[i] = static_cast<std::uint16_t>(100 * (i / 8) + i % 8);  // bytes apart, as lines of a map are
    }
    for (const std::uint64_t word : {0x0ull, 0x1ull, 0x8000000000000001ull, 0x00FF00F0A5000000ull, ~0ull}) {
        for (const Index count : {3, 8, 40, 63, 64}) {
            const std::uint64_t bits = word & (~std::uint64_t{0} >> (64 - count));
            for (const Index offset : {0, 64, 64800}) {
                std::vector<std::uint16_t> expected;
                for (std::size_t bit = 0; bit < 64; ++bit) {
                    if ((bits >> bit & 1u) != 0) {
                        expected.push_back(static_cast<std::uint16_t>(offset + places[bit]));
                    }
                }
                std::vector<std::uint16_t> listed(static_cast<std::size_t>((count + 7) / 8 * 8 + 1), 12345);
                const Index set = list_word(bits, count, places, offset, listed.data());
                CHECK(listed.back() == 12345);
                listed.resize(static_cast<std::size_t>(set));
                CHECK(listed == expected);
            }
        }
    }
}

TEST_CASE("A number is added where a bit is set, for any count of bits", "[core]") {
    const std::uint64_t words[] = {0x8000000000000005, 0x3};
    for (const Index count : {1, 3, 8, 60, 64, 65, 66, 128}) {
        std::vector<double> y(static_cast<std::size_t>(count) + 1, 0.5);
        add_bits(words, count, 0.25, y.data());
        for (Index c = 0; c < count; ++c) {
            const bool is_set = (words[c / 64] >> (c % 64) & 1) != 0;
            CHECK(y[static_cast<std::size_t>(c)] == (is_set ? 0.75 : 0.5));
        }
        CHECK(y.back() == 0.5);
    }
}

}  // namespace
