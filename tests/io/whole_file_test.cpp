// SPDX-License-Identifier: MIT
#include "staa/io/whole_file.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

namespace fs = std::filesystem;
using staa_tests::TemporaryFolder;

namespace {

std::string content(const fs::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

}  // namespace

TEST_CASE("a file written piece by piece holds the pieces in their order") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", [](std::ostream& file) {
        file << "one,";
        file << "two";
    });
    CHECK(content(folder / "a") == "one,two");
    CHECK(folder.entries() == 1);
}

TEST_CASE("an exception while a file is written leaves the old one as it was and nothing else") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", "old");
    CHECK_THROWS_AS(staa::write_whole_file(folder / "a",
                                           [](std::ostream& file) {
                                               file << "new";
                                               staa::fail("no more");
                                           }),
                    staa::Error);
    CHECK(content(folder / "a") == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a file that cannot be written to its end is an error and leaves the old one as it was") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", "old");
    CHECK_THROWS_MATCHES(
        staa::write_whole_file(folder / "a", [](std::ostream& file) { file.setstate(std::ios::badbit); }), staa::Error,
        Catch::Matchers::Message("cannot write " + (folder / "a").string() + ": the system gives no reason"));
    CHECK(content(folder / "a") == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("what stands in the place of the partial file is left alone") {
    const TemporaryFolder folder;
    fs::create_directories(folder / "a.part");
    CHECK_THROWS_MATCHES(staa::write_whole_file(folder / "a", "new"), staa::Error,
                         Catch::Matchers::Message("cannot write " + (folder / "a").string() + ": Is a directory"));
    CHECK(fs::is_directory(folder / "a.part"));
    CHECK(folder.entries() == 1);
}
