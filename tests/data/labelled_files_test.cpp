// SPDX-License-Identifier: MIT
#include "staa/data/labelled_files.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

TEST_CASE("File names are in the order of their numbers, then of their letters", "[data]") {
    std::vector<std::string> names{"b_10.x", "a_2b", "b_9.x", "a_10", "a_2", "b_09.x", "a", "", "7", "b_9_1.x"};
    std::ranges::sort(names, staa::detail::comes_before);
    CHECK(names ==
          std::vector<std::string>{"", "7", "a", "a_2", "a_2b", "a_10", "b_09.x", "b_9.x", "b_9_1.x", "b_10.x"});
}

TEST_CASE("Numbers in file names that are too long for 64 bits are ordered, too", "[data]") {
    const std::string nines(30, '9');
    CHECK(staa::detail::comes_before("a" + nines, "a1" + nines));
    CHECK(!staa::detail::comes_before("a1" + nines, "a" + nines));
    CHECK(!staa::detail::comes_before("a" + nines, "a" + nines));
}

TEST_CASE("Letters outside of ASCII come after the others, whether char is signed or not", "[data]") {
    CHECK(staa::detail::comes_before("z", "\xC3\xA9lan"));
    CHECK(!staa::detail::comes_before("\xC3\xA9lan", "z"));
}

TEST_CASE("Files are listed class after class, and files with another extension are left out", "[data]") {
    const staa_tests::TemporaryFolder folder;
    folder.write("cat/10.x", "");
    folder.write("cat/9.x", "");
    folder.write("cat/9.y", "");
    folder.write("bat/1.x", "");
    const auto files = staa::labelled_files(folder.path(), {"cat", "bat"}, ".x", "animals");
    REQUIRE(files.size() == 3);
    CHECK(files[0].path == folder.path() / "cat/9.x");
    CHECK(files[1].path == folder.path() / "cat/10.x");
    CHECK(files[1].label == 0);
    CHECK(files[2].path == folder.path() / "bat/1.x");
    CHECK(files[2].label == 1);
}

TEST_CASE("Hidden files are left out: macOS puts one beside each file of an archive", "[data]") {
    const staa_tests::TemporaryFolder folder;
    folder.write("cat/9.x", "");
    folder.write("cat/._9.x", "");
    CHECK(staa::labelled_files(folder.path(), {"cat"}, ".x", "animals").size() == 1);
}

TEST_CASE("A folder whose name has the extension of the files is left out", "[data]") {
    const staa_tests::TemporaryFolder folder;
    folder.write("cat/9.x", "");
    folder.write("cat/10.x/9.y", "");
    CHECK(staa::labelled_files(folder.path(), {"cat"}, ".x", "animals").size() == 1);
}

}  // namespace
