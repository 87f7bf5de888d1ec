// SPDX-License-Identifier: MIT
// Without libpng there is nothing to test.
#if defined(STAA_HAS_PNG)
#include "staa/data/png.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <zlib.h>

#include "data/event_writers.hpp"
#include "staa/data/read_picture.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using staa::Index;
using staa::Picture;
using namespace staa_tests;

/// A PNG file of the rows, which libpng writes. Each row has `width` pixels of the colour type and bit depth.
std::string png(int width, int colour_type, int bit_depth, const std::vector<std::vector<std::uint8_t>>& rows,
                int interlace = PNG_INTERLACE_NONE) {
    std::string file;
    png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(writer);
    png_set_write_fn(
        writer, &file,
        [](png_structp to, png_bytep bytes, png_size_t count) {
            static_cast<std::string*>(png_get_io_ptr(to))->append(reinterpret_cast<const char*>(bytes), count);
        },
        nullptr);
    png_set_IHDR(writer, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(rows.size()), bit_depth,
                 colour_type, interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    const png_color palette[2] = {{10, 20, 30}, {200, 100, 50}};
    if (colour_type == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(writer, info, palette, 2);
    }
    png_write_info(writer, info);
    std::vector<png_bytep> pointers;
    std::vector<std::vector<std::uint8_t>> copy = rows;
    for (auto& row : copy) {
        pointers.push_back(row.data());
    }
    png_write_image(writer, pointers.data());
    png_write_end(writer, nullptr);
    png_destroy_write_struct(&writer, &info);
    return file;
}

Picture parse(const std::string& file) { return staa::parse_png(bytes_of(file), "a.png"); }

const std::string colours = png(2, PNG_COLOR_TYPE_RGB, 8, {{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}});

TEST_CASE("A PNG in colour is decoded to red, green and blue", "[data]") {
    const Picture picture = parse(colours);
    CHECK(picture.height == 2);
    CHECK(picture.width == 2);
    CHECK(picture.pixels == std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
}

TEST_CASE("An interlaced PNG has the same pixels as one that is not", "[data]") {
    const std::vector<std::vector<std::uint8_t>> rows{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}};
    CHECK(parse(png(2, PNG_COLOR_TYPE_RGB, 8, rows, PNG_INTERLACE_ADAM7)).pixels == parse(colours).pixels);
}

TEST_CASE("A grey PNG has three equal values per pixel, also with one bit per pixel", "[data]") {
    CHECK(parse(png(2, PNG_COLOR_TYPE_GRAY, 8, {{7, 200}})).pixels ==
          std::vector<std::uint8_t>{7, 7, 7, 200, 200, 200});
    CHECK(parse(png(2, PNG_COLOR_TYPE_GRAY, 1, {{0x40}})).pixels == std::vector<std::uint8_t>{0, 0, 0, 255, 255, 255});
}

TEST_CASE("The transparency of a PNG is left out", "[data]") {
    CHECK(parse(png(1, PNG_COLOR_TYPE_RGB_ALPHA, 8, {{9, 8, 7, 0}})).pixels == std::vector<std::uint8_t>{9, 8, 7});
    CHECK(parse(png(1, PNG_COLOR_TYPE_GRAY_ALPHA, 8, {{9, 0}})).pixels == std::vector<std::uint8_t>{9, 9, 9});
}

TEST_CASE("Of a PNG with 16 bits the upper eight stay", "[data]") {
    CHECK(parse(png(1, PNG_COLOR_TYPE_RGB, 16, {{1, 200, 2, 100, 3, 0}})).pixels == std::vector<std::uint8_t>{1, 2, 3});
}

TEST_CASE("A PNG with a palette has the colours of the palette", "[data]") {
    CHECK(parse(png(2, PNG_COLOR_TYPE_PALETTE, 1, {{0x40}})).pixels ==
          std::vector<std::uint8_t>{10, 20, 30, 200, 100, 50});
}

TEST_CASE("A PNG that is truncated at any byte is an error", "[data]") {
    for (std::size_t size = 0; size < colours.size(); ++size) {
        CHECK_THROWS_AS(parse(colours.substr(0, size)), staa::Error);
    }
    CHECK_THROWS_WITH(parse(""), "a.png is empty; expected a picture in PNG");
}

TEST_CASE("A flipped bit in the pixels of a PNG is an error, not another colour", "[data]") {
    std::string file = colours;
    file[file.find("IDAT") + 8] ^= 0x10;
    CHECK_THROWS_WITH(parse(file), StartsWith("a.png: ") && EndsWith(", expected a whole picture in PNG"));
}

TEST_CASE("A PNG whose header says more pixels than its bytes can hold is an error, and takes no memory", "[data]") {
    std::string file = png(1, PNG_COLOR_TYPE_GRAY, 1, {{0}});
    // The header of 60,000 x 60,000 pixels, with its checksum.
    const unsigned char header[] = {'I', 'H', 'D', 'R', 0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 1, 0, 0, 0, 0};
    file.replace(12, sizeof header, reinterpret_cast<const char*>(header), sizeof header);
    const auto sum = static_cast<std::uint32_t>(crc32(0, header, sizeof header));
    for (int i = 0; i < 4; ++i) {
        file[29 + static_cast<std::size_t>(i)] = static_cast<char>(sum >> (24 - 8 * i));
    }
    CHECK_THROWS_WITH(parse(file), StartsWith("a.png: the header says 60000 x 60000 pixels, which cannot be in "));
}

TEST_CASE("A picture is read by its content, not by its name", "[data]") {
    const TemporaryFolder folder;
    std::ofstream(folder / "a.jpg", std::ios::binary) << colours;
    CHECK(staa::read_picture(folder / "a.jpg").pixels == parse(colours).pixels);
    std::ofstream(folder / "b.png", std::ios::binary) << "GIF89a";
    CHECK_THROWS_WITH(staa::read_picture(folder / "b.png"), EndsWith("b.png is no picture in PNG or JPEG"));
}

TEST_CASE("A picture of the network's size becomes its input as it is", "[data]") {
    const staa::Normalisation normalisation{{0.5, 0, 0}, {0.5, 1, 1}};
    const auto image = staa::network_input(parse(colours), 2, 2, normalisation);
    CHECK(image.dimension(0) == 1);
    CHECK(image(0, 1, 0, 0) == static_cast<float>((7 / 255.0 - 0.5) / 0.5));
    CHECK(image(0, 1, 1, 2) == static_cast<float>(12 / 255.0));
}

TEST_CASE("Of a wide picture the middle becomes the input of a network", "[data]") {
    const std::string wide = png(4, PNG_COLOR_TYPE_GRAY, 8, {{1, 2, 3, 4}, {5, 6, 7, 8}});
    const auto image = staa::network_input(parse(wide), 2, 2, {});
    CHECK(image(0, 0, 0, 0) == static_cast<float>(2 / 255.0));
    CHECK(image(0, 1, 1, 0) == static_cast<float>(7 / 255.0));
}

}  // namespace
#endif
