// SPDX-License-Identifier: MIT
#include "staa/io/image.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "staa/core/random.hpp"
#include "support/catch.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-align"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#endif
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_PNG
#if __has_include(<stb/stb_image.h>)
#include <stb/stb_image.h>
#else
#include <stb_image.h>
#endif
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace fs = std::filesystem;

namespace {

/// A folder of this test's own, removed at its end.
class Folder {
 public:
    Folder() { fs::create_directories(path_); }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    fs::path operator/(const char* name) const { return path_ / name; }
    std::ptrdiff_t entries() const { return std::distance(fs::directory_iterator(path_), {}); }

 private:
    fs::path path_ =
        fs::temp_directory_path() / ("staa_image_test_" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
};

using Pixels = staa::Tensor<std::uint8_t, 3>;

Pixels random_pixels(staa::Index height, staa::Index width, staa::Index channels) {
    Pixels pixels(height, width, channels);
    staa::Random random(1);
    for (staa::Index i = 0; i < pixels.size(); ++i) {
        pixels.data()[i] = static_cast<std::uint8_t>(random.below(256));
    }
    return pixels;
}

std::string message_of(const fs::path& path, const Pixels& pixels) {
    try {
        staa::write_png(path, pixels);
    } catch (const staa::Error& error) {
        return error.what();
    }
    return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a PNG file opens with PNG's signature") {
    const Folder folder;
    staa::write_png(folder / "a.png", random_pixels(2, 3, 3));

    std::array<unsigned char, 8> signature{};
    std::ifstream(folder / "a.png", std::ios::binary).read(reinterpret_cast<char*>(signature.data()), 8);
    CHECK(signature == std::array<unsigned char, 8>{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
}

TEST_CASE("a picture read back has the same pixels, whatever its number of channels") {
    const Folder folder;
    for (const int channels : {1, 2, 3, 4}) {
        const Pixels pixels = random_pixels(5, 7, channels);
        staa::write_png(folder / "a.png", pixels);

        int width = 0, height = 0, found_channels = 0;
        const std::unique_ptr<stbi_uc, decltype(&std::free)> read(
            stbi_load((folder / "a.png").string().c_str(), &width, &height, &found_channels, 0), &std::free);
        REQUIRE(read != nullptr);
        CHECK(height == 5);
        CHECK(width == 7);
        REQUIRE(found_channels == channels);
        CHECK(std::equal(pixels.data(), pixels.data() + pixels.size(), read.get()));
    }
}

TEST_CASE("a picture replaces the one of its name and leaves no other file") {
    const Folder folder;
    std::ofstream(folder / "a.png") << "what was there before";
    staa::write_png(folder / "a.png", random_pixels(2, 3, 1));
    CHECK(std::ifstream(folder / "a.png").get() == 0x89);
    CHECK(folder.entries() == 1);
}

TEST_CASE("a picture in a folder that does not exist is an error that names the file and the reason") {
    const Folder folder;
    const std::string message = message_of(folder / "missing/a.png", random_pixels(2, 3, 1));
    CHECK(contains(message, (folder / "missing/a.png").string()));
    CHECK(contains(message, "No such file or directory"));
    CHECK(folder.entries() == 0);
}

TEST_CASE("a picture that can't take its place leaves nothing behind") {
    const Folder folder;
    fs::create_directories(folder / "a.png");
    const std::string message = message_of(folder / "a.png", random_pixels(2, 3, 1));
    CHECK(contains(message, "cannot write " + (folder / "a.png").string()));
    CHECK(folder.entries() == 1);
    CHECK(fs::is_empty(folder / "a.png"));
}

TEST_CASE("pixels that are no picture are refused, with their sizes, before a file is begun") {
    const Folder folder;
    CHECK(contains(message_of(folder / "a.png", Pixels(2, 3, 0)), "[2, 3, 0] have 0"));
    CHECK(contains(message_of(folder / "a.png", Pixels(2, 3, 5)), "[2, 3, 5] have 5"));
    CHECK(contains(message_of(folder / "a.png", Pixels(0, 3, 3)), "[0, 3, 3] are no picture"));
    CHECK(contains(message_of(folder / "a.png", Pixels(2, 0, 3)), "[2, 0, 3] are no picture"));
    CHECK(folder.entries() == 0);
}
