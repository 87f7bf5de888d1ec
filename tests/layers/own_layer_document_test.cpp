// SPDX-License-Identifier: MIT
// docs/own_layer.md quotes examples/own_layer.cpp as it is.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "support/catch.hpp"

namespace {

using namespace staa_tests;

std::string text_of(const std::string& file) {
    std::ifstream in(std::filesystem::path(STAA_TEST_DATA_DIR).parent_path() / file);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// The text between `begin` and the next `end` after position `from`, which moves behind it; empty if there is none.
std::string between(const std::string& text, const std::string& begin, const std::string& end, std::size_t& from) {
    const std::size_t first = text.find(begin, from);
    if (first == std::string::npos) {
        return {};
    }
    const std::size_t last = text.find(end, first + begin.size());
    REQUIRE(last != std::string::npos);
    from = last + end.size();
    return text.substr(first + begin.size(), last - first - begin.size());
}

/// The lines between `// [name]` and `// [/name]`, without the indentation of the first mark.
std::string quoted(const std::string& source, const std::string& name) {
    const std::size_t mark = source.find("// [" + name + "]\n");
    REQUIRE(mark != std::string::npos);
    const std::size_t indent = mark - (source.rfind('\n', mark) + 1);
    std::size_t from = mark;
    std::string text = between(source, "// [" + name + "]\n", "// [/" + name + "]", from);
    text.erase(text.size() - indent);  // of the closing mark
    std::string margin(indent + 1, ' ');
    margin.front() = '\n';
    text.insert(text.begin(), '\n');
    for (std::size_t at = text.find(margin); indent > 0 && at != std::string::npos; at = text.find(margin, at + 1)) {
        text.erase(at + 1, indent);
    }
    return text.substr(1);
}

}  // namespace

TEST_CASE("docs/own_layer.md quotes the example as it is") {
    const std::string document = text_of("docs/own_layer.md"), source = text_of("examples/own_layer.cpp");
    std::size_t from = 0, blocks = 0;
    for (std::string name = between(document, "<!-- examples/own_layer.cpp: ", " -->\n", from); !name.empty();
         name = between(document, "<!-- examples/own_layer.cpp: ", " -->\n", from)) {
        INFO(name);
        CHECK(between(document, "```cpp\n", "```\n", from) == quoted(source, name));
        ++blocks;
    }
    CHECK(blocks == 9);
    std::size_t all = 0;
    for (std::size_t at = document.find("```cpp"); at != std::string::npos; at = document.find("```cpp", at + 1)) {
        ++all;
    }
    CHECK(all == blocks);
}
