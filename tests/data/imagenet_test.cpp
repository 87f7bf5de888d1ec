// SPDX-License-Identifier: MIT
// Without libjpeg there is nothing to test.
#if defined(STAA_HAS_JPEG)
#include "staa/data/imagenet.hpp"

#include <algorithm>
#include <cstdlib>
#include <random>

#include "data/event_writers.hpp"
#include "staa/data/loader.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::ImageNet;
using staa::Index;
using staa::Picture;
using namespace staa_tests;

struct JpegOptions {
    bool progressive = false;
    bool has_adobe_marker = true;  ///< for print colours only
    bool is_noise = false;         ///< random bytes in place of the colour
};

/// A JPEG file of one colour. The number of `values` decides its kind: 1 grey, 3 RGB, 4 CMYK.
std::string jpeg(Index height, Index width, std::vector<int> values, const JpegOptions& options = {}) {
    jpeg_compress_struct info{};
    jpeg_error_mgr problem{};
    info.err = jpeg_std_error(&problem);
    jpeg_create_compress(&info);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_height = static_cast<JDIMENSION>(height);
    info.image_width = static_cast<JDIMENSION>(width);
    info.input_components = static_cast<int>(values.size());
    info.in_color_space = values.size() == 1 ? JCS_GRAYSCALE : values.size() == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 100, TRUE);
    if (options.progressive) {
        jpeg_simple_progression(&info);
    }
    if (!options.has_adobe_marker) {
        info.write_Adobe_marker = FALSE;
    }
    jpeg_start_compress(&info, TRUE);
    std::vector<std::uint8_t> row;
    for (Index x = 0; x < width; ++x) {
        row.insert(row.end(), values.begin(), values.end());
    }
    std::minstd_rand random(1);
    while (info.next_scanline < info.image_height) {
        if (options.is_noise) {
            std::ranges::generate(row, [&] { return static_cast<std::uint8_t>(random() >> 8 & 0xFF); });
        }
        JSAMPROW from = row.data();
        jpeg_write_scanlines(&info, &from, 1);
    }
    jpeg_finish_compress(&info);
    std::string file(reinterpret_cast<const char*>(bytes), size);
    std::free(bytes);
    jpeg_destroy_compress(&info);
    return file;
}

Picture parse(const std::string& file) { return staa::parse_jpeg(bytes_of(file), "a.JPEG"); }

/// Whether all pixels of a picture have a colour, up to the rounding of JPEG.
bool is_all(const Picture& picture, const std::vector<int>& colour) {
    for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
        if (std::abs(picture.pixels[i] - colour[i % 3]) > 2) {
            return false;
        }
    }
    return static_cast<Index>(picture.pixels.size()) == picture.height * picture.width * 3;
}

static_assert(staa::PictureDataSet<ImageNet>);

TEST_CASE("A JPEG in colour, in grey or progressive is decoded to red, green and blue", "[data]") {
    const Picture picture = parse(jpeg(5, 9, {200, 30, 90}));
    CHECK(picture.height == 5);
    CHECK(picture.width == 9);
    CHECK(is_all(picture, {200, 30, 90}));
    CHECK(is_all(parse(jpeg(17, 16, {77})), {77, 77, 77}));
    CHECK(is_all(parse(jpeg(40, 3, {10, 250, 120}, {.progressive = true})), {10, 250, 120}));
}

TEST_CASE("A JPEG in print colours with Adobe's marker, thus inverted, becomes red, green and blue", "[data]") {
    CHECK(is_all(parse(jpeg(8, 8, {255, 255, 255, 255})), {255, 255, 255}));
    CHECK(is_all(parse(jpeg(8, 8, {200, 100, 50, 128})), {200 * 128 / 255, 100 * 128 / 255, 50 * 128 / 255}));
}

TEST_CASE("A JPEG in print colours without Adobe's marker is not inverted: 0 is no ink", "[data]") {
    CHECK(is_all(parse(jpeg(8, 8, {0, 0, 0, 0}, {.has_adobe_marker = false})), {255, 255, 255}));
    CHECK(is_all(parse(jpeg(8, 8, {55, 155, 205, 127}, {.has_adobe_marker = false})),
                 {200 * 128 / 255, 100 * 128 / 255, 50 * 128 / 255}));
}

TEST_CASE("A truncated JPEG is an error, not a picture with grey rows", "[data]") {
    const std::string file = jpeg(64, 64, {200, 30, 90});
    const std::string size = std::to_string(file.size() - 20);
    CHECK_THROWS_WITH(parse(file.substr(0, file.size() - 20)),
                      StartsWith("a.JPEG: Premature end of JPEG file; decoding stood at byte ") &&
                          EndsWith(" of " + size + ", expected a whole picture in JPEG"));
    CHECK_THROWS_AS(parse(file.substr(0, 100)), staa::Error);
}

TEST_CASE("A JPEG with a damaged scan is an error, not a picture with wrong pixels", "[data]") {
    for (const bool progressive : {false, true}) {
        std::string file = jpeg(128, 128, {0, 0, 0}, {.progressive = progressive, .is_noise = true});
        REQUIRE(parse(file).height == 128);
        const std::size_t middle = file.size() / 2;
        for (std::size_t i = 0; i < 400; i += 2) {
            file.replace(middle + i, 2, std::string("\xFF\0", 2));
        }
        CHECK_THROWS_WITH(parse(file), StartsWith("a.JPEG: Corrupt JPEG data: bad Huffman code; decoding stood at"));
    }
}

TEST_CASE("Extra bytes before a JPEG's last marker are harmless", "[data]") {
    std::string file = jpeg(16, 16, {200, 30, 90});
    file.insert(file.size() - 2, "extra");
    CHECK(is_all(parse(file), {200, 30, 90}));
}

TEST_CASE("A file that is no JPEG is an error that says why", "[data]") {
    CHECK_THROWS_MATCHES(parse(""), staa::Error, Message("a.JPEG is empty; expected a picture in JPEG"));
    CHECK_THROWS_MATCHES(parse("\x89PNG and so on"), staa::Error,
                         Message("a.JPEG: Not a JPEG file: starts with 0x89 0x50; decoding stood at byte 0 of 14, "
                                 "expected a whole picture in JPEG"));
}

TEST_CASE("A JPEG header with more pixels than the file's bytes can hold is an error before memory is allocated",
          "[data]") {
    std::string file = jpeg(16, 16, {1, 2, 3});
    const std::size_t frame = file.find("\xFF\xC0");
    REQUIRE(frame != std::string::npos);
    file.replace(frame + 5, 4, std::string("\xFF\x00\xFF\x00", 4));
    CHECK_THROWS_WITH(parse(file), StartsWith("a.JPEG: the header says 65280 x 65280 pixels, which cannot be in "));
}

TEST_CASE("A JPEG header with more than 2^27 pixels is an error, also for a long file", "[data]") {
    std::string file = jpeg(16, 16, {1, 2, 3});
    file.replace(file.find("\xFF\xC0") + 5, 4, "\x2D\x50\x2D\x50");  // 11600 x 11600
    file.append(300'000, ' ');
    CHECK_THROWS_MATCHES(parse(file), staa::Error,
                         Message("a.JPEG: the header says 11600 x 11600 pixels, expected at most 134217728"));
}

TEST_CASE("ImageNet holds the pictures in the folders of their classes, in the order of the names", "[data]") {
    const TemporaryFolder folder;
    folder.write("n02/n02_9.jpg", jpeg(20, 30, {0, 0, 255}));
    folder.write("n02/n02_10.JPEG", jpeg(30, 20, {0, 255, 0}));
    folder.write("n01/a.JPEG", jpeg(16, 16, {255, 0, 0}));
    folder.write("n01/readme.txt", "no picture");
    const auto set = ImageNet::open(folder.path(), {.height = 8, .width = 8});

    REQUIRE(set.size() == 3);
    CHECK(set.classes() == 2);
    CHECK(set.class_name(1) == "n02");
    CHECK(set.sample(0).label == 0);
    CHECK(set.sample(1).label == 1);
    CHECK(set.sample(1).height == 30);
    CHECK(set.sample(2).width == 30);

    staa::Loader loader{set, {.batch = 3, .shuffle = false, .augmentation = staa::Augmentation::none()}};
    for (auto&& [images, labels] : loader.epoch(0)) {
        REQUIRE(images.dimension(0) == 3);
        REQUIRE(images.dimension(1) == 8);
        CHECK_THAT(images(0, 4, 4, 0), WithinAbs((1 - .485) / .229, 0.05));
        CHECK_THAT(images(1, 0, 7, 1), WithinAbs((1 - .456) / .224, 0.05));
        CHECK_THAT(images(2, 7, 0, 0), WithinAbs(-.485 / .229, 0.05));
        CHECK(labels(2) == 1);
    }
}

TEST_CASE("A photograph becomes the image that torchvision's Resize(256) and CenterCrop(224) make of it", "[data]") {
    const std::string photo = std::string(STAA_TEST_DATA_DIR) + "/data/photo_500x375.jpg";
    const Picture picture = staa::read_jpeg(photo);
    REQUIRE(picture.width == 500);
    const auto image = staa::resample_framed(picture.pixels, picture.height, picture.width,
                                             staa::centre_framing(picture.height, picture.width, 224, 224), 224, 224);
    // Pillow 13 and torchvision 0.29
    const auto check_pixel = [&](Index row, Index column, const std::vector<int>& colour) {
        for (std::size_t channel = 0; channel < 3; ++channel) {
            const auto at = static_cast<std::size_t>(3 * (row * 224 + column)) + channel;
            CHECK(std::abs(image[at] - colour[channel]) <= 1);
        }
    };
    check_pixel(0, 0, {166, 237, 220});
    check_pixel(0, 223, {152, 48, 193});
    check_pixel(50, 60, {233, 128, 201});
    check_pixel(112, 112, {54, 101, 51});
    check_pixel(223, 0, {108, 13, 33});
    check_pixel(223, 223, {96, 201, 53});
    double sums[3] = {};
    for (std::size_t i = 0; i < image.size(); ++i) {
        sums[i % 3] += image[i];
    }
    CHECK_THAT(sums[0] / (224 * 224), WithinAbs(127.524, 0.1));
    CHECK_THAT(sums[1] / (224 * 224), WithinAbs(127.500, 0.1));
    CHECK_THAT(sums[2] / (224 * 224), WithinAbs(120.089, 0.1));
}

TEST_CASE("Of a damaged JPEG what decodes is taken if that is asked for, and counted", "[data]") {
    const std::string path = std::string(STAA_TEST_DATA_DIR) + "/data/damaged.jpg";  // one bit of its end is wrong
    CHECK_THROWS_AS(staa::read_jpeg(path), staa::Error);
    const Picture picture = staa::read_jpeg(path, {.mend = true});
    CHECK(picture.mended > 0);
    REQUIRE(picture.height == 32);
    REQUIRE(picture.width == 32);
    for (std::size_t channel = 0; channel < 3; ++channel) {
        const int expected[] = {44, 207, 6};
        CHECK(std::abs(picture.pixels[3 * (3 * 32 + 4) + channel] - expected[channel]) <= 1);
    }
    CHECK(staa::parse_jpeg(bytes_of(jpeg(16, 16, {200, 30, 90})), "a", {.mend = true}).mended == 0);
    const std::string whole = jpeg(64, 64, {0, 0, 0}, {.is_noise = true});
    CHECK(staa::parse_jpeg(bytes_of(whole.substr(0, whole.size() / 2)), "a", {.mend = true}).mended > 0);
    CHECK_THROWS_AS(staa::parse_jpeg(bytes_of(whole.substr(0, 100)), "a", {.mend = true}), staa::Error);
}

TEST_CASE("Damaged pictures are found before the first epoch, and skipped or mended if that is asked for", "[data]") {
    const TemporaryFolder folder;
    const std::string whole = jpeg(64, 64, {0, 0, 0}, {.is_noise = true});
    folder.write("a/1.jpg", whole);
    folder.write("a/2.jpg", whole.substr(0, whole.size() / 2));
    folder.write("a/3.jpg", "no picture");
    folder.write("b/1.jpg", whole);
    const auto strict = ImageNet::open(folder.path());
    const std::vector<staa::BadPicture> bad = strict.check();
    REQUIRE(bad.size() == 2);
    CHECK(bad[0].path == folder.path() / "a/2.jpg");
    CHECK_THAT(bad[0].problem, StartsWith(folder.file("a/2.jpg") + ": Premature end of JPEG file"));
    CHECK(bad[1].path == folder.path() / "a/3.jpg");
    CHECK_THROWS_AS(strict.sample(1), staa::Error);

    const auto skipping = ImageNet::open(folder.path(), {.damaged = staa::Damaged::skip});
    CHECK(skipping.size() == 2);
    CHECK(skipping.skipped().size() == 2);
    CHECK(skipping.sample(1).label == 1);

    const auto mending = ImageNet::open(folder.path(), {.damaged = staa::Damaged::mend});
    CHECK(mending.size() == 4);
    CHECK(mending.sample(0).height == 64);
    CHECK(mending.mended() == 0);
    CHECK(mending.sample(1).height == 64);
    CHECK(mending.mended() == 1);
    CHECK_THROWS_AS(mending.sample(2), staa::Error);

    std::filesystem::remove(folder.path() / "a/1.jpg");
    CHECK_THROWS_WITH(ImageNet::open(folder.path(), {.damaged = staa::Damaged::skip}),
                      StartsWith("all pictures of the class a are damaged"));
}

TEST_CASE("Pictures are grey if that is asked for: a grey one stays as it is, of a colour one the lightness is left",
          "[data]") {
    const TemporaryFolder folder;
    folder.write("a/1.jpg", jpeg(16, 16, {77}));
    folder.write("a/2.jpg", jpeg(16, 16, {255, 0, 0}));
    const auto set = ImageNet::open(folder.path(), {.height = 8, .width = 8, .channels = 1});
    CHECK(set.sample(0).pixels == std::vector<std::uint8_t>(256, 77));
    CHECK(std::abs(set.sample(1).pixels[0] - 76) <= 1);  // 0.299 of 255
    staa::Loader loader{set, {.batch = 2, .shuffle = false, .augmentation = staa::Augmentation::none()}};
    for (auto&& [images, labels] : loader.epoch(0)) {
        REQUIRE(images.dimension(3) == 1);
        CHECK_THAT(images(0, 4, 4, 0), WithinAbs((77 / 255.0 - .449) / .226, 1e-5));
    }
    CHECK_THROWS_WITH(ImageNet::open(folder.path(), {.channels = 2}),
                      "staa::ImageNet: images have 3 channels, or 1 if they are grey; found 2");
}

TEST_CASE("The file of ImageNet that is a PNG with the name of a JPEG is left out", "[data]") {
    const TemporaryFolder folder;
    folder.write("n02105855/n02105855_2933.JPEG", "\x89PNG");
    folder.write("n02105855/n02105855_2934.JPEG", jpeg(16, 16, {255, 0, 0}));
    CHECK(ImageNet::open(folder.path()).size() == 1);
    CHECK(ImageNet::open(folder.path(), {.skip = {}}).size() == 2);

    std::filesystem::remove(folder.path() / "n02105855/n02105855_2934.JPEG");
    CHECK_THROWS_WITH(ImageNet::open(folder.path()), StartsWith("no picture (.jpg, .jpeg, .png) in "));
}

TEST_CASE("A folder without classes, or a class without pictures, is an error", "[data]") {
    const TemporaryFolder folder;
    CHECK_THROWS_MATCHES(ImageNet::open(folder.path() / "train"), staa::Error,
                         Message("no such folder: " + folder.file("train") + "; expected a folder of class folders"));
    CHECK_THROWS_MATCHES(ImageNet::open(folder.path()), staa::Error,
                         Message("no folder in " + folder.path().string() + "; expected the folder of each class"));
    folder.write("n01/readme.txt", "no picture");
    CHECK_THROWS_MATCHES(ImageNet::open(folder.path()), staa::Error,
                         Message("no picture (.jpg, .jpeg, .png) in " + folder.file("n01") + ": 1 of 1 class folders"));
}

}  // namespace
#endif
