// SPDX-License-Identifier: MIT
#include "staa/data/mapped_file.hpp"

#include <filesystem>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using Catch::Matchers::Message;
using staa::MappedFile;
using staa_tests::TemporaryFolder;

std::string content(const MappedFile& file) { return {file.bytes().begin(), file.bytes().end()}; }

TEST_CASE("A mapped file has the bytes of the file", "[data]") {
    const TemporaryFolder folder;
    const std::string bytes = std::string(10'000, 'a') + '\0' + "end";
    folder.write("a", bytes);
    CHECK(content(MappedFile(folder.path() / "a", "a file")) == bytes);
}

TEST_CASE("A file of the size of a picture may become shorter while it is open", "[data]") {
    const TemporaryFolder folder;
    const std::string bytes(1'000'000, 'a');
    folder.write("a", bytes);
    const MappedFile file(folder.path() / "a", "a file");
    std::filesystem::resize_file(folder.path() / "a", 0);
    CHECK(content(file) == bytes);
}

TEST_CASE("A file that is larger than what is copied is mapped", "[data]") {
    const TemporaryFolder folder;
    folder.write("a", "begin");
    std::filesystem::resize_file(folder.path() / "a", MappedFile::largest_copy + 1);  // it takes no room on the disk
    const MappedFile file(folder.path() / "a", "a file");
    CHECK(file.bytes().size() == MappedFile::largest_copy + 1);
    CHECK(file.bytes()[4] == 'n');
    CHECK(file.bytes().back() == 0);
}

TEST_CASE("An empty file is mapped to no bytes", "[data]") {
    const TemporaryFolder folder;
    folder.write("a", "");
    CHECK(MappedFile(folder.path() / "a", "a file").bytes().empty());
}

TEST_CASE("An error about a missing file or a folder names it and what was expected", "[data]") {
    const TemporaryFolder folder;
    CHECK_THROWS_MATCHES(MappedFile(folder.path() / "a", "a picture"), staa::Error,
                         Message("no such file: " + folder.file("a") + "; expected a picture"));
    CHECK_THROWS_MATCHES(MappedFile(folder.path(), "a picture"), staa::Error,
                         Message("no such file: " + folder.path().string() + "; expected a picture"));
}

}  // namespace
