// SPDX-License-Identifier: MIT
#include "staa/io/whole_file.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace fs = std::filesystem;
using staa_tests::TemporaryFolder;

namespace {

std::string content(const fs::path& path) {
    std::ostringstream bytes;
    bytes << std::ifstream(path, std::ios::binary).rdbuf();
    return bytes.str();
}

}  // namespace

TEST_CASE("a file that is written in pieces has the pieces in their order") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", [](std::ostream& file) {
        file << "one,";
        file << "two";
    });
    CHECK(content(folder / "a") == "one,two");
    CHECK(folder.entries() == 1);
}

TEST_CASE("an exception while a file is written leaves the old file unchanged and no other file") {
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

TEST_CASE("a file that cannot be written to its end is an error and leaves the old file unchanged") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", "old");
    CHECK_THROWS_MATCHES(
        staa::write_whole_file(folder / "a", [](std::ostream& file) { file.setstate(std::ios::badbit); }), staa::Error,
        Catch::Matchers::Message("cannot write " + (folder / "a").string() + ": the system gives no reason"));
    CHECK(content(folder / "a") == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a folder, a file or a link with the name of the temporary file is not touched") {
    const TemporaryFolder folder;
    fs::create_directories(folder / "a.part");
    staa::write_whole_file(folder / "b.part", "precious");
    staa::write_whole_file(folder / "victim", "precious");
    fs::create_symlink(folder / "victim", folder / "c.part");
    for (const char* name : {"a", "b", "c"}) {
        staa::write_whole_file(folder / name, "new");
        CHECK(content(folder / name) == "new");
        CHECK_FALSE(fs::is_symlink(folder / name));
    }
    CHECK(fs::is_directory(folder / "a.part"));
    CHECK(content(folder / "b.part") == "precious");
    CHECK(content(folder / "victim") == "precious");
    CHECK(folder.entries() == 7);
}

TEST_CASE("a link stays a link, and its target is replaced") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "target", "old");
    fs::create_symlink(folder / "target", folder / "link");
    staa::write_whole_file(folder / "link", "new");
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(content(folder / "target") == "new");
}

TEST_CASE("a folder is not replaced by a file") {
    const TemporaryFolder folder;
    fs::create_directories(folder / "a");
    CHECK_THROWS_MATCHES(staa::write_whole_file(folder / "a", "new"), staa::Error,
                         Catch::Matchers::Message("cannot write " + (folder / "a").string() +
                                                  ": a folder, a device or a pipe has this name"));
    CHECK(folder.entries() == 1);
}
