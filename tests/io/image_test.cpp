// SPDX-License-Identifier: MIT
#include "staa/io/image.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "staa/core/random.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

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

using staa_tests::contains_text;
using staa_tests::TemporaryFolder;
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

}  // namespace

TEST_CASE("a PNG file opens with PNG's signature") {
    const TemporaryFolder folder;
    staa::write_png(folder / "a.png", random_pixels(2, 3, 3));

    std::array<unsigned char, 8> signature{};
    std::ifstream(folder / "a.png", std::ios::binary).read(reinterpret_cast<char*>(signature.data()), 8);
    CHECK(signature == std::array<unsigned char, 8>{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
}

TEST_CASE("a picture that is read back has the same pixels, with 1 to 4 channels") {
    const TemporaryFolder folder;
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

TEST_CASE("a picture replaces the file of its name and leaves no other file") {
    const TemporaryFolder folder;
    std::ofstream(folder / "a.png") << "what was there before";
    staa::write_png(folder / "a.png", random_pixels(2, 3, 1));
    CHECK(std::ifstream(folder / "a.png").get() == 0x89);
    CHECK(folder.entries() == 1);
}

TEST_CASE("a picture in a folder that does not exist is an error that names the file and the reason") {
    const TemporaryFolder folder;
    const std::string message = message_of(folder / "missing/a.png", random_pixels(2, 3, 1));
    CHECK_THAT(message, contains_text((folder / "missing/a.png").string()));
    CHECK_THAT(message, contains_text("No such file or directory"));
    CHECK(folder.entries() == 0);
}

TEST_CASE("a picture that cannot get its name leaves no temporary file") {
    const TemporaryFolder folder;
    fs::create_directories(folder / "a.png");
    const std::string message = message_of(folder / "a.png", random_pixels(2, 3, 1));
    CHECK_THAT(message, contains_text("cannot write " + (folder / "a.png").string()));
    CHECK(folder.entries() == 1);
    CHECK(fs::is_empty(folder / "a.png"));
}

TEST_CASE("pixels that are no picture are an error with their sizes, and no file is written") {
    const TemporaryFolder folder;
    CHECK_THAT(message_of(folder / "a.png", Pixels(2, 3, 0)), contains_text("[2, 3, 0] have 0"));
    CHECK_THAT(message_of(folder / "a.png", Pixels(2, 3, 5)), contains_text("[2, 3, 5] have 5"));
    CHECK_THAT(message_of(folder / "a.png", Pixels(0, 3, 3)), contains_text("[0, 3, 3] are no picture"));
    CHECK_THAT(message_of(folder / "a.png", Pixels(2, 0, 3)), contains_text("[2, 0, 3] are no picture"));
    CHECK(folder.entries() == 0);
}
