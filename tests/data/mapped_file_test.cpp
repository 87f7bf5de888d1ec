// SPDX-License-Identifier: MIT
#include "staa/data/mapped_file.hpp"

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
