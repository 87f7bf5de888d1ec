// SPDX-License-Identifier: MIT
#include "staa/io/class_names.hpp"

#include <string>
#include <vector>

#include "io/safetensors_bytes.hpp"
#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

namespace {

using namespace staa_tests;
using Names = std::vector<std::string>;

const Names animals{"cat", "dog", "\xC3\xA9lan"};

TEST_CASE("The names of the classes are saved beside the weights, a line per class, and read again") {
    const TemporaryFolder folder;
    staa::save_class_names(animals, folder / "weights.safetensors");
    CHECK(folder.content("classes.txt") == "cat\ndog\n\xC3\xA9lan\n");
    CHECK(staa::read_class_names(folder / "weights.safetensors") == animals);
    CHECK(staa::check_class_names(animals, folder / "weights.safetensors"));
    folder.write("classes.txt", "cat\r\ndog\r\n\xC3\xA9lan");
    CHECK(staa::read_class_names(folder / "weights.safetensors") == animals);
}

TEST_CASE("Weights of other classes, of other numbers of classes, or in another order are an error") {
    const TemporaryFolder folder;
    const auto weights = folder / "weights.safetensors";
    staa::save_class_names(animals, weights);
    CHECK_THROWS_WITH(staa::check_class_names({"cat", "\xC3\xA9lan", "dog"}, weights),
                      "staa::check_class_names: " + weights.string() +
                          " was trained on other classes: class 1 is \"dog\" there, and \"\\xc3\\xa9lan\" here");
    CHECK_THROWS_WITH(
        staa::check_class_names({"cat", "dog"}, weights),
        "staa::check_class_names: " + weights.string() + " was trained on 3 classes, and there are 2 here");
}

TEST_CASE("Without classes.txt the names are those in the header of the weights, if it has any") {
    const TemporaryFolder folder;
    const auto weights = folder / "weights.safetensors";
    folder.write("weights.safetensors", file_of(R"({"__metadata__":{"staa.class_names":"[\"cat\",\"dog\"]"}})"));
    CHECK(staa::read_class_names(weights) == Names{"cat", "dog"});
    CHECK_THROWS_AS(staa::check_class_names(animals, weights), staa::Error);
    for (const char* header : {"{}", R"({"__metadata__":{"staa.class_names":"[]"}})",
                               R"({"__metadata__":{"staa.class_names":"no JSON"}})"}) {
        folder.write("weights.safetensors", file_of(header));
        CHECK_FALSE(staa::check_class_names(animals, weights));
    }
}

TEST_CASE("A name with a line break cannot be saved") {
    const TemporaryFolder folder;
    CHECK_THROWS_AS(staa::save_class_names({"a\nb"}, folder / "weights.safetensors"), staa::Error);
    CHECK(folder.entries() == 0);
}

}  // namespace
