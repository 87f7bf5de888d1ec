// SPDX-License-Identifier: MIT
#include "staa/io/whole_file.hpp"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace fs = std::filesystem;
using staa_tests::TemporaryFolder;

TEST_CASE("a file that is written in pieces has the pieces in their order") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", [](std::ostream& file) {
        file << "one,";
        file << "two";
    });
    CHECK(folder.content("a") == "one,two");
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
    CHECK(folder.content("a") == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a file that cannot be written to its end is an error and leaves the old file unchanged") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", "old");
    CHECK_THROWS_MATCHES(
        staa::write_whole_file(folder / "a", [](std::ostream& file) { file.setstate(std::ios::badbit); }), staa::Error,
        Catch::Matchers::Message("cannot write " + (folder / "a").string() + ": the system gives no reason"));
    CHECK(folder.content("a") == "old");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a folder or a link with the name of the temporary file is not touched") {
    const TemporaryFolder folder;
    fs::create_directories(folder / "a.staa-part");
    staa::write_whole_file(folder / "victim", "precious");
    fs::create_symlink(folder / "victim", folder / "b.staa-part");
    for (const char* name : {"a", "b"}) {
        staa::write_whole_file(folder / name, "new");
        CHECK(folder.content(name) == "new");
        CHECK_FALSE(fs::is_symlink(folder / name));
    }
    CHECK(fs::is_directory(folder / "a.staa-part"));
    CHECK(folder.content("victim") == "precious");
    CHECK(folder.entries() == 5);
}

TEST_CASE("a temporary file that another writer holds is not touched") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", [&](std::ostream& outer) {
        staa::write_whole_file(folder / "a", "inner");
        outer << "outer";
    });
    CHECK(folder.content("a") == "outer");
    CHECK(folder.entries() == 1);
}

TEST_CASE("the temporary file of a process that was killed is used again, so that none is left") {
    const TemporaryFolder folder;
    std::ofstream(folder / "a.staa-part") << "a longer rest of a process that was killed";
    staa::write_whole_file(folder / "a", "new");
    CHECK(folder.content("a") == "new");
    CHECK(folder.entries() == 1);
}

TEST_CASE("a file that is replaced keeps its permissions") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", "old");
    fs::permissions(folder / "a", fs::perms::owner_read | fs::perms::owner_write);
    staa::write_whole_file(folder / "a", "new");
    CHECK(fs::status(folder / "a").permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a link stays a link, and its target is replaced") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "target", "old");
    fs::create_symlink(folder / "target", folder / "link");
    staa::write_whole_file(folder / "link", "new");
    CHECK(fs::is_symlink(folder / "link"));
    CHECK(folder.content("target") == "new");
}

TEST_CASE("a folder is not replaced by a file") {
    const TemporaryFolder folder;
    fs::create_directories(folder / "a");
    CHECK_THROWS_MATCHES(staa::write_whole_file(folder / "a", "new"), staa::Error,
                         Catch::Matchers::Message("cannot write " + (folder / "a").string() +
                                                  ": a folder, a device or a pipe has this name"));
    CHECK(folder.entries() == 1);
}

TEST_CASE("a file that may only be read is replaced, and no temporary file is left") {
    const TemporaryFolder folder;
    staa::write_whole_file(folder / "a", "old");
    fs::permissions(folder / "a", fs::perms::owner_read);
    staa::write_whole_file(folder / "a", "new");
    CHECK(folder.content("a") == "new");
    CHECK(fs::status(folder / "a").permissions() == fs::perms::owner_read);
    CHECK(folder.entries() == 1);
}

TEST_CASE("many threads that write one file leave one whole file") {
    const TemporaryFolder folder;
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 50; ++i) {
                try {
                    staa::write_whole_file(folder / "a", std::string(1000, 'x'));
                } catch (const staa::Error&) {
                    ++failed;
                }
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(failed == 0);
    CHECK(folder.content("a") == std::string(1000, 'x'));
    CHECK(folder.entries() == 1);
}
