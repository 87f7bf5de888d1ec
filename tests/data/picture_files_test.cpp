// SPDX-License-Identifier: MIT
#include "staa/data/picture_files.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace staa_tests;
using staa::picture_files;

/// The labels and the names of all pictures, such as "0:cat/a.jpg".
std::vector<std::string> names_of(const staa::PictureFiles& pictures, const std::filesystem::path& folder) {
    std::vector<std::string> names;
    for (const staa::LabelledFile& file : pictures.files) {
        names.push_back(std::to_string(file.label) + ":" + std::filesystem::relative(file.path, folder).string());
    }
    return names;
}

TEST_CASE("Classes are in the order of the bytes of their names, as in torchvision", "[data]") {
    const TemporaryFolder folder;
    for (const char* name : {"2", "10", "1", "11"}) {
        folder.write("numbers/" + std::string(name) + "/a.jpg", "");
    }
    CHECK(picture_files(folder.path() / "numbers").class_names == std::vector<std::string>{"1", "10", "11", "2"});
    for (const char* name : {"\xC3\xA9lan", "\xE6\x97\xA5\xE6\x9C\xAC", "a", "z", "B"}) {
        folder.write("letters/" + std::string(name) + "/a.jpg", "");
    }
    CHECK(picture_files(folder.path() / "letters").class_names ==
          std::vector<std::string>{"B", "a", "z", "\xC3\xA9lan", "\xE6\x97\xA5\xE6\x9C\xAC"});
}

TEST_CASE("Pictures have any of the usual suffixes in any case, hidden files and folders are none", "[data]") {
    const TemporaryFolder folder;
    for (const char* name : {"cat/a.JPEG", "cat/b.jpg", "cat/c.jpeg", "cat/d.JPG", "cat/e.Png", "cat/readme.txt",
                             "dog/a.jpg", "dog/b.JPEG", "dog/._b.JPEG", "dog/.cache/c.jpg", ".git/a.jpg"}) {
        folder.write(name, "");
    }
    const staa::PictureFiles pictures = picture_files(folder.path());
    CHECK(pictures.class_names == std::vector<std::string>{"cat", "dog"});
    CHECK(names_of(pictures, folder.path()) == std::vector<std::string>{"0:cat/a.JPEG", "0:cat/b.jpg", "0:cat/c.jpeg",
                                                                        "0:cat/d.JPG", "0:cat/e.Png", "1:dog/a.jpg",
                                                                        "1:dog/b.JPEG"});
}

TEST_CASE("Pictures in folders of a class folder belong to the class, and names are in the order of their bytes",
          "[data]") {
    const TemporaryFolder folder;
    for (const char* name : {"n01/images/n01_10.JPEG", "n01/images/n01_9.JPEG", "n01/z.jpg"}) {
        folder.write(name, "");
    }
    CHECK(names_of(picture_files(folder.path()), folder.path()) ==
          std::vector<std::string>{"0:n01/z.jpg", "0:n01/images/n01_10.JPEG", "0:n01/images/n01_9.JPEG"});
}

TEST_CASE("Suffixes and files to skip are options", "[data]") {
    const TemporaryFolder folder;
    folder.write("a/1.jpg", "");
    folder.write("a/2.jpg", "");
    folder.write("a/3.png", "");
    CHECK(names_of(picture_files(folder.path(), {.suffixes = {".jpg"}, .skip = {"1.jpg"}}), folder.path()) ==
          std::vector<std::string>{"0:a/2.jpg"});
}

TEST_CASE("Class folders without a picture are named", "[data]") {
    const TemporaryFolder folder;
    folder.write("a/1.jpg", "");
    folder.write("b/1.bmp", "");
    folder.write("c/.1.jpg", "");
    CHECK_THROWS_WITH(picture_files(folder.path()), "no picture (.jpg, .jpeg, .png) in " + folder.file("b") + ", " +
                                                        folder.file("c") + ": 2 of 3 class folders");
}

TEST_CASE("A folder one level too high is said to be so", "[data]") {
    const TemporaryFolder folder;
    folder.write("train/cat/1.jpg", "");
    folder.write("val/cat/1.jpg", "");
    CHECK_THROWS_WITH(picture_files(folder.path()), folder.path().string() +
                                                        " has the folders of the parts, not of the classes; give " +
                                                        folder.file("train") + " or another of them");
    CHECK(picture_files(folder.path() / "train").files.size() == 1);
}

TEST_CASE("A folder without class folders is an error that says what is there", "[data]") {
    const TemporaryFolder folder;
    folder.write("1.jpg", "");
    CHECK_THROWS_WITH(picture_files(folder.path()), "no folder in " + folder.path().string() +
                                                        "; expected the folder of each class; " +
                                                        folder.path().string() + " has 1.jpg");
    folder.write("ILSVRC2012_img_val.tar", "");
    CHECK_THROWS_WITH(picture_files(folder.path()),
                      EndsWith("there is the archive ILSVRC2012_img_val.tar, unpack it: tar xf " +
                               folder.file("ILSVRC2012_img_val.tar")));
}

}  // namespace
