// SPDX-License-Identifier: MIT
#include "staa/data/cifar.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::Cifar10;
using staa::Cifar100;
using staa::Index;
using staa::Split;
using staa_tests::TemporaryFolder;

constexpr int side = 32;

/// A byte that depends on channel, row and column.
std::uint8_t value(int channel, int y, int x) { return static_cast<std::uint8_t>(80 * channel + 5 * y + x); }

/// The labels, then the planes of `value`.
std::string record(std::vector<int> labels) {
    std::string bytes;
    for (const int label : labels) {
        bytes += static_cast<char>(label);
    }
    for (int channel = 0; channel < 3; ++channel) {
        for (int y = 0; y < side; ++y) {
            for (int x = 0; x < side; ++x) {
                bytes += static_cast<char>(value(channel, y, x));
            }
        }
    }
    return bytes;
}

/// Five training files with the labels 0 to 5, two of them in the second.
void write_six_images(const TemporaryFolder& folder) {
    folder.write("data_batch_1.bin", record({0}));
    folder.write("data_batch_2.bin", record({1}) + record({2}));
    folder.write("data_batch_3.bin", record({3}));
    folder.write("data_batch_4.bin", record({4}));
    folder.write("data_batch_5.bin", record({5}));
}

std::vector<int> labels(const staa::StoredImages& images) {
    std::vector<int> result;
    for (Index i = 0; i < images.size(); ++i) {
        result.push_back(images.sample(i).label);
    }
    return result;
}

TEST_CASE("The planes of a CIFAR record become a channel-last image", "[data]") {
    const TemporaryFolder folder;
    folder.write("test_batch.bin", record({7}));
    const auto set = Cifar10::read(folder.path(), Split::test);

    REQUIRE(set.size() == 1);
    REQUIRE(set.sample(0).pixels.size() == side * side * 3);
    std::size_t differences = 0, position = 0;
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            for (int channel = 0; channel < 3; ++channel) {
                differences += set.sample(0).pixels[position++] != value(channel, y, x);
            }
        }
    }
    CHECK(differences == 0);
    CHECK(set.sample(0).label == 7);
}

TEST_CASE("CIFAR-10 has ten classes and its own normalisation", "[data]") {
    const TemporaryFolder folder;
    folder.write("test_batch.bin", record({7}));
    const auto set = Cifar10::read(folder.path(), Split::test);

    CHECK(set.classes() == 10);
    CHECK(set.height() == 32);
    CHECK(set.width() == 32);
    CHECK(set.channels() == 3);
    CHECK(set.normalisation().mean == std::array{.4914, .4822, .4465});
    CHECK(set.normalisation().deviation == std::array{.2023, .1994, .2010});
}

TEST_CASE("CIFAR-100 uses the fine label and its own normalisation", "[data]") {
    const TemporaryFolder folder;
    folder.write("train.bin", record({19, 99}) + record({3, 42}));
    const auto set = Cifar100::read(folder.path(), Split::train);

    CHECK(labels(set) == std::vector{99, 42});
    CHECK(set.sample(1).pixels[3] == value(0, 0, 1));
    CHECK(set.classes() == 100);
    CHECK(set.normalisation().mean == std::array{.5071, .4867, .4408});
    CHECK(set.normalisation().deviation == std::array{.2675, .2565, .2761});
}

TEST_CASE("CIFAR-100 reads its test split from test.bin", "[data]") {
    const TemporaryFolder folder;
    folder.write("test.bin", record({0, 5}));
    CHECK(labels(Cifar100::read(folder.path(), Split::test)) == std::vector{5});
}

TEST_CASE("The five training files of CIFAR-10 are read in their order", "[data]") {
    const TemporaryFolder folder;
    write_six_images(folder);
    CHECK(labels(Cifar10::read(folder.path(), Split::train)) == std::vector{0, 1, 2, 3, 4, 5});
}

TEST_CASE("A limit takes the first images of all files", "[data]") {
    const TemporaryFolder folder;
    write_six_images(folder);
    CHECK(labels(Cifar10::read(folder.path(), Split::train, 1)) == std::vector{0});
    CHECK(labels(Cifar10::read(folder.path(), Split::train, 4)) == std::vector{0, 1, 2, 3});
    CHECK(labels(Cifar10::read(folder.path(), Split::train, 7)) == std::vector{0, 1, 2, 3, 4, 5});
}

TEST_CASE("A limit below one image is an error", "[data]") {
    const TemporaryFolder folder;
    write_six_images(folder);
    CHECK_THROWS_MATCHES(Cifar10::read(folder.path(), Split::train, 0), staa::Error,
                         Message("the number of CIFAR-10 images to read must be at least 1, found 0"));
    CHECK_THROWS_MATCHES(Cifar100::read(folder.path(), Split::train, -3), staa::Error,
                         Message("the number of CIFAR-100 images to read must be at least 1, found -3"));
}

TEST_CASE("A folder that does not exist is named", "[data]") {
    const TemporaryFolder folder;
    CHECK_THROWS_MATCHES(Cifar10::read(folder.path() / "nowhere", Split::train), staa::Error,
                         Message("no such folder: " + folder.file("nowhere") +
                                 "; expected the folder of the binary version of CIFAR-10"));
}

TEST_CASE("A file in place of the folder is named", "[data]") {
    const TemporaryFolder folder;
    folder.write("train.bin", record({0, 0}));
    CHECK_THROWS_MATCHES(Cifar100::read(folder.path() / "train.bin", Split::train), staa::Error,
                         Message("no such folder: " + folder.file("train.bin") +
                                 "; expected the folder of the binary version of CIFAR-100; it is in " +
                                 folder.path().string() + ", so give that folder"));
}

TEST_CASE("A missing CIFAR file is named", "[data]") {
    const TemporaryFolder folder;
    write_six_images(folder);
    std::filesystem::remove(folder.path() / "data_batch_3.bin");
    CHECK_THROWS_MATCHES(Cifar10::read(folder.path(), Split::train), staa::Error,
                         Message("no such file: " + folder.file("data_batch_3.bin") +
                                 "; expected a file of the binary version of CIFAR-10; " + folder.path().string() +
                                 " has data_batch_1.bin, data_batch_2.bin, data_batch_4.bin, data_batch_5.bin"));
}

/// The end of the message about a missing file or folder, after what was expected.
template <class Set>
std::string hint(const std::filesystem::path& folder) {
    try {
        Set::read(folder, Split::train);
    } catch (const staa::Error& error) {
        const std::string text = error.what();
        const std::size_t at = text.find("; ", text.find("; expected ") + 2);
        return at == text.npos ? "" : text.substr(at + 2);
    }
    return "read";
}

TEST_CASE("A folder one level too high or too low is said to be so", "[data]") {
    const TemporaryFolder folder;
    for (int i = 1; i <= 5; ++i) {
        folder.write("data/cifar-10-batches-bin/data_batch_" + std::to_string(i) + ".bin", record({0}));
    }
    CHECK(hint<Cifar10>(folder.path() / "data") ==
          "it is in " + folder.file("data/cifar-10-batches-bin") + ", so give that folder");
    folder.write("data/cifar-10-batches-bin/deeper/readme.html", "");
    CHECK(hint<Cifar10>(folder.path() / "data/cifar-10-batches-bin/deeper") ==
          "it is in " + folder.file("data/cifar-10-batches-bin") + ", so give that folder");
}

TEST_CASE("The Python version of CIFAR, and the other CIFAR, are recognised", "[data]") {
    const TemporaryFolder folder;
    folder.write("py10/data_batch_1", "");
    folder.write("py100/train", "");
    folder.write("py100/meta", "");
    folder.write("bin10/data_batch_1.bin", "");
    folder.write("bin100/train.bin", "");
    folder.write("bin100/test.bin", "");
    CHECK(hint<Cifar10>(folder.path() / "py10") ==
          "this is the Python version of CIFAR-10; get the binary version with: bash examples/download.sh cifar-10");
    CHECK(hint<Cifar100>(folder.path() / "py100") ==
          "this is the Python version of CIFAR-100; get the binary version with: bash examples/download.sh cifar-100");
    CHECK(hint<Cifar10>(folder.path() / "bin100") ==
          "this is CIFAR-100: read it as staa::Cifar100, or give --classes 100");
    CHECK(hint<Cifar100>(folder.path() / "bin10") ==
          "this is CIFAR-10: read it as staa::Cifar10, or give --classes 10");
}

TEST_CASE("An archive that was not unpacked is named, with the command", "[data]") {
    const TemporaryFolder folder;
    folder.write("cifar-10-binary.tar.gz", "");
    const std::string archive = folder.file("cifar-10-binary.tar.gz");
    CHECK(hint<Cifar10>(folder.path()) == "there is the archive cifar-10-binary.tar.gz, unpack it: tar xf " + archive);
    CHECK(hint<Cifar10>(archive) == archive + " is an archive, unpack it: tar xf " + archive);
    CHECK(hint<Cifar10>(folder.path() / "cifar-10-batches-bin") ==
          "there is the archive cifar-10-binary.tar.gz, unpack it: tar xf " + archive);
}

TEST_CASE("Of a folder with other things some names are listed", "[data]") {
    const TemporaryFolder folder;
    for (const char* name : {"a", "b", "c", "d", "e", "f", "g", ".hidden"}) {
        folder.write(name, "");
    }
    CHECK(hint<Cifar10>(folder.path()) == folder.path().string() + " has a, b, c, d, e and 2 more");
}

TEST_CASE("An empty CIFAR file is named", "[data]") {
    const TemporaryFolder folder;
    folder.write("test_batch.bin", "");
    CHECK_THROWS_MATCHES(Cifar10::read(folder.path(), Split::test), staa::Error,
                         Message(folder.file("test_batch.bin") + " is empty; expected records of 3073 bytes"));
}

TEST_CASE("A truncated CIFAR file is named with the byte where its incomplete record begins", "[data]") {
    const TemporaryFolder folder;
    folder.write("test_batch.bin", record({0}) + record({1}) + record({2}).substr(0, 100));
    CHECK_THROWS_MATCHES(
        Cifar10::read(folder.path(), Split::test), staa::Error,
        Message(folder.file("test_batch.bin") +
                ": the record that begins at byte 6146 is incomplete: expected 3073 bytes, found 100"));

    folder.write("test.bin", record({0, 1}) + record({0, 1}).substr(0, 3073));
    CHECK_THROWS_MATCHES(
        Cifar100::read(folder.path(), Split::test), staa::Error,
        Message(folder.file("test.bin") +
                ": the record that begins at byte 3074 is incomplete: expected 3074 bytes, found 3073"));
}

TEST_CASE("A CIFAR label out of range is named with its byte", "[data]") {
    const TemporaryFolder folder;
    folder.write("test_batch.bin", record({9}) + record({200}));
    CHECK_THROWS_MATCHES(Cifar10::read(folder.path(), Split::test), staa::Error,
                         Message(folder.file("test_batch.bin") + ": the label at byte 3073 is 200, expected 0 to 9"));

    folder.write("test.bin", record({19, 99}) + record({19, 100}));
    CHECK_THROWS_MATCHES(Cifar100::read(folder.path(), Split::test), staa::Error,
                         Message(folder.file("test.bin") + ": the fine label at byte 3075 is 100, expected 0 to 99"));

    folder.write("test.bin", record({19, 99}) + record({20, 99}));
    CHECK_THROWS_MATCHES(Cifar100::read(folder.path(), Split::test), staa::Error,
                         Message(folder.file("test.bin") + ": the coarse label at byte 3074 is 20, expected 0 to 19"));
}

TEST_CASE("CIFAR files are checked to their end, also beyond the limit", "[data]") {
    const TemporaryFolder folder;
    write_six_images(folder);
    folder.write("data_batch_5.bin", record({10}));
    CHECK_THROWS_MATCHES(Cifar10::read(folder.path(), Split::train, 1), staa::Error,
                         Message(folder.file("data_batch_5.bin") + ": the label at byte 0 is 10, expected 0 to 9"));

    folder.write("data_batch_5.bin", record({5}).substr(0, 3000));
    CHECK_THROWS_MATCHES(Cifar10::read(folder.path(), Split::train, 1), staa::Error,
                         Message(folder.file("data_batch_5.bin") +
                                 ": the record that begins at byte 0 is incomplete: expected 3073 bytes, found 3000"));
}

}  // namespace
